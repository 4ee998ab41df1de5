"""What a person should know first, in one sentence; decided from numbers alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dashboard.standing import Queue, Standing
from dashboard.words import count, duration, listed
from workers.commands.status import LATE_S


class Tone(StrEnum):
    """How much of an alarm it is."""

    QUIET = "quiet"
    BUSY = "busy"
    LATE = "late"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: `kind` stays the same while its numbers change; `hint` says what to do."""

    kind: str
    tone: Tone
    statement: str
    hint: str

    @property
    def sentence(self) -> str:
        """The statement, as a sentence begins."""
        return self.statement[0].upper() + self.statement[1:]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding that matters most, and the others."""

    first: Finding
    others: tuple[Finding, ...] = ()

    @property
    def kinds(self) -> str:
        """Changes only when something new is to be said."""
        return " ".join(finding.kind for finding in (self.first, *self.others))


def judge_standing(standing: Standing) -> Verdict:
    """Say how everything stands."""
    first, *others = [*_alarms(standing)] or [_calm(standing)]
    return Verdict(first, tuple(others))


def _alarms(standing: Standing) -> Iterator[Finding]:
    """What needs somebody, the worst first."""
    if dead := standing.deliveries["dead"]:
        statement = f"{count(dead, 'delivery is', 'deliveries are')} dead"
        hint = "Nobody tries them any more. Find out why below, then retry or discard them."
        yield Finding("dead", Tone.BAD, statement, hint)
    if (seconds := standing.outbox.oldest_s or 0) > LATE_S:
        statement = f"the outbox hasn't been routed for {duration(seconds)}"
        hint = "Nothing is lost, but nobody hears of it: see whether the relay runs."
        yield Finding("outbox", Tone.BAD, statement, hint)
    yield from _missing_workers(standing)
    yield from _late_lanes(standing)
    if failed := standing.deliveries["failed"]:
        statement = f"{count(failed, 'delivery has', 'deliveries have')} failed"
        yield Finding("failed", Tone.LATE, statement, "What has failed is tried again by itself.")


def _missing_workers(standing: Standing) -> Iterator[Finding]:
    if not standing.at_work:
        hint = "What is published will wait until one is started: momento up worker."
        yield Finding("no_worker", Tone.BAD, "no worker is at work", hint)
        return
    taken = {lane for worker in standing.at_work for lane in worker.lanes}
    if alone := [lane.name for lane in standing.lanes if lane.waiting and lane.name not in taken]:
        statement = f"no worker takes {_lanes(alone)}"
        yield Finding("no_taker", Tone.BAD, statement, "Start a worker for it.")


def _late_lanes(standing: Standing) -> Iterator[Finding]:
    if late := [lane for lane in standing.lanes if _is_late(lane)]:
        oldest = max(lane.oldest_s or 0 for lane in late)
        statement = f"{_lanes([lane.name for lane in late])} is late by {duration(oldest)}"
        if len(late) > 1:
            statement = statement.replace(" is late", " are late")
        hint = "The workers don't keep up. If it stays so, add some; nothing is lost."
        yield Finding("late", Tone.LATE, statement, hint)


def _calm(standing: Standing) -> Finding:
    """What to say when nobody is needed."""
    due = sum(lane.waiting for lane in standing.lanes)
    if due or standing.outbox.waiting:
        waiting = [
            count(standing.outbox.waiting, "domain event", "domain events") + " to route",
            count(due, "delivery", "deliveries") + " to apply",
        ]
        return Finding("busy", Tone.BUSY, f"at work: {listed(waiting)}", "Nothing is late.")
    deferred = standing.deliveries["deferred"]
    waits = count(deferred, "delivery waits", "deliveries wait")
    hint = f"{waits} for something still to come." if deferred else "Nothing waits."
    return Finding("quiet", Tone.QUIET, "all quiet", hint)


def _is_late(lane: Queue) -> bool:
    return (lane.oldest_s or 0) > LATE_S


def _lanes(names: list[str]) -> str:
    return f"{'lane' if len(names) == 1 else 'lanes'} {listed(names)}"
