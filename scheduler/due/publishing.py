"""Publishes what is due, a page at a time, in due order across all kinds; each thing once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import SAID_KEPT
from domain.envelope import WORKERS_SOURCE, Envelope, enclose
from domain.outbox import derived_id, publish_many
from domain.sql import array, execute, fetch
from scheduler.due.kind import Due, Kind


class Found(NamedTuple):
    """Something due, of a kind, and the domain event that says so."""

    kind: str
    due: Due
    envelope: Envelope

    @property
    def key(self) -> tuple[str, datetime, str]:
        """By which it is known to have been said."""
        return self.kind, self.due.due_at, self.due.subject

    @property
    def order(self) -> tuple[datetime, str]:
        """Its place in the order of (time, id); the source is always ours."""
        return self.due.due_at, self.envelope.id


def publish_due(
    session: Session, kinds: Sequence[Kind], *, now: datetime, limit: int
) -> dict[str, int]:
    """Publish a page of what is due, in the caller's transaction; give the count by kind's name.

    Nothing later is published before something earlier, whatever its kind. Each has the due time
    as its `time`. Call it in a transaction each until all counts are 0: then nothing is due, or
    another scheduler has just published it. `limit` is for each kind.
    """
    found = [(kind, kind.find(session, now=now, limit=limit)) for kind in kinds]
    page = sorted(_page(found, limit), key=lambda each: each.order)
    said = _say(session, page)
    mine = [each for each in page if each.key in said]
    publish_many(session, [each.envelope for each in mine])
    counts = dict.fromkeys((kind.name for kind in kinds), 0)
    for each in mine:
        counts[each.kind] += 1
    return counts


def _page(found: Sequence[tuple[Kind, Sequence[Due]]], limit: int) -> list[Found]:
    """Take what is due up to the moment after which a kind may have more than it gave."""
    ends = [listed[-1].due_at for _, listed in found if len(listed) == limit]
    end = min(ends, default=None)
    return [
        Found(kind.name, due, _domain_event(kind, due))
        for kind, listed in found
        for due in listed
        if end is None or due.due_at <= end
    ]


def _domain_event(kind: Kind, due: Due) -> Envelope:
    """Say that something became due; the same thing at the same time has the same id for ever."""
    payload = kind.payload(*due.ids)
    parts = (payload.TYPE, due.subject, due.due_at.astimezone(UTC).isoformat(), kind.mark)
    identity = derived_id(*filter(None, parts))
    return enclose(payload, source=WORKERS_SOURCE, time=due.due_at, id=identity)


def _say(session: Session, page: Sequence[Found]) -> set[tuple[str, datetime, str]]:
    """Note what is about to be published, and give what nobody has noted before.

    In one order, so that of two schedulers the second waits for the first and gets nothing.
    """
    if not page:
        return set()
    keys = sorted(each.key for each in page)
    rows = fetch(
        session,
        """
        INSERT INTO due_said (kind, due_at, subject)
        SELECT * FROM unnest(%(kinds)s::text[], %(times)s::timestamptz[], %(subjects)s::uuid[])
        ON CONFLICT DO NOTHING RETURNING kind, due_at, subject
        """,
        kinds=array(kind for kind, _, _ in keys),
        times=[due_at for _, due_at, _ in keys],
        subjects=array(subject for _, _, subject in keys),
    )
    return {(kind, due_at, subject) for kind, due_at, subject in rows}


def forget_said(session: Session, now: datetime) -> int:
    """Trim what was published long ago; give how many rows.

    The newest of each kind stays: reminders are looked for from there. Should something be found
    again, its id keeps it from being published a second time.
    """
    return execute(
        session,
        """
        DELETE FROM due_said AS said WHERE said.due_at < %(before)s AND EXISTS (
            SELECT FROM due_said AS newer
            WHERE newer.kind = said.kind AND newer.due_at > said.due_at
        )
        """,
        before=now - SAID_KEPT,
    )
