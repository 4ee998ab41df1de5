"""How everything stood at a moment: what the collector writes down, and pages and alerts read.

Each part is read by itself and may fail alone: then it keeps its last value, and says since when it
has that and what went wrong. Nothing here is personal: counts, ages, words of the code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

Value = TypeVar("Value")

# What is added later has a default, so that old snapshots can be read; a change of meaning of what
# there is makes a new version, and older ones are no longer read.
VERSION: Final = 1


class How(StrEnum):
    """How exact a count is."""

    EXACT = "exact"
    # Counted up to a limit.
    LEAST = "least"
    # By what Postgres's statistics say of the table.
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things, and how exact it is."""

    number: int
    how: How = How.EXACT


@dataclass(frozen=True, slots=True)
class Part(Generic[Value]):
    """A part of the whole: its last value, when that was read, and what went wrong since."""

    value: Value | None = None
    at: datetime | None = None
    trouble: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether it was read the last time; what nobody has ever read isn't known either."""
        return self.trouble is None and self.value is not None


@dataclass(frozen=True, slots=True)
class Queue:
    """Something in which work waits; `oldest_s` is None where nothing does.

    `left`: how many left it in the last ten minutes, where that is measured.
    """

    name: str
    waiting: Count
    oldest_s: float | None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """What is due in a lane, and how it went in the last ten minutes.

    `tries`: by outcome. `wait_p95_s` and `run_p95_s`: estimates; None when nothing was measured.
    `minutes`: tries in each of the last thirty minutes, the running one last.
    """

    name: str
    queued: Count
    oldest_s: float | None
    tries: Mapping[str, int] = field(default_factory=dict)
    wait_p95_s: float | None = None
    run_p95_s: float | None = None
    minutes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HandlerNow:
    """How a handler went in the last ten minutes: tries by outcome, and estimates of 95 percent.

    A handler that had nothing to do isn't there.
    """

    tries: Mapping[str, int]
    wait_p95_s: float | None = None
    run_p95_s: float | None = None


@dataclass(frozen=True, slots=True)
class StrangersNow:
    """What is due of handlers that this version doesn't know, and some of their names."""

    names: tuple[str, ...]
    waiting: Count
    oldest_s: float | None


@dataclass(frozen=True, slots=True)
class Failing:
    """A kind of failure that was met within a day."""

    fingerprint: str
    handler: str
    error: str
    first_at: datetime
    last_at: datetime
    version: str
    in_hour: int
    in_day: int


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """What waits to be told on a channel, and what came of the last ten minutes' notifications."""

    name: str
    due: Count
    oldest_s: float | None
    sending: Count
    unknown: Count
    told: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resting:
    """A service that isn't asked for a while, since when and for how long still, and why."""

    port: str
    reason: str
    since_s: float
    for_s: float


@dataclass(frozen=True, slots=True)
class InHandNow:
    """What a thread of a process has in hand, and for how many seconds."""

    what: str
    count: int
    for_s: float


@dataclass(frozen=True, slots=True)
class ProcessNow:
    """A process of ours."""

    name: str
    pid: int
    host: str
    version: str
    up_s: float
    last_seen_s: float
    memory_bytes: int
    metrics_at: str | None
    takes: tuple[str, ...]
    doing: tuple[InHandNow, ...]
    obeys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PauseNow:
    """A lane or a handler that somebody holds back, and how much is due of it meanwhile.

    `waiting` is None where it wasn't counted.
    """

    name: str
    since: datetime
    until: datetime
    actor: str
    why: str
    waiting: Count | None = None


@dataclass(frozen=True, slots=True)
class Deploy:
    """When another version of ours began to run."""

    at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class PromiseNow:
    """How something that people are promised was kept: of late, today, and over a month."""

    name: str
    objective: float
    hour_kept: int
    hour_broken: int
    today_kept: int
    today_broken: int
    month_kept: int
    month_broken: int

    @property
    def budget_used(self) -> float:
        """Which part of what may be broken in a month has been."""
        return _used(self.month_kept, self.month_broken, objective=self.objective)

    @property
    def burn(self) -> float:
        """How many times as fast as the budget lasts it was used in the last hour."""
        return _used(self.hour_kept, self.hour_broken, objective=self.objective)


