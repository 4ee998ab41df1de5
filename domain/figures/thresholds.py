"""From which number on something is an alarm, and what to say and do then.

The one table of it: the dashboard's verdict, `ops/prometheus/alerts.yml`, the lines in
`ops/grafana/momento.json` and the sections of `docs/runbook.md` follow from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.figures.gauges import PART_FAILED, SILENT, Gauge


class Level(StrEnum):
    """Look at it today, or get up."""

    WARN = "warn"
    PAGE = "page"


class Unit(StrEnum):
    """What a number counts."""

    SECONDS = "s"
    COUNT = "count"
    PART = "part"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a gauge is an alarm.

    `statement` may name `{value}` and the gauge's labels. `held`: for how long it must be so.
    `causes`: the alarms that would explain this one, the likeliest first. `fine`: what to say when
    this was looked for as a cause and isn't it.
    """

    name: str
    gauge: str
    statement: str
    hint: str
    warn: float | None = None
    page: float | None = None
    only: Mapping[str, str] = field(default_factory=dict)
    other_than: Mapping[str, str] = field(default_factory=dict)
    is_below: bool = False
    held: timedelta = timedelta()
    unit: Unit = Unit.COUNT
    causes: tuple[str, ...] = ()
    fine: str = ""

    def is_about(self, gauge: Gauge) -> bool:
        """Say whether a gauge is judged by this."""
        return (
            gauge.name == self.gauge
            and self.only.items() <= gauge.labels.items()
            and not self.other_than.items() & gauge.labels.items()
        )

    def level(self, value: float) -> Level | None:
        """Say how bad a value is; None if it isn't."""
        for level, bound in ((Level.PAGE, self.page), (Level.WARN, self.warn)):
            if bound is not None and (value < bound if self.is_below else value > bound):
                return level
        return None


_S, _M = timedelta(seconds=1), timedelta(minutes=1)
_WORKING: Final = (
    "Paused",
    "PartUnknown",
    "BrokerAway",
    "NoWorker",
    "LaneFailing",
    "DatabaseCrowded",
)

