"""Snapshots to judge: all is well, but for what a test says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dashboard.snapshots import Latest
from domain.figures.alarms import find_alerts
from domain.figures.crew import ProcessNow
from domain.figures.judgement import Judgement, judge_snapshot
from domain.figures.snapshot import (
    BrokerNow,
    ChannelNow,
    Count,
    DatabaseNow,
    InboxNow,
    Lane,
    Part,
    Queue,
    RefundsNow,
    SchedulerNow,
    Snapshot,
    StrangersNow,
)

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG: Final = timedelta(minutes=30)
LANES: Final = ("plans", "seats", "afterwards")


def a_process(name: str, *takes: str) -> ProcessNow:
    """A process of a name, with the lanes or channels that it takes."""
    return ProcessNow(
        *(name, 42, "box", "1.0", 600.0, 1.0, 80_000_000, None), takes=takes, doing=()
    )


def part(value: Any) -> Part[Any]:
    """What was read just now."""
    return Part(value, NOW)


def well(**other: Any) -> Snapshot:
    """All is well but for what is said."""
    values: dict[str, Any] = {
        "outbox": Queue("outbox", Count(0), None),
        "lanes": tuple(Lane(lane, Count(0), None) for lane in LANES),
        "deliveries": {"pending": Count(0), "deferred": Count(0), "dead": Count(0)},
        "failing": (),
        "channels": (ChannelNow("push", Count(0), None, Count(0), Count(0)),),
        "resting": (),
        "processes": (
            a_process("worker", *LANES),
            *(a_process("relay"), a_process("sender", "push"), a_process("gateway")),
        ),
        "scheduler": SchedulerNow(7, "box", 600.0, 0.1, ()),
        "chores": Queue("chores", Count(0), None),
        "inbox": InboxNow(Count(0), Count(0)),
        "refunds": RefundsNow({state: Count(0) for state in ("due", "refused", "failed")}, None),
        "database": DatabaseNow(20, 100, 0.1, 0),
        "pauses": (),
        "strangers": StrangersNow((), Count(0), None),
        "deploys": (),
        "promises": (),
        "handlers": {},
        "broker": BrokerNow("redis", 0.001, 1_000_000, None),
    }
    parts: dict[str, Any] = {name: part(value) for name, value in (values | other).items()}
    return Snapshot(NOW, **parts)


def judged(snapshot: Snapshot, *, age_s: float = 2.0, is_away: bool = False) -> Judgement:
    """Judge a snapshot in which everything has been so for half an hour."""
    alerts = find_alerts(snapshot, (), now=NOW - LONG)
    snapshot = replace(snapshot, alerts=find_alerts(snapshot, alerts, now=NOW))
    return judge_snapshot(Latest(snapshot, age_s, is_away))


def late_lane(seconds: float) -> tuple[Lane, ...]:
    """Two lanes, of which one is so late."""
    return (Lane("plans", Count(0), None), Lane("seats", Count(812), seconds))
