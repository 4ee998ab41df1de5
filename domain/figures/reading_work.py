"""Reads what is due, what was lately done and what fails, and what people wait to be told."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.figures import names
from domain.figures.buckets import COUNT, quantile
from domain.figures.counting import (
    age,
    capped,
    count_deliveries,
    count_up_to,
    lane_due,
    outbox_now,
    seconds_since,
)
from domain.figures.snapshot import ChannelNow, Failing, Lane, Queue, Resting, StrangersNow
from domain.lanes import LANES
from domain.pausing import paused_handlers
from domain.skip_scan import DUE, handlers_with
from domain.sql import fetch
from domain.tables.notifications import Channel

# What is told as "lately": long enough for a rate, short enough for an alarm.
LATELY: Final = timedelta(minutes=10)
FAILING_SHOWN: Final = 20
# Of handlers that aren't known.
STRANGERS_SHOWN, STRANGERS_COUNTED = 5, 200
P95: Final = 0.95
# As far back as a small line in a row shows.
MINUTES_SHOWN: Final = 30

_HANDLERS: Final = {
    lane: [handler.name for handler in HANDLERS.values() if handler.lane == lane] for lane in LANES
}


class Work(NamedTuple):
    """What is due by lane, and deliveries by state: counted in one go."""

    lanes: tuple[Lane, ...]
    deliveries: Mapping[str, Any]


def read_outbox(session: Session, now: datetime) -> Queue:
    """Count what nobody has routed, and what was routed lately."""
    left = sum(count for _, count, _ in _lately(session, names.ROUTED.name, now=now))
    return replace(outbox_now(session, now), left=left)


def read_work(session: Session, now: datetime) -> Work:
    """Count what is due and what is settled, and add up what was lately done."""
    paused = paused_handlers(session, now)
    found = {
        lane: lane_due(session, lane, listed, now=now, paused=paused)
        for lane, listed in _HANDLERS.items()
    }
    tries: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (_, lane, state), count, _ in _lately(session, names.SETTLED.name, now=now):
        tries[lane][state] = tries[lane].get(state, 0) + count
    waits, runs = (_slow(session, metric.name, now=now) for metric in (names.WAIT, names.RUN))
    minutes = _minutes(session, now)
    lanes = tuple(
        Lane(
            *(lane, queue.waiting, queue.oldest_s, tries[lane], waits.get(lane), runs.get(lane)),
            minutes=tuple(minutes[lane]),
        )
        for lane, (queue, _) in found.items()
    )
    every = [name for listed in _HANDLERS.values() for name in listed]
    due = [states for _, states in found.values()]
    return Work(lanes, count_deliveries(session, every, due, now=now))


def read_strangers(session: Session, now: datetime) -> StrangersNow:
    """Count what is due of handlers that only another version knows, or none any more."""
    unknown = [name for name in handlers_with(session, DUE) if name not in HANDLERS]
    paused = paused_handlers(session, now)
    queue, _ = lane_due(session, "", unknown[:STRANGERS_COUNTED], now=now, paused=paused)
    return StrangersNow(tuple(unknown[:STRANGERS_SHOWN]), queue.waiting, queue.oldest_s)


def _lately(
    session: Session, name: str, *, now: datetime
) -> list[tuple[list[str], int, list[int] | None]]:
    """Give what was lately measured: labels, count and buckets of each minute.

    Lately is told by a value: an index has no place for what a function says anew for each row.
    """
    rows = fetch(
        session,
        "SELECT labels, count, buckets FROM figures WHERE span = 'minute' AND name = %(name)s"
        " AND at > %(now)s - %(lately)s::interval",
        name=name,
        now=now,
        lately=LATELY,
    )
    return [(labels, count, buckets) for labels, count, buckets in rows]


def _minutes(session: Session, now: datetime) -> Mapping[str, list[int]]:
    """Count tries of each lane in each of the last minutes; those without any count too."""
    rows = fetch(
        session,
        "SELECT labels[2], at, sum(count)::bigint FROM figures"
        " WHERE span = 'minute' AND name = %(name)s AND at > %(since)s GROUP BY 1, 2",
        name=names.SETTLED.name,
        since=now - timedelta(minutes=MINUTES_SHOWN),
    )
    running = now.replace(second=0, microsecond=0)
    minutes: defaultdict[str, list[int]] = defaultdict(lambda: [0] * MINUTES_SHOWN)
    for lane, at, count in rows:
        ago = int((running - at).total_seconds() // 60)
        if 0 <= ago < MINUTES_SHOWN:
            minutes[lane][MINUTES_SHOWN - 1 - ago] += count
    return minutes


def _slow(session: Session, name: str, *, now: datetime) -> dict[str, float | None]:
    """Estimate for each lane what nineteen of twenty were quicker than."""
    heaps: defaultdict[str, list[int]] = defaultdict(lambda: [0] * COUNT)
    for (_, lane), _, buckets in _lately(session, name, now=now):
        heap = heaps[lane]
        for place, count in enumerate(buckets or ()):
            heap[place] += count
    return {lane: quantile(heap, P95) for lane, heap in heaps.items()}


def read_failing(session: Session, now: datetime) -> tuple[Failing, ...]:
    """List the kinds of failures of a day, the newest first."""
    rows = fetch(
        session,
        """
        SELECT fingerprint, handler, error, first_at, last_at, version,
            coalesce(sum(count) FILTER (WHERE at > %(now)s - interval '1 hour'), 0)::bigint,
            coalesce(sum(count), 0)::bigint
        FROM (
            SELECT * FROM failure_kinds WHERE last_at > %(now)s - interval '1 day'
            ORDER BY last_at DESC LIMIT %(limit)s
        ) AS kind LEFT JOIN LATERAL (
            SELECT at, count FROM failure_hours
            WHERE failure_hours.fingerprint = kind.fingerprint
                AND at > %(now)s - interval '1 day'
        ) AS hour ON true
        GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY last_at DESC
        """,
        now=now,
        limit=FAILING_SHOWN,
    )
    return tuple(Failing(*row) for row in rows)


def read_channels(session: Session, now: datetime) -> tuple[ChannelNow, ...]:
    """Count what waits to be told on each channel."""
    told: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (channel, status), count, _ in _lately(session, names.NOTIFIED.name, now=now):
        told[channel][status] = told[channel].get(status, 0) + count
    return tuple(_channel(session, channel, told[channel], now=now) for channel in Channel)


def _channel(
    session: Session, channel: Channel, told: Mapping[str, int], *, now: datetime
) -> ChannelNow:
    of = "FROM notifications WHERE channel = %(channel)s AND"
    due = f"{of} status = 'scheduled' AND send_after <= %(now)s ORDER BY send_after"
    in_hand = f"SELECT {of} status IN ('sending', 'unknown') AND status = %(status)s"
    ((waiting, oldest),) = fetch(
        session,
        f"SELECT ({count_up_to(f'SELECT {due}')}), (SELECT send_after {due} LIMIT 1)",
        channel=channel,
        now=now,
    )
    sending, unknown = (
        capped(fetch(session, count_up_to(in_hand), channel=channel, status=status)[0][0])
        for status in ("sending", "unknown")
    )
    queue = capped(waiting), seconds_since(oldest, now)
    return ChannelNow(channel.value, *queue, sending, unknown, told)


def read_resting(session: Session, now: datetime) -> tuple[Resting, ...]:
    """List the services that aren't asked for a while."""
    rows = fetch(
        session,
        "SELECT port, reason, since, until FROM port_rests WHERE until > %(now)s ORDER BY port",
        now=now,
    )
    return tuple(
        Resting(port, reason, age(since, now), (until - now).total_seconds())
        for port, reason, since, until in rows
    )
