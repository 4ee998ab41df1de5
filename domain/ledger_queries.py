"""What ops ask of the ledger: where it stands, what became of a domain event, what is dead.

Reads only. What a payload says may be personal: of it nothing is given but ids.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from domain.coalesced import also_followed, ids_among
from domain.figures.counting import count_settled
from domain.lanes import LANES
from domain.notifications.tracing import ToldTrace, tellings
from domain.partitions import count_strays
from domain.payload import thing
from domain.sql import fetch, fetch_dicts
from domain.tables.ledger import DeliveryState

# What follows from what follows: the longest chain of the catalogue is far shorter.
TRACE_DEPTH: Final = 20
TRACE_LIMIT: Final = 1_000
# A ledger with no more deliveries is counted whole for people.
COUNTED: Final = 1_000_000


def outbox_numbers(session: Session, now: datetime) -> dict[str, Any]:
    """Give how many domain events no relay has routed yet, and for how many seconds the oldest."""
    ((count, oldest),) = fetch(session, "SELECT count(*), min(received_at) FROM outbox")
    return {"unrelayed": count, "oldest_s": _seconds_since(oldest, now)}


def outside_months(session: Session) -> int:
    """Count the domain events that lie in no month's partition, up to ten thousand."""
    return count_strays(session.connection())


def delivery_counts(session: Session) -> dict[str, int]:
    """Count deliveries by state; states that none is in are zero.

    What isn't settled is counted by its indexes. In a ledger of more than a million deliveries the
    others are what Postgres's statistics say.
    """
    rows = fetch(
        session,
        """
        SELECT state, count(*) FROM deliveries
        WHERE due_at IS NOT NULL AND state NOT IN ('failed', 'dead') GROUP BY state
        UNION ALL
        SELECT state, count(*) FROM deliveries WHERE state IN ('failed', 'dead') GROUP BY state
        """,
    )
    settled = count_settled(session, small=COUNTED)
    found = dict(rows) | {state: count.number for state, count in settled.items()}
    return {state.value: found.get(state.value, 0) for state in DeliveryState}


