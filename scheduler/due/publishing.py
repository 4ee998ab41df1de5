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

    kind: Kind
    due: Due
    envelope: Envelope

    @property
    def key(self) -> tuple[str, datetime, str]:
        """By which it is known to have been said."""
        return self.kind.name, self.due.due_at, self.due.subject

    @property
    def order(self) -> tuple[datetime, str]:
        """Its place in the order of (time, id); the source is always ours."""
        return self.due.due_at, self.envelope.id


def publish_due(
    session: Session, kinds: Sequence[Kind], *, now: datetime, limit: int
) -> dict[str, int]:
    """Publish a page of what is due, in the caller's transaction; give the count by kind's name.

    Nothing later is published before something earlier, whatever its kind, but for what another
    transaction is just changing. Each has the due time as its `time`. Call it in a transaction each
    until all counts are 0: then nothing is due, or another scheduler has just published it.
    `limit` is for each kind.
    """
    while True:
        found = [(kind, kind.find(session, now=now, limit=limit)) for kind in kinds]
        mine = _remember(session, sorted(_page(found, limit), key=lambda each: each.order))
        said = [each for each in mine if each.due.worthwhile]
        # A page of nothing but what is passed over doesn't mean that nothing comes after it.
        if said or not mine:
            break
    publish_many(session, [each.envelope for each in said])
    counts = dict.fromkeys((kind.name for kind in kinds), 0)
    for each in said:
        counts[each.kind.name] += 1
    return counts


def _page(found: Sequence[tuple[Kind, Sequence[Due]]], limit: int) -> list[Found]:
    """Take what is due up to the moment after which a kind may have more than it gave."""
    ends = [listed[-1].due_at for _, listed in found if len(listed) == limit]
    end = min(ends, default=None)
    return [
        Found(kind, due, _domain_event(kind, due))
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


def _remember(session: Session, page: Sequence[Found]) -> list[Found]:
    """Note what is about to be published or passed over; give what nobody has noted before."""
    by_kind: dict[str, list[Found]] = {}
    for each in page:
        if each.kind.said_for:
            by_kind.setdefault(each.kind.name, []).append(each)
    # Their rows are locked by us.
    for listed in by_kind.values():
        listed[0].kind.remember(session, (each.due.subject for each in listed))
    said = _say(session, [each for each in page if not each.kind.said_for])
    return [each for each in page if each.kind.said_for or each.key in said]


def _say(session: Session, page: Sequence[Found]) -> set[tuple[str, datetime, str]]:
    """Note in `due_said` what is about to be published, and give what nobody has noted before.

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


def forget_said(session: Session, now: datetime, *, limit: int) -> int:
    """Trim up to `limit` rows of what was published long ago; give how many went.

    Should something be found again, its id keeps it from being published a second time.
    """
    return execute(
        session,
        """
        WITH RECURSIVE kinds (kind) AS (
            (SELECT kind FROM due_said ORDER BY kind LIMIT 1)
            UNION ALL
            SELECT (
                SELECT next.kind FROM due_said AS next WHERE next.kind > kinds.kind
                ORDER BY next.kind LIMIT 1
            ) FROM kinds WHERE kinds.kind IS NOT NULL
        )
        DELETE FROM due_said WHERE ctid = ANY(ARRAY(
            SELECT old.ctid FROM kinds CROSS JOIN LATERAL (
                SELECT said.ctid FROM due_said AS said
                WHERE said.kind = kinds.kind AND said.due_at < %(before)s
                ORDER BY said.due_at LIMIT %(limit)s
            ) AS old LIMIT %(limit)s
        ))
        """,
        before=now - SAID_KEPT,
        limit=limit,
    )
