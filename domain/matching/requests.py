"""What is to be made anew: marked by handlers, taken in hand by chores, given back or done.

A handler's mark names the domain event that changed something (`cause`). Another handler of the
same one writes the change, in a transaction of its own; only once all of them are through is the
mark ready, so whoever takes it in hand reads what was written.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import (
    CAUSE_FIRST_LOOK,
    CAUSE_LONGEST_PAUSE,
    REFUSED_FIRST_PAUSE,
    REFUSED_LONGEST_PAUSE,
    REQUEST_LEASE,
)
from domain.sql import array, execute, fetch
from domain.tables.matching import RequestKind


class Mark(NamedTuple):
    """That something may be stale since a domain event, or since a vector that it is made from."""

    kind: RequestKind
    target: str
    cause: int | None = None


class Request(NamedTuple):
    """A mark in hand."""

    id: int
    kind: RequestKind
    target: str
    attempts: int


def mark(session: Session, marks: Iterable[Mark], *, now: datetime) -> None:
    """Ask for things to be made anew, once for each."""
    listed = list(dict.fromkeys(marks))
    if not listed:
        return
    execute(
        session,
        """
        INSERT INTO matching_requests (kind, target, cause, due_at)
        SELECT kind, target, cause, %(now)s
        FROM unnest(%(kinds)s::text[], %(targets)s::text[], %(causes)s::bigint[])
            AS marked (kind, target, cause)
        """,
        kinds=[each.kind for each in listed],
        targets=[each.target for each in listed],
        causes=[each.cause for each in listed],
        now=now,
    )


# A kind at a time, so that none has to wait behind another that can't be made just now.
_TAKE = """
WITH taken AS MATERIALIZED (
    SELECT due.id, due.kind, due.target, due.attempts, due.created_at, NOT EXISTS (
        SELECT FROM deliveries AS other
        WHERE other.seq = due.cause AND other.state NOT IN ('done', 'rejected', 'discarded')
    ) AS ready
    FROM unnest(%(kinds)s::text[]) AS wanted (kind)
    CROSS JOIN LATERAL (
        SELECT id, kind, target, cause, attempts, created_at FROM matching_requests AS row
        WHERE row.kind = wanted.kind AND row.due_at <= %(now)s
        ORDER BY row.due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) AS due
), moved AS (
    UPDATE matching_requests AS row SET due_at = %(now)s + CASE WHEN taken.ready THEN %(lease)s
        ELSE least(greatest((%(now)s - taken.created_at) / 2, %(first_look)s), %(longest)s) END
    FROM taken WHERE row.id = taken.id
)
SELECT id, kind, target, attempts FROM taken WHERE ready ORDER BY id
"""


def take(
    session: Session, kinds: Collection[RequestKind], *, limit: int, now: datetime
) -> list[Request]:
    """Take up to `limit` ready requests of each kind in hand, for as long as the lease lasts."""
    rows = fetch(
        session,
        _TAKE,
        kinds=list(kinds),
        limit=limit,
        now=now,
        lease=REQUEST_LEASE,
        first_look=CAUSE_FIRST_LOOK,
        longest=CAUSE_LONGEST_PAUSE,
    )
    return [
        Request(id_, RequestKind(kind), target, attempts) for id_, kind, target, attempts in rows
    ]


def finish(session: Session, requests: Iterable[Request]) -> None:
    """Forget requests that were met."""
    ids = array(str(each.id) for each in requests)
    execute(session, "DELETE FROM matching_requests WHERE id = ANY(%(ids)s::bigint[])", ids=ids)


def give_back(session: Session, requests: Iterable[Request], *, now: datetime) -> None:
    """Have requests that nobody could meet just now taken again at once."""
    execute(
        session,
        "UPDATE matching_requests SET due_at = %(now)s WHERE id = ANY(%(ids)s::bigint[])",
        ids=array(str(each.id) for each in requests),
        now=now,
    )


def put_off(session: Session, requests: Iterable[Request], *, now: datetime) -> None:
    """Have refused requests tried again, each alone, after a pause that doubles each time."""
    execute(
        session,
        """
        UPDATE matching_requests SET attempts = least(attempts + 1, 1000),
            due_at = %(now)s + least(%(first)s * 2 ^ least(attempts, 30), %(longest)s)
        WHERE id = ANY(%(ids)s::bigint[])
        """,
        ids=array(str(each.id) for each in requests),
        now=now,
        first=REFUSED_FIRST_PAUSE,
        longest=REFUSED_LONGEST_PAUSE,
    )


def is_due(session: Session, *, now: datetime) -> bool:
    """Say whether anything is to be taken in hand: a probe of an index for each kind."""
    ((due,),) = fetch(
        session,
        "SELECT EXISTS (SELECT FROM unnest(%(kinds)s::text[]) AS wanted (kind)"
        " CROSS JOIN LATERAL (SELECT FROM matching_requests AS row"
        " WHERE row.kind = wanted.kind AND row.due_at <= %(now)s LIMIT 1) AS found)",
        kinds=list(RequestKind),
        now=now,
    )
    answer: bool = due
    return answer
