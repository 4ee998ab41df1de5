"""Reads the parts of a snapshot, each in a statement or few that cost the same in a large ledger.

What went on in the last minutes is added up from what processes have measured.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
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
from domain.figures.snapshot import (
    ChannelNow,
    DatabaseNow,
    Failing,
    InboxNow,
    InHandNow,
    Lane,
    ProcessNow,
    Queue,
    Resting,
    ScheduleNow,
    SchedulerNow,
)
from domain.lanes import LANES
from domain.leading import leader
from domain.partitions import count_strays
from domain.schedules import Scheduled, schedules
from domain.sql import fetch
from domain.tables.notifications import Channel

# What is told as "lately": long enough for a rate, short enough for an alarm.
LATELY: Final = timedelta(minutes=10)
# A process that was not seen for so long has ended.
GONE: Final = timedelta(minutes=1)
FAILING_SHOWN: Final = 20
P95: Final = 0.95

_HANDLERS: Final = {
    lane: [handler.name for handler in HANDLERS.values() if handler.lane == lane] for lane in LANES
}


class Work(NamedTuple):
    """What is due by lane, and deliveries by state: counted in one go."""

    lanes: tuple[Lane, ...]
    deliveries: Mapping[str, Any]


def read_work(session: Session, now: datetime) -> Work:
    """Count what is due and what is settled, and add up what was lately done."""
    found = {lane: lane_due(session, lane, listed, now=now) for lane, listed in _HANDLERS.items()}
    tries: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (_, lane, state), count, _ in _lately(session, names.SETTLED.name):
        tries[lane][state] = tries[lane].get(state, 0) + count
    waits, runs = (_slow(session, metric.name) for metric in (names.WAIT, names.RUN))
    lanes = tuple(
        Lane(lane, queue.waiting, queue.oldest_s, tries[lane], waits.get(lane), runs.get(lane))
        for lane, (queue, _) in found.items()
    )
    every = [name for listed in _HANDLERS.values() for name in listed]
    due = [states for _, states in found.values()]
    return Work(lanes, count_deliveries(session, every, due, now=now))


def _lately(session: Session, name: str) -> list[tuple[list[str], int, list[int] | None]]:
    """Give what was lately measured: labels, count and buckets of each minute."""
    rows = fetch(
        session,
        "SELECT labels, count, buckets FROM figures WHERE span = 'minute' AND name = %(name)s"
        " AND at > clock_timestamp() - %(lately)s::interval",
        name=name,
        lately=LATELY,
    )
    return [(labels, count, buckets) for labels, count, buckets in rows]


def _slow(session: Session, name: str) -> dict[str, float | None]:
    """Estimate for each lane what nineteen of twenty were quicker than."""
    heaps: defaultdict[str, list[int]] = defaultdict(lambda: [0] * COUNT)
    for (_, lane), _, buckets in _lately(session, name):
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
    for (channel, status), count, _ in _lately(session, names.NOTIFIED.name):
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


def read_processes(session: Session, now: datetime) -> tuple[ProcessNow, ...]:
    """List our processes, and what they do."""
    rows = fetch(
        session,
        """
        SELECT name, pid, host, version, started_at, last_seen_at, memory_bytes, metrics_at, takes,
            doing
        FROM processes WHERE last_seen_at > %(now)s - %(gone)s ORDER BY name, host, pid
        """,
        now=now,
        gone=GONE,
    )
    return tuple(
        ProcessNow(
            *(name, pid, host, version),
            up_s=age(started, now),
            last_seen_s=age(seen, now),
            memory_bytes=memory,
            metrics_at=metrics_at,
            takes=tuple(takes),
            doing=tuple(_in_hand(each, now) for each in doing),
        )
        for name, pid, host, version, started, seen, memory, metrics_at, takes, doing in rows
    )


def _in_hand(doing: Mapping[str, Any], now: datetime) -> InHandNow:
    since = datetime.fromisoformat(doing["since"])
    return InHandNow(doing["what"], doing["count"], age(since, now))


def read_scheduler(session: Session, now: datetime) -> SchedulerNow:
    """Say who leads, and how every schedule stands."""
    leads = leader(session)
    return SchedulerNow(
        leader_pid=leads.pid if leads else None,
        leader_host=leads.host if leads else None,
        led_for_s=seconds_since(leads.since if leads else None, now),
        clock_ahead_s=leads.clock_ahead_s if leads else None,
        schedules=tuple(_schedule(each, now) for each in schedules(session, now)),
    )


def _schedule(of: Scheduled, now: datetime) -> ScheduleNow:
    """Say how late a schedule is: since the first planned time that nobody has met."""
    late_s = 0.0
    if of.last_planned is not None and of.paused_until is None:
        late_s = max(0.0, (now - of.last_planned).total_seconds() - of.every_s)
    return ScheduleNow(
        name=of.name,
        late_s=round(late_s, 3),
        # The one that is due just now isn't missed yet.
        missed=int(late_s // of.every_s),
        last_result=of.last_result,
        is_drifted=of.is_drifted,
        paused_until=of.paused_until,
        paused_why=of.paused_why,
    )


def read_chores(session: Session, now: datetime) -> Queue:
    """Count what chores have to make: vectors and proposals."""
    rows = "SELECT created_at FROM matching_requests LIMIT 10001"
    ((count, oldest),) = fetch(
        session, f"SELECT count(*), min(created_at) FROM ({rows}) AS waiting"
    )
    return Queue("chores", capped(count), seconds_since(oldest, now))


def read_inbox(session: Session, now: datetime) -> InboxNow:
    """Count what providers told us that isn't settled."""
    del now
    rows = "SELECT state FROM inbox WHERE state IN ('waiting', 'held') ORDER BY received_at"
    found = dict(
        fetch(session, f"SELECT state, count(*) FROM ({rows} LIMIT 10001) AS open GROUP BY state")
    )
    return InboxNow(capped(found.get("held", 0)), capped(found.get("waiting", 0)))


def inbox_numbers(session: Session, now: datetime) -> dict[str, int]:
    """Give how much of the inbox is held and how much waits, up to ten thousand."""
    found = read_inbox(session, now)
    return {"held": found.held.number, "waiting": found.waiting.number}


def read_database(session: Session, now: datetime) -> DatabaseNow:
    """Look at Postgres itself."""
    del now
    ((connections, most, longest),) = fetch(
        session,
        """
        SELECT count(*), current_setting('max_connections')::int,
            coalesce(max(extract(epoch FROM clock_timestamp() - xact_start))
                FILTER (WHERE datname = current_database() AND pid <> pg_backend_pid()
                    AND backend_type = 'client backend'), 0)::float8
        FROM pg_stat_activity WHERE datname IS NOT NULL
        """,
    )
    return DatabaseNow(connections, most, max(longest, 0.0), count_strays(session.connection()))


# What is read in one go, and which parts that gives. A field of a named tuple is a part's name.
Reader = Callable[[Session, datetime], Any]
READERS: Final[Mapping[tuple[str, ...], Reader]] = {
    ("outbox",): outbox_now,
    Work._fields: read_work,
    ("failing",): read_failing,
    ("channels",): read_channels,
    ("resting",): read_resting,
    ("processes",): read_processes,
    ("scheduler",): read_scheduler,
    ("chores",): read_chores,
    ("inbox",): read_inbox,
    ("database",): read_database,
}