def _used(kept: int, broken: int, *, objective: float) -> float:
    return broken / ((kept + broken) * (1.0 - objective)) if broken else 0.0


@dataclass(frozen=True, slots=True)
class ScheduleNow:
    """A schedule: how late it is, and how its newest run ended."""

    name: str
    late_s: float
    missed: int
    last_result: str | None
    is_drifted: bool
    paused_until: datetime | None
    paused_why: str | None


@dataclass(frozen=True, slots=True)
class SchedulerNow:
    """Who leads, if anybody, and every schedule."""

    leader_pid: int | None
    leader_host: str | None
    led_for_s: float | None
    clock_ahead_s: float | None
    schedules: tuple[ScheduleNow, ...]


@dataclass(frozen=True, slots=True)
class BrokerNow:
    """The broker: how fast it answers, its memory, and the bells that nobody has heard yet."""

    kind: str
    answer_s: float
    memory_bytes: int | None = None
    most_memory_bytes: int | None = None
    bells: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DatabaseNow:
    """Postgres: connections, of how many, and for how long the longest transaction has run."""

    connections: int
    most_connections: int
    longest_transaction_s: float
    outside_months: int


@dataclass(frozen=True, slots=True)
class InboxNow:
    """What providers told us that somebody has to look at, or that waits."""

    held: Count
    waiting: Count


@dataclass(frozen=True, slots=True)
class RefundsNow:
    """Money that must go back and hasn't: by state, and since when the oldest is on its way."""

    states: Mapping[str, Count]
    oldest_s: float | None


@dataclass(frozen=True, slots=True)
class AlertNow:
    """Something that is beyond its threshold: which, of what, how far, since when.

    It is `ringing` once that has held for as long as its threshold says.
    """

    name: str
    level: str
    labels: Mapping[str, str]
    value: float
    since: datetime
    ringing: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How everything stood; `unheard`: the parts of which whoever wrote it knew nothing."""

    at: datetime
    outbox: Part[Queue] = Part()
    lanes: Part[tuple[Lane, ...]] = Part()
    deliveries: Part[Mapping[str, Count]] = Part()
    failing: Part[tuple[Failing, ...]] = Part()
    channels: Part[tuple[ChannelNow, ...]] = Part()
    resting: Part[tuple[Resting, ...]] = Part()
    processes: Part[tuple[ProcessNow, ...]] = Part()
    scheduler: Part[SchedulerNow] = Part()
    chores: Part[Queue] = Part()
    inbox: Part[InboxNow] = Part()
    refunds: Part[RefundsNow] = Part()
    database: Part[DatabaseNow] = Part()
    broker: Part[BrokerNow] = Part()
    handlers: Part[Mapping[str, HandlerNow]] = Part()
    pauses: Part[tuple[PauseNow, ...]] = Part()
    strangers: Part[StrangersNow] = Part()
    deploys: Part[tuple[Deploy, ...]] = Part()
    promises: Part[tuple[PromiseNow, ...]] = Part()
    alerts: tuple[AlertNow, ...] = ()
    unheard: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def nothing(cls) -> "Snapshot":
        """Give one that knows nothing, to be shown before there ever was another."""
        return cls(datetime.min.replace(tzinfo=UTC))


_WHOLE: Final = ("at", "alerts", "unheard")
PARTS: Final = tuple(each.name for each in fields(Snapshot) if each.name not in _WHOLE)
# What came after the first snapshots that can be read: old ones lack it. Any other that is lacking
# isn't known.
LATER: Final = ("strangers", "deploys", "promises")
_ADAPTER: Final = TypeAdapter(Snapshot)


def to_json(snapshot: Snapshot) -> str:
    """Write a snapshot as it is kept."""
    return _ADAPTER.dump_json(snapshot).decode()


def from_json(data: Any, *, version: int) -> Snapshot | None:
    """Read a snapshot; None when another version wrote it in a way that this one can't read."""
    if version != VERSION:
        return None
    try:
        snapshot = _ADAPTER.validate_python(data)
    except ValidationError:
        return None
    return replace(snapshot, unheard=tuple(name for name in LATER if name not in data))
