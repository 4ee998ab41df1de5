"""Numbers with names from a snapshot: what thresholds judge, and Prometheus shows.

The dashboard's verdict and the alert rules read the same ones, so that they can't disagree. A part
that failed gives no numbers at all: what isn't known is never shown as well.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

from domain.figures.snapshot import PARTS, Snapshot
from domain.lanes import LANES
from domain.payments.refund_log import BAD

# What the parts say is trusted for so long; then nobody knows.
SILENT: Final = timedelta(seconds=15)
# What must run, if anything is to happen.
PROCESSES: Final = ("relay", "worker", "scheduler", "sender", "gateway", "dashboard")
# Of fewer tries nothing is said in parts.
FEW: Final = 20


class Gauge(NamedTuple):
    """A number, by a name and the values of labels."""

    name: str
    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """What a gauge means, its labels, the part of the snapshot that it is of, and how it is got."""

    name: str
    part: str
    sentence: str
    labels: tuple[str, ...]
    read: Callable[[Any], Iterator[tuple[float, tuple[str, ...]]]]


_Values = Iterator[tuple[float, tuple[str, ...]]]


def _queue(value: Any) -> _Values:
    yield value.waiting.number, ()


def _oldest(value: Any) -> _Values:
    yield value.oldest_s or 0.0, ()


def _failed(lanes: Any) -> _Values:
    for lane in lanes:
        tries = sum(lane.tries.values())
        bad = sum(lane.tries.get(state, 0) for state in ("failed", "dead"))
        yield (bad / tries if tries >= FEW else 0.0), (lane.name,)


def _takers(processes: Any) -> _Values:
    for lane in LANES:
        takers = [each for each in processes if lane in each.takes and not each.is_silent]
        yield len(takers), (lane,)


def _running(processes: Any) -> _Values:
    for name in PROCESSES:
        alive = [each for each in processes if each.name == name and not each.is_silent]
        yield len(alive), (name,)


def _silent(processes: Any) -> _Values:
    for name in PROCESSES:
        found = [each for each in processes if each.name == name and each.is_silent]
        yield len(found), (name,)


def _memory(processes: Any) -> _Values:
    for name in PROCESSES:
        found = [each for each in processes if each.name == name and not each.is_gone]
        if found:
            yield max(each.memory_bytes for each in found), (name,)


def _busy(processes: Any) -> _Values:
    for name in PROCESSES:
        found = [each for each in processes if each.name == name and not each.is_gone]
        held = [hand.for_s for each in found for hand in each.doing]
        yield max(held, default=0.0), (name,)


def _of(field: str) -> Callable[[Any], _Values]:
    def read(value: Any) -> _Values:
        found = getattr(value, field)
        if found is not None:
            yield float(found), ()

    return read


def _each(field: str) -> Callable[[Any], _Values]:
    """Give a field of each of several things with names; what there is none of is left out."""

    def read(values: Any) -> _Values:
        for each in values:
            found = getattr(each, field)
            if found is not None:
                yield float(getattr(found, "number", found)), (each.name,)

    return read


def _ages(values: Any) -> _Values:
    for each in values:
        yield each.oldest_s or 0.0, (each.name,)


def _states(counts: Any) -> _Values:
    for state, count in counts.items():
        yield count.number, (state,)


def _schedules(holds: Callable[[Any], bool]) -> Callable[[Any], _Values]:
    def read(scheduler: Any) -> _Values:
        yield sum(holds(each) for each in scheduler.schedules), ()

    return read


def _leads(scheduler: Any) -> _Values:
    yield float(scheduler.leader_pid is not None), ()


def _latest(scheduler: Any) -> _Values:
    yield max((each.late_s for each in scheduler.schedules), default=0.0), ()


def _ahead(scheduler: Any) -> _Values:
    if scheduler.clock_ahead_s is not None:
        yield abs(scheduler.clock_ahead_s), ()


def _rests(resting: Any) -> _Values:
    for each in resting:
        yield each.since_s, (each.port,)


def _held_back(pauses: Any) -> _Values:
    yield len(pauses), ()


def _full(broker: Any) -> _Values:
    if broker.memory_bytes is not None and broker.most_memory_bytes:
        yield broker.memory_bytes / broker.most_memory_bytes, ()


def _connections(database: Any) -> _Values:
    yield database.connections / database.most_connections, ()


def _held(inbox: Any) -> _Values:
    yield inbox.held.number, ()


def _refunds(refunds: Any) -> _Values:
    for state, count in refunds.states.items():
        yield count.number, (state,)


def _in_vain(refunds: Any) -> _Values:
    yield sum(refunds.states[state].number for state in BAD if state in refunds.states), ()


def _kept(promises: Any) -> _Values:
    for each in promises:
        told = each.hour_kept + each.hour_broken
        if told:
            yield each.hour_kept / told, (each.name,)


def _budget(promises: Any) -> _Values:
    for each in promises:
        yield each.budget_used, (each.name,)


def _burn(promises: Any) -> _Values:
    for each in promises:
        told = each.hour_kept + each.hour_broken
        yield (each.burn if told >= FEW else 0.0), (each.name,)


_L, _C, _P = ("lane",), ("channel",), ("promise",)
SOURCES: Final = (
    Source("outbox_waiting", "outbox", "Domain events that nobody has routed.", (), _queue),
    Source("outbox_oldest_seconds", "outbox", "For how long the oldest.", (), _oldest),
    Source("lane_due", "lanes", "Deliveries that are due.", _L, _each("queued")),
    Source(
        "lane_oldest_seconds",
        "lanes",
        "For how long the oldest was due, of what isn't paused.",
        _L,
        _ages,
    ),
    Source("lane_failing_ratio", "lanes", "The part of the tries that failed lately.", _L, _failed),
    Source(
        "strangers_due",
        "strangers",
        "Deliveries that are due of handlers that this version doesn't know.",
        (),
        _queue,
    ),
    Source("strangers_oldest_seconds", "strangers", "For how long the oldest.", (), _oldest),
    Source("deliveries", "deliveries", "Deliveries by state.", ("state",), _states),
    Source("channel_due", "channels", "Notifications that are due.", _C, _each("due")),
    Source("channel_oldest_seconds", "channels", "For how long the oldest was due.", _C, _ages),
    Source("channel_unknown", "channels", "Sent, or not: nobody knows.", _C, _each("unknown")),
    Source("resting_seconds", "resting", "Since when a service rests.", ("port",), _rests),
    Source("processes", "processes", "Processes that were seen lately.", ("process",), _running),
    Source(
        "processes_silent",
        "processes",
        "Processes that fell silent without a word, and that are missed still.",
        ("process",),
        _silent,
    ),
    Source("lane_takers", "processes", "Workers that take a lane.", _L, _takers),
    Source("memory_bytes", "processes", "Memory of the largest process.", ("process",), _memory),
    Source("in_hand_seconds", "processes", "What is longest in hand.", ("process",), _busy),
    Source("scheduler_leads", "scheduler", "Whether a scheduler leads.", (), _leads),
    Source("clock_apart_seconds", "scheduler", "How far clocks lie apart.", (), _ahead),
    Source("schedule_late_seconds", "scheduler", "How late the latest schedule is.", (), _latest),
    Source(
        "schedules_failing",
        "scheduler",
        "Schedules whose newest run failed.",
        (),
        _schedules(lambda each: each.last_result == "failed"),
    ),
    Source(
        "schedules_drifted",
        "scheduler",
        "Schedules that found drift.",
        (),
        _schedules(lambda each: each.is_drifted),
    ),
    Source(
        "schedules_paused",
        "scheduler",
        "Schedules that are paused.",
        (),
        _schedules(lambda each: each.paused_until is not None),
    ),
    Source("chores_oldest_seconds", "chores", "The oldest that is to be made.", (), _oldest),
    Source("pauses", "pauses", "Lanes and handlers that are held back.", (), _held_back),
    Source("promise_kept_ratio", "promises", "The part kept in the last hour.", _P, _kept),
    Source("promise_budget_ratio", "promises", "The part of 30 days' budget used.", _P, _budget),
    Source("promise_burn", "promises", "How much faster than it lasts it is used.", _P, _burn),
    Source("inbox_held", "inbox", "What somebody has to look at.", (), _held),
    Source("refunds", "refunds", "Money that is to go back.", ("state",), _refunds),
    Source("refunds_in_vain", "refunds", "Refunds that came to nothing.", (), _in_vain),
    Source("refunds_oldest_seconds", "refunds", "Since when the oldest waits.", (), _oldest),
    Source("outside_months", "database", "Outside all months.", (), _of("outside_months")),
    Source("connections_ratio", "database", "The part of connections in use.", (), _connections),
    Source(
        "longest_transaction_seconds",
        "database",
        "For how long the longest transaction has run.",
        (),
        _of("longest_transaction_s"),
    ),
    Source("broker_answer_seconds", "broker", "How fast the broker answers.", (), _of("answer_s")),
    Source("broker_memory_ratio", "broker", "How full the broker is.", (), _full),
)
# Two that are of the snapshot as a whole.
AGE: Final = "snapshot_age_seconds"
PART_FAILED: Final = "part_failed"


_PARTS: Final = {source.name: source.part for source in SOURCES}


def part_of(gauge: str) -> str | None:
    """Name the part that a gauge is of; None for those of the snapshot as a whole."""
    return _PARTS.get(gauge)


def gauges(snapshot: Snapshot) -> Iterator[Gauge]:
    """Give all numbers of a snapshot; of a part that could not be read, that alone."""
    for name in PARTS:
        part = getattr(snapshot, name)
        yield Gauge(PART_FAILED, float(part.trouble is not None), {"part": name})
    for source in SOURCES:
        part = getattr(snapshot, source.part)
        if part.trouble is None and part.value is not None:
            for value, labels in source.read(part.value):
                yield Gauge(source.name, value, dict(zip(source.labels, labels, strict=True)))
