"""One kind of thing that becomes due: which rows, when, and what is published of each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.payload import Payload
from domain.sql import array, execute, fetch

# All kinds are looked for together, so that all is published in one due order.
OFTEN: Final = timedelta(seconds=10)


class Due(NamedTuple):
    """Something that is due: since when, and the ids that its payload takes, the subject first.

    What isn't `worthwhile` is passed over for good.
    """

    due_at: datetime
    ids: tuple[str, ...]
    worthwhile: bool = True

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.ids[0]


# An index gives what stands, by its moment.
_DUE = """
{known}
SELECT {due_at}, {ids} FROM {table} AS thing
WHERE {stands} AND thing.{moment} <= %(now)s - %(after)s::interval {further} AND {unsaid}
ORDER BY {order}, thing.id
LIMIT %(limit)s {locked}
"""
# What was published is left out by a probe for each; OFFSET keeps Postgres from reading all that
# was ever published instead.
_NOT_SAID = """NOT EXISTS (
    SELECT FROM due_said AS said
    WHERE said.kind = %(kind)s AND said.due_at = {due_at} AND said.subject = thing.id
    OFFSET 0
)"""
# Or it has left the index. A row that somebody just changes is looked at another time: nobody
# waits for it, and it isn't published as it was.
_NOT_SAID_FOR = "thing.{said_for} IS DISTINCT FROM thing.{moment}"
_LOCKED = "FOR NO KEY UPDATE OF thing SKIP LOCKED"
# Asked once the rows are locked. A statement sees a row as it stands when it locks it, and all else
# as of its own beginning: what a thing had just become would be held against older words.
_WORTHWHILE = """
SELECT thing.id FROM {table} AS thing WHERE thing.id = ANY(%(ids)s::uuid[]) AND {worthwhile}
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """What becomes due in one way; a line of the timetable.

    A row of `table` for which `stands` holds is due `after` its `moment`; before it, if that is
    negative. `stands` must imply the condition of the index that begins with `moment`. `ids` are
    columns: the row's own id first, then whatever else `payload` takes. `further` is a condition
    that begins with AND, `known` what goes before the statement, `parameters` what either names.
    `not_before` gives a later moment before which it can't be due, null if there is none: few rows
    must stand for a kind that has one, since they are sorted.

    What doesn't change by being published names a column in `said_for`: there a row remembers for
    which moment it was published, or passed over because it wasn't `worthwhile` then. The index
    leaves out those whose column equals the moment.
    """

    name: str
    sentence: str
    payload: Callable[..., Payload]
    table: str
    moment: str
    stands: str
    after: timedelta = timedelta(0)
    ids: Sequence[str] = ("id",)
    further: str = ""
    known: str = ""
    not_before: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    said_for: str = ""
    worthwhile: str = ""
    every: timedelta = OFTEN
    # What tells domain events of one type, about one thing and of one time apart, if anything does.
    mark: str = ""

    @property
    def statement(self) -> str:
        """The statement that finds what is due and wasn't published, in due order."""
        by_the_clock = f"thing.{self.moment} + %(after)s::interval"
        due_at = f"greatest({by_the_clock}, {self.not_before})" if self.not_before else by_the_clock
        unsaid = _NOT_SAID_FOR if self.said_for else _NOT_SAID
        has_come = f"AND {due_at} <= %(now)s" if self.not_before else ""
        return _DUE.format(
            due_at=due_at,
            unsaid=unsaid.format(due_at=due_at, said_for=self.said_for, moment=self.moment),
            locked=_LOCKED if self.said_for else "",
            # By the column itself, the index gives the order.
            order=due_at if self.not_before else f"thing.{self.moment}",
            known=self.known,
            moment=self.moment,
            ids=", ".join(f"thing.{column}" for column in self.ids),
            table=self.table,
            stands=self.stands,
            further=f"{has_come} {self.further}",
        )

    def find(self, session: Session, *, now: datetime, limit: int) -> list[Due]:
        """Give up to `limit` things that are due and weren't published yet, in due order."""
        rows = fetch(
            session,
            self.statement,
            kind=self.name,
            now=now,
            after=self._after,
            limit=limit,
            **self.parameters,
        )
        found = [Due(due_at, tuple(ids)) for due_at, *ids in rows]
        if not (found and self.worthwhile):
            return found
        worthwhile = self._worthwhile(session, found)
        return [each._replace(worthwhile=each.subject in worthwhile) for each in found]

    @property
    def _after(self) -> str:
        """In seconds: to Postgres a day lasts 23 hours when clocks change where the server is."""
        return f"{self.after.total_seconds():.0f} seconds"

    def _worthwhile(self, session: Session, found: Sequence[Due]) -> set[str]:
        """Name what is worth saying, of things whose rows are locked."""
        rows = fetch(
            session,
            _WORTHWHILE.format(table=self.table, worthwhile=self.worthwhile),
            ids=array(each.subject for each in found),
            after=self._after,
        )
        return {subject for (subject,) in rows}

    def remember(self, session: Session, subjects: Iterable[str]) -> None:
        """Note of rows that `find` has just given that they were published or passed over."""
        execute(
            session,
            f"UPDATE {self.table} SET {self.said_for} = {self.moment}"
            " WHERE id = ANY(%(subjects)s::uuid[])",
            subjects=array(subjects),
        )
