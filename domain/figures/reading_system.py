"""Reads who runs, who leads, and how the database and what hangs on it stand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session

from domain.figures.counting import LIMIT, age, capped, lane_due, seconds_since
from domain.figures.crew import InHandNow, ProcessNow, told_of
from domain.figures.deploys import deploys_since
from domain.figures.snapshot import (
    DatabaseNow,
    Deploy,
    InboxNow,
    PauseNow,
    Queue,
    RefundsNow,
    ScheduleNow,
    SchedulerNow,
)
from domain.leading import leader
from domain.partitions import count_strays
from domain.pausing import handlers_of, pauses_at
from domain.payments.refund_log import refund_numbers
from domain.schedules import Scheduled, schedules
from domain.sql import fetch

# One that ended without a word, and whose place none has taken, is told of for so long.
MISSED_FOR: Final = timedelta(minutes=30)
DEPLOYS_TOLD: Final = timedelta(days=7)
# Of more pauses at once nobody counts what waits, so that they are always told in time.
COUNTED_PAUSES: Final = 10


def read_processes(session: Session, now: datetime) -> tuple[ProcessNow, ...]:
    """List our processes, and what they do; also those that are gone and missed."""
    rows = fetch(
        session,
        """
        SELECT name, pid, host, version, started_at, last_seen_at, memory_bytes, metrics_at, takes,
            doing, obeys
        FROM processes WHERE last_seen_at > %(now)s - %(missed_for)s ORDER BY name, host, pid
        """,
        now=now,
        missed_for=MISSED_FOR,
    )
    found = [
        ProcessNow(
            *(name, pid, host, version),
            up_s=age(started, now),
            last_seen_s=age(seen, now),
            memory_bytes=memory,
            metrics_at=metrics_at,
            takes=tuple(takes),
            doing=tuple(_in_hand(each, now) for each in doing),
            obeys=tuple(obeys),
        )
        for name, pid, host, version, started, seen, memory, metrics_at, takes, doing, obeys in rows
    ]
    return told_of(found)


def _in_hand(doing: Mapping[str, Any], now: datetime) -> InHandNow:
    since = datetime.fromisoformat(doing["since"])
    return InHandNow(doing["what"], doing["count"], age(since, now))


def read_pauses(session: Session, now: datetime) -> tuple[PauseNow, ...]:
    """List what is held back, and of the first few how much waits meanwhile."""
    found = pauses_at(session, now)
    waiting = {
        each.name: lane_due(session, each.name, handlers_of(each.name), now=now)[0].waiting
        for each in found[:COUNTED_PAUSES]
    }
    return tuple(
        PauseNow(*(each.name, each.since, each.until, each.actor, each.why), waiting.get(each.name))
        for each in found
    )


def read_deploys(session: Session, now: datetime) -> tuple[Deploy, ...]:
    """List the versions of ours that began to run within a week."""
    return deploys_since(session, now - DEPLOYS_TOLD)


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
    late_s = of.late_s(now)
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
    rows = f"SELECT created_at FROM matching_requests LIMIT {LIMIT + 1}"
    ((count, oldest),) = fetch(
        session, f"SELECT count(*), min(created_at) FROM ({rows}) AS waiting"
    )
    return Queue("chores", capped(count), seconds_since(oldest, now))


def read_inbox(session: Session, now: datetime) -> InboxNow:
    """Count what providers told us that isn't settled."""
    del now
    rows = "SELECT state FROM inbox WHERE state IN ('waiting', 'held') ORDER BY received_at"
    found = dict(
        fetch(
            session,
            f"SELECT state, count(*) FROM ({rows} LIMIT {LIMIT + 1}) AS open GROUP BY state",
        )
    )
    return InboxNow(capped(found.get("held", 0)), capped(found.get("waiting", 0)))


def inbox_numbers(session: Session, now: datetime) -> dict[str, int]:
    """Give how much of the inbox is held and how much waits, up to ten thousand."""
    found = read_inbox(session, now)
    return {"held": found.held.number, "waiting": found.waiting.number}


def read_refunds(session: Session, now: datetime) -> RefundsNow:
    """Count the money that must go back and hasn't; few rows, by an index of their own."""
    numbers = refund_numbers(session, now)
    oldest_s = numbers.pop("oldest_s")
    return RefundsNow({state: capped(count) for state, count in numbers.items()}, oldest_s)


def senders_seen(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Give the senders that were seen lately, and which channels they take."""
    return [
        {
            "pid": each.pid,
            "host": each.host,
            "channels": list(each.takes),
            "last_seen_s": each.last_seen_s,
        }
        for each in read_processes(session, now)
        if each.name == "sender" and not each.is_gone
    ]


def read_database(session: Session, now: datetime) -> DatabaseNow:
    """Look at Postgres itself."""
    del now
    ((connections, most, longest),) = fetch(
        session,
        """
        SELECT count(*), current_setting('max_connections')::int,
            momento_longest_transaction()
        FROM pg_stat_activity WHERE datname IS NOT NULL
        """,
    )
    return DatabaseNow(connections, most, max(longest, 0.0), count_strays(session.connection()))
