"""Derives what speaks against hosts, and flags them, under the locks of their rows in users."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from domain.batch import DomainEvent, Effects
from domain.payload import Payload
from domain.safety.payloads import HostFlagged
from domain.safety.rules import (
    frequent_cancellations,
    is_poorly_rated,
    judge_cancellation,
    may_flag,
    reason_code,
)
from domain.sql import as_json, execute, fetch, insert_missing
from domain.tables.safety import HostFlagReason
from domain.things import Hold, lock

Cause = DomainEvent[Payload]


def settle_log(session: Session, causes: Mapping[str, Cause]) -> dict[str, Cause]:
    """Write for each event whether its host cancelled it; give the hosts, each with a cause.

    The hosts are locked before anything is read: whoever reads last reads what stands. So are the
    events, since a reason is quoted from what was kept of them: an erasure holds them for change.
    """
    hosts = dict(
        fetch(
            session,
            "SELECT id, host_id FROM events WHERE id = ANY(%(events)s)",
            events=list(causes),
        )
    )
    lock(session, "user", hosts.values(), Hold.CHANGE)
    lock(session, "event", hosts, Hold.SHARE)
    rows = _cancelled_by_hosts(session, causes)
    execute(
        session,
        "DELETE FROM host_reliability_log WHERE event_id = ANY(%(events)s)",
        events=list(causes.keys() - {row["event_id"] for row in rows}),
    )
    execute(
        session,
        """
        INSERT INTO host_reliability_log AS kept
            (host_id, event_id, action_type, occurred_at, metadata)
        SELECT host_id, event_id, action_type, occurred_at, metadata
        FROM jsonb_populate_recordset(NULL::host_reliability_log, %(rows)s::jsonb)
        ON CONFLICT (host_id, event_id) DO UPDATE SET action_type = excluded.action_type,
            occurred_at = excluded.occurred_at, metadata = excluded.metadata
        """,
        rows=as_json(rows),
    )
    return {host: causes[event] for event, host in hosts.items()}


def _cancelled_by_hosts(session: Session, events: Iterable[str]) -> list[dict[str, Any]]:
    """Give the rows of the log for those of the events that their hosts cancelled."""
    rows = fetch(
        session,
        """
        SELECT events.id, host_id, starts_at, cancelled_at, (
            SELECT fact.data->>'reason' FROM event_facts AS fact
            WHERE fact.event_id = events.id AND fact.kind = 'event.cancelled'
                AND fact.time = events.cancelled_at
            ORDER BY fact.id COLLATE "C", fact.source COLLATE "C" LIMIT 1)
        FROM events WHERE id = ANY(%(events)s) AND status = 'cancelled_by_host' ORDER BY id
        """,
        events=list(events),
    )
    return [
        {
            "host_id": host,
            "event_id": event,
            "action_type": judge_cancellation(cancelled_at, starts_at),
            "occurred_at": cancelled_at,
            "metadata": None if code is None else {"reason": code},
        }
        for event, host, starts_at, cancelled_at, reason in rows
        for code in (reason_code(reason),)
    ]


def flag_for_cancellations(
    session: Session, causes: Mapping[str, Cause], *, effects: Effects
) -> None:
    """Flag locked hosts who cancel often."""
    cancelled: dict[str, list[datetime]] = {}
    for host, moment in fetch(
        session,
        "SELECT host_id, occurred_at FROM host_reliability_log WHERE host_id = ANY(%(hosts)s)",
        hosts=list(causes),
    ):
        cancelled.setdefault(host, []).append(moment)
    flagged = _flagged(session, cancelled, reason=HostFlagReason.CANCELLATIONS)
    flags = [
        _Flag(host, HostFlagReason.CANCELLATIONS, moment)
        for host, moments in sorted(cancelled.items())
        for moment in frequent_cancellations(moments, flagged[host])
    ]
    _flag(session, flags, causes=causes, effects=effects)


def flag_for_ratings(session: Session, causes: Mapping[str, Cause], *, effects: Effects) -> None:
    """Flag locked hosts whose average is poor, as of what changed it."""
    poor = [
        host
        for host, count, stars in fetch(
            session,
            "SELECT user_id, rating_count, rating_sum FROM host_profiles"
            " WHERE user_id = ANY(%(hosts)s)",
            hosts=list(causes),
        )
        if is_poorly_rated(count, stars)
    ]
    flagged = _flagged(session, poor, reason=HostFlagReason.RATINGS)
    flags = [
        _Flag(host, HostFlagReason.RATINGS, causes[host].time)
        for host in sorted(poor)
        if may_flag(causes[host].time, flagged[host])
    ]
    _flag(session, flags, causes=causes, effects=effects)


class _Flag(NamedTuple):
    """That a host is flagged, why, and for when."""

    host: str
    reason: HostFlagReason
    moment: datetime


def _flagged(
    session: Session, hosts: Iterable[str], *, reason: HostFlagReason
) -> dict[str, list[datetime]]:
    """Give when hosts were flagged before, for a reason."""
    flagged: dict[str, list[datetime]] = {host: [] for host in hosts}
    for host, moment in fetch(
        session,
        "SELECT host_id, flagged_at FROM host_flags"
        " WHERE host_id = ANY(%(hosts)s) AND reason = %(reason)s",
        hosts=list(flagged),
        reason=reason.value,
    ):
        flagged[host].append(moment)
    return flagged


def _flag(
    session: Session, flags: Sequence[_Flag], *, causes: Mapping[str, Cause], effects: Effects
) -> None:
    """Keep flags, so that they aren't said again, and say them."""
    insert_missing(
        session,
        "host_flags",
        [
            {"host_id": host, "reason": reason, "flagged_at": moment}
            for host, reason, moment in flags
        ],
    )
    for host, reason, moment in flags:
        effects.follow(
            causes[host],
            HostFlagged(host_id=host, reason=reason),
            once=f"flagged {host} {reason} {moment.isoformat()}",
        )