def lane_numbers(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Give for each lane how many deliveries are due, and for how many seconds the oldest."""
    rows = fetch(
        session,
        "SELECT lane, count(*), min(due_at) FROM deliveries WHERE due_at <= %(now)s GROUP BY lane",
        now=now,
    )
    due = {lane: (count, oldest) for lane, count, oldest in rows}
    return [
        {"name": lane, "queued": count, "oldest_s": _seconds_since(oldest, now)}
        for lane in [*LANES, *sorted(due.keys() - set(LANES))]
        for count, oldest in [due.get(lane, (0, None))]
    ]


def workers_seen(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Give the worker processes that keep their row, and how many seconds ago each was seen."""
    return [
        {"pid": pid, "host": host, "lanes": lanes, "last_seen_s": _seconds_since(seen, now)}
        for pid, host, lanes, seen in fetch(
            session, "SELECT pid, host, lanes, last_seen_at FROM workers ORDER BY host, pid"
        )
    ]


def _seconds_since(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 3)


@dataclass(slots=True)
class TracedDelivery:
    """What became of a domain event in one handler; `latency_s` from received to settled."""

    handler: str
    lane: str
    state: str
    attempts: int
    deaths: int
    reason: str | None
    error: str | None
    awaits: str | None
    awaits_refused: str | None
    due_at: datetime | None
    settled_at: datetime | None
    latency_s: float | None


@dataclass(slots=True)
class Traced:
    """A domain event with all that became of it; `follow_ups` are what it caused."""

    seq: int
    source: str
    id: str
    type: str
    subject: str
    time: datetime
    received_at: datetime
    traceparent: str | None
    tracestate: str | None
    actor: str | None
    cause: int | None
    ids: dict[str, str]
    is_routed: bool
    refused: str | None = None
    deliveries: list[TracedDelivery] = field(default_factory=list)
    told: list[ToldTrace] = field(default_factory=list)
    follow_ups: list["Traced"] = field(default_factory=list)


def find_seqs(session: Session, identity: str, source: str | None) -> list[tuple[int, str]]:
    """Find domain events by id, or else by their number in the ledger; give (seq, source)."""
    rows = fetch(
        session,
        """
        SELECT seq, source FROM domain_event_keys
        WHERE id = %(id)s AND (%(source)s::text IS NULL OR source = %(source)s) ORDER BY source
        """,
        id=identity,
        source=source,
    )
    # A number that bigint can't hold is no seq.
    if not rows and re.fullmatch(r"[0-9]{1,18}", identity):
        rows = fetch(
            session,
            "SELECT seq, source FROM domain_events WHERE seq = %(seq)s"
            " AND (%(source)s::text IS NULL OR source = %(source)s)",
            seq=int(identity),
            source=source,
        )
    return [(seq, found) for seq, found in rows]


def trace(session: Session, seq: int) -> Traced | None:
    """Give a domain event with its deliveries and all that followed; None if there is none.

    What followed from it and from another of its batch names one of the two as its cause; it is
    there all the same.
    """
    traced: dict[int, Traced] = {}
    parents: dict[int, int] = {}
    found = [seq]
    while found and len(traced) < TRACE_LIMIT:
        rows = fetch_dicts(session, _TRACE, seqs=found, depth=TRACE_DEPTH, limit=TRACE_LIMIT)
        new = {row["seq"]: _traced(row) for row in rows if row["seq"] not in traced}
        traced |= new
        also = {each: of for each, of in also_followed(session, new).items() if each not in traced}
        parents |= also
        found = list(also)
    if seq not in traced:
        return None
    for each in sorted(traced.values(), key=lambda each: each.seq):
        parent = parents.get(each.seq, each.cause)
        if each.seq != seq and parent in traced:
            traced[parent].follow_ups.append(each)
    _add_deliveries(session, traced)
    _add_refusals(session, traced)
    for number, told in tellings(session, traced).items():
        traced[number].told = told
    return traced[seq]


# One level of causes at a time, since a cycle is impossible: a cause has the smaller number.
_TRACE = """
WITH RECURSIVE told AS (
    SELECT said.*, 0 AS depth FROM domain_events AS said WHERE said.seq = ANY(%(seqs)s)
    UNION ALL
    SELECT next.*, told.depth + 1 FROM told JOIN domain_events AS next ON next.cause = told.seq
    WHERE told.depth < %(depth)s AND next.seq > told.seq
)
SELECT told.seq, source, id, told.type, subject, time, told.received_at, data, traceparent,
    tracestate, actor, cause, outbox.seq IS NULL AS is_routed
FROM told LEFT JOIN outbox ON outbox.seq = told.seq
ORDER BY told.seq LIMIT %(limit)s
"""


def _traced(row: dict[str, Any]) -> Traced:
    """Build a node, with nothing of the payload but ids."""
    ids = ids_among(row.pop("data"))
    return Traced(**row, ids=ids)


def _add_deliveries(session: Session, traced: dict[int, Traced]) -> None:
    """Hang what became of them on the domain events."""
    rows = fetch_dicts(
        session,
        """
        SELECT row.seq, handler, lane, state, attempts, deaths, row.reason, error, awaits,
            refused.reason AS awaits_refused, due_at, settled_at,
            extract(epoch FROM settled_at - received_at)::float8 AS latency_s
        FROM deliveries AS row LEFT JOIN refusals AS refused ON refused.thing = row.awaits
        WHERE row.seq = ANY(%(seqs)s) ORDER BY row.seq, handler
        """,
        seqs=list(traced),
    )
    for row in rows:
        traced[row.pop("seq")].deliveries.append(TracedDelivery(**row))


def _add_refusals(session: Session, traced: dict[int, Traced]) -> None:
    """Say of those whose subject will not exist why it was refused."""
    refused = refusal_reasons(
        session, (name for each in traced.values() for name in _things_named(each))
    )
    for each in traced.values():
        reasons = [f"{name}: {refused[name]}" for name in _things_named(each) if name in refused]
        each.refused = "; ".join(reasons) or None


def _things_named(traced: Traced) -> Sequence[str]:
    """Name the subject as the refusals do, e.g. `event:0198…` for one that is an event_id."""
    return [
        thing(name.removesuffix("_id"), identity)
        for name, identity in traced.ids.items()
        if identity == traced.subject
    ]


def refusal_reasons(session: Session, things: Iterable[str]) -> dict[str, str]:
    """Give why things will not exist, as far as they were refused."""
    rows = fetch(
        session,
        "SELECT thing, reason FROM refusals WHERE thing = ANY(%(things)s)",
        things=list(things),
    )
    return dict(rows)


@dataclass(frozen=True, slots=True)
class DeadDelivery:
    """A delivery that nobody tries any more, and why."""

    seq: int
    handler: str
    type: str
    subject: str
    attempts: int
    deaths: int
    reason: str | None
    error: str | None
    settled_at: datetime | None


def dead_deliveries(
    session: Session, *, handler: str | None = None, limit: int = 100
) -> list[DeadDelivery]:
    """List what is dead, the newest first; of one handler if it is named."""
    rows = fetch_dicts(
        session,
        """
        SELECT row.seq, row.handler, said.type, said.subject, row.attempts, row.deaths, row.reason,
            row.error, row.settled_at
        FROM deliveries AS row
        JOIN domain_events AS said ON said.seq = row.seq AND said.received_at = row.received_at
        WHERE row.state = 'dead' AND (%(handler)s::text IS NULL OR row.handler = %(handler)s)
        ORDER BY row.settled_at DESC, row.seq DESC, row.handler LIMIT %(limit)s
        """,
        handler=handler,
        limit=limit,
    )
    return [DeadDelivery(**row) for row in rows]