THRESHOLDS: Final = (
    Threshold(
        "PartUnknown",
        PART_FAILED,
        "{part} can't be read",
        "Its last value is shown with its age. See what the database says of it.",
        warn=0,
        other_than={"part": "broker"},
        held=30 * _S,
        causes=("DatabaseCrowded",),
    ),
    Threshold(
        "BrokerAway",
        PART_FAILED,
        "the broker doesn't answer",
        "Nothing is lost, and nothing is applied: see whether Redis runs.",
        page=0,
        only={"part": "broker"},
        held=10 * _S,
        fine="the broker answers",
    ),
    Threshold(
        "BrokerFull",
        "broker_memory_ratio",
        "the broker's memory is {value} full",
        "It holds a few bells only: see who else writes to it.",
        warn=0.8,
        page=0.95,
        held=_M,
        unit=Unit.PART,
    ),
    Threshold(
        "NoWorker",
        "lane_takers",
        "no worker takes lane {lane}",
        "What is published waits until one is started: momento up worker.",
        page=1,
        is_below=True,
        held=15 * _S,
        fine="workers are at work",
    ),
    Threshold(
        "NoRelay",
        "processes",
        "no relay runs",
        "Workers route by themselves as long as they are rung; retries wait: momento up relay.",
        page=1,
        only={"process": "relay"},
        is_below=True,
        held=15 * _S,
        fine="a relay runs",
    ),
    Threshold(
        "OutboxLate",
        "outbox_oldest_seconds",
        "the outbox hasn't been routed for {value}",
        "Nothing is lost, but nobody hears of it. Types that no version knows stay until one does.",
        warn=10,
        page=60,
        unit=Unit.SECONDS,
        causes=("NoRelay", "DatabaseCrowded"),
        fine="the outbox is routed",
    ),
    Threshold(
        "LaneLate",
        "lane_oldest_seconds",
        "lane {lane} is late by {value}",
        "The workers don't keep up. If it stays so, add some; nothing is lost.",
        warn=10,
        page=300,
        unit=Unit.SECONDS,
        causes=_WORKING,
    ),
    Threshold(
        "Paused",
        "pauses",
        "paused lanes and handlers: {value}",
        "It was somebody's decision, which ends by itself: see whose, why and until when.",
        warn=0,
        fine="nothing is paused",
    ),
    Threshold(
        "LaneFailing",
        "lane_failing_ratio",
        "{value} of the tries in lane {lane} failed in the last ten minutes",
        "What has failed is tried again by itself. See which error is new, and of which version.",
        warn=0.05,
        page=0.25,
        held=_M,
        unit=Unit.PART,
        fine="hardly anything fails",
    ),
    Threshold(
        "DeliveriesDead",
        "deliveries",
        "{value} dead deliveries",
        "Nobody tries them any more. Find out why, then retry or discard them.",
        warn=0,
        page=1_000,
        only={"state": "dead"},
    ),
    Threshold(
        "NoScheduler",
        "scheduler_leads",
        "no scheduler leads",
        "Whatever becomes due meanwhile is made up for: momento up scheduler.",
        page=1,
        is_below=True,
        held=15 * _S,
        fine="a scheduler leads",
    ),
    Threshold(
        "ScheduleLate",
        "schedule_late_seconds",
        "a schedule is late by {value}",
        "See which, and how its newest run ended.",
        warn=120,
        page=1_800,
        unit=Unit.SECONDS,
        causes=("NoScheduler", "DatabaseCrowded"),
    ),
    Threshold(
        "ScheduleFailing",
        "schedules_failing",
        "{value} schedules failed when they last ran",
        "They are tried again at their next planned time. The code says what was raised.",
        warn=0,
        held=5 * _M,
    ),
    Threshold(
        "FiguresDrifted",
        "schedules_drifted",
        "figures differ from the rows that they come from",
        "A bug: run momento reconcile, keep what it says, and look at the rows that it names.",
        page=0,
    ),
    Threshold(
        "ClocksApart",
        "clock_apart_seconds",
        "the scheduler's clock and the database's are {value} apart",
        "What is due is found by the scheduler's clock: mend the clock.",
        warn=5,
        held=_M,
        unit=Unit.SECONDS,
    ),
    Threshold(
        "NoSender",
        "processes",
        "no sender runs",
        "People wait to be told: momento up sender.",
        page=1,
        only={"process": "sender"},
        is_below=True,
        held=30 * _S,
        fine="a sender runs",
    ),
    Threshold(
        "ProviderResting",
        "resting_seconds",
        "{port} has been in trouble for {value}",
        "It is asked again by itself. The code says whose fault it is.",
        warn=60,
        page=1_800,
        unit=Unit.SECONDS,
        fine="the providers answer",
    ),
    Threshold(
        "ChannelLate",
        "channel_oldest_seconds",
        "people have waited for {value} to be told by {channel}",
        "See whether a sender takes the channel, and what its provider says.",
        warn=300,
        page=3_600,
        unit=Unit.SECONDS,
        causes=("NoSender", "ProviderResting"),
    ),
    Threshold(
        "ManyUnknown",
        "channel_unknown",
        "of {value} notifications by {channel} nobody knows whether they went out",
        "They are never sent again blindly; see why the provider's answers were lost.",
        warn=100,
        held=10 * _M,
        causes=("ProviderResting",),
    ),
    Threshold(
        "ChoresLate",
        "chores_oldest_seconds",
        "vectors or proposals have been waiting for {value}",
        "See whether the service that makes them answers.",
        warn=600,
        unit=Unit.SECONDS,
        causes=("NoScheduler", "ProviderResting"),
    ),
    Threshold(
        "InboxHeld",
        "inbox_held",
        "{value} entries of the inbox wait for somebody's decision",
        "See momento inbox list: it is money or an account.",
        warn=0,
    ),
    Threshold(
        "OutsideMonths",
        "outside_months",
        "{value} domain events lie outside all months",
        "See whether the database's clock is right.",
        warn=0,
    ),
    Threshold(
        "DatabaseCrowded",
        "connections_ratio",
        "{value} of the database's connections are taken",
        "Beyond the last one processes wait. See who holds them.",
        warn=0.8,
        page=0.95,
        held=_M,
        unit=Unit.PART,
        fine="the database has room",
    ),
    Threshold(
        "LongTransaction",
        "longest_transaction_seconds",
        "a transaction has been open for {value}",
        "While it is, nothing that it could see is tidied up. See who holds it.",
        warn=600,
        page=7_200,
        unit=Unit.SECONDS,
    ),
    Threshold(
        "StuckInHand",
        "in_hand_seconds",
        "a {process} has had the same thing in hand for {value}",
        "It is ended by itself where it can be. If it stays, restart the process.",
        warn=60,
        page=600,
        unit=Unit.SECONDS,
    ),
    Threshold(
        "MuchMemory",
        "memory_bytes",
        "a {process} uses {value} of memory",
        "It stays below 150 MB on usual days. Restart it, and look for what has grown.",
        warn=500e6,
        page=1_500e6,
        held=5 * _M,
        unit=Unit.BYTES,
    ),
)
BY_NAME: Final = {threshold.name: threshold for threshold in THRESHOLDS}
# Of the snapshot as a whole, when it is too old: see `dashboard/judgement.py`.
COLLECTOR_SILENT: Final = "CollectorSilent"
SILENT_S: Final = SILENT.total_seconds()
SILENT_FOR_LONG_S: Final = 60.0
# So late is work, or the outbox, for `momento status`.
LATE_S: Final = BY_NAME["LaneLate"].warn or 0.0
