"""One kind of thing that becomes due: which rows, when, and what is published of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.payload import Payload
from domain.sql import fetch

# What changes a state is looked for often, reminders now and then.
OFTEN: Final = timedelta(seconds=10)
NOW_AND_THEN: Final = timedelta(seconds=60)


class Due(NamedTuple):
    """Something that is due: since when, and the ids that its payload takes, the subject first."""

    due_at: datetime
    ids: tuple[str, ...]

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.ids[0]


# An index gives what stands, by its moment. What was published is left out by a probe for each;
# OFFSET keeps Postgres from reading all that was ever published instead.
_DUE = """
{known}
SELECT {due_at}, {ids} FROM {table} AS thing
WHERE {stands} AND thing.{moment} <= %(now)s - %(after)s::interval {further}
    AND NOT EXISTS (
        SELECT FROM due_said AS said
        WHERE said.kind = %(kind)s AND said.due_at = {due_at} AND said.subject = thing.id
        OFFSET 0
    )
ORDER BY {order}, thing.id
LIMIT %(limit)s
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
    """

    name: str
    every: timedelta
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
    # What tells domain events of one type, about one thing and of one time apart, if anything does.
    mark: str = ""

    @property
    def statement(self) -> str:
        """The statement that finds what is due and wasn't published, in due order."""
        by_the_clock = f"thing.{self.moment} + %(after)s::interval"
        due_at = f"greatest({by_the_clock}, {self.not_before})" if self.not_before else by_the_clock
        return _DUE.format(
            due_at=due_at,
            # By the column itself, the index gives the order.
            order=due_at if self.not_before else f"thing.{self.moment}",
            known=self.known,
            moment=self.moment,
            ids=", ".join(f"thing.{column}" for column in self.ids),
            table=self.table,
            stands=self.stands,
            further=self.further,
        )

    def find(self, session: Session, *, now: datetime, limit: int) -> list[Due]:
        """Give up to `limit` things that are due and weren't published yet, in due order."""
        rows = fetch(
            session,
            self.statement,
            kind=self.name,
            now=now,
            # In seconds: to Postgres a day lasts 23 hours when clocks change where the server is.
            after=f"{self.after.total_seconds():.0f} seconds",
            limit=limit,
            **self.parameters,
        )
        return [Due(due_at, tuple(ids)) for due_at, *ids in rows]
