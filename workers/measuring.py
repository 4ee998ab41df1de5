"""What a process measures of its own work, in memory: a few microseconds a batch.

One `Measures` a process. What a batch did is taken from its report; nothing is asked for it.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.catalogue import HANDLERS, Handler
from domain.deliveries import Claimed
from domain.dispatch import Report
from domain.figures import names
from domain.figures.failures import Failures
from domain.figures.recorder import Recorder
from domain.fingerprint import KILLED, fingerprint_of, fingerprint_of_wait
from domain.verdict import GivenUp, in_vain
from workers.clock import utc_now

# Of a larger batch so many are looked at, each of which stands for its neighbours: they come in
# the order in which they became due.
SAMPLES: Final = 32


@dataclass(frozen=True, slots=True)
class Doing:
    """What a thread has in hand: in words of the code, of how many things, and since when."""

    what: str
    count: int
    since: datetime


class Busy:
    """What the threads of a process have in hand just now."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._doing: dict[int, Doing] = {}

    @contextmanager
    def with_(self, what: str, count: int = 1) -> Iterator[None]:
        """Be busy with something."""
        thread = threading.get_ident()
        self._doing[thread] = Doing(what, count, utc_now())
        try:
            yield
        finally:
            self._doing.pop(thread, None)

    def now(self) -> list[Doing]:
        """Give what is in hand, longest first."""
        doing = list(self._doing.values())
        return sorted(doing, key=lambda each: each.since)


@dataclass(frozen=True, slots=True)
class Measures:
    """What a process has measured, which failures it has met, and what it has in hand."""

    recorder: Recorder = field(default_factory=Recorder)
    failures: Failures = field(default_factory=Failures)
    busy: Busy = field(default_factory=Busy)

    def applied(self, handler: Handler, report: Report, *, began: datetime, took_s: float) -> None:
        """Note a batch."""
        name, lane = handler.name, handler.lane
        for state, count in report.outcomes.items():
            self.recorder.count(names.SETTLED, name, lane, state, by=count)
        if not report.errors and "suspected" not in report.outcomes:
            self.recorder.observe(names.RUN, name, lane, seconds=took_s)
        for seconds, times in _waits(report.deliveries, began):
            self.recorder.observe(names.WAIT, name, lane, seconds=seconds, times=times)
        for kind, count in kinds_of(report).items():
            self.failures.add(name, kind, by=count)

    def routed(self, count: int, oldest: datetime | None, *, now: datetime) -> None:
        """Note a portion of the outbox."""
        if count and oldest is not None:
            self.recorder.count(names.ROUTED, by=count)
            waited = (now - oldest).total_seconds()
            self.recorder.observe(names.OUTBOX_LAG, seconds=waited)

    def ran(self, schedule: str, result: str, *, took_s: float) -> None:
        """Note a run of a schedule."""
        self.recorder.count(names.RUNS, schedule, result)
        self.recorder.observe(names.RUN_TIME, schedule, seconds=took_s)

    def notified(self, changes: Mapping[tuple[str, str], int]) -> None:
        """Note what has become of notifications: how many of a channel, by their new status."""
        for (channel, status), count in changes.items():
            self.recorder.count(names.NOTIFIED, channel, status, by=count)

    def asked_provider(self, channel: str, *, took_s: float) -> None:
        """Note a request to a provider."""
        self.recorder.observe(names.ASKED_PROVIDER, channel, seconds=took_s)

    def handed_over(self, channel: str, waited_s: Iterable[float]) -> None:
        """Note for how long people had waited for what a provider has just taken."""
        for seconds in waited_s:
            self.recorder.observe(names.HANDED_OVER, channel, seconds=seconds)

    def interrupted(self, deaths: Mapping[tuple[str, bool], int]) -> None:
        """Note what was in hand of connections that ended: by handler, and whether it is dead."""
        for (name, is_dead), count in deaths.items():
            self.recorder.count(names.INTERRUPTED, name, by=count)
            self.failures.add(name, KILLED, by=count)
            if is_dead and (handler := HANDLERS.get(name)):
                self.recorder.count(names.SETTLED, name, handler.lane, "dead", by=count)


def kinds_of(report: Report) -> Counter[str]:
    """Count what failed in a batch by the kind of its error, or of what it awaited in vain."""
    kinds = Counter(map(fingerprint_of, report.errors))
    if "dead" in report.outcomes:
        verdicts = report.verdicts.values()
        given_up = (each for each in verdicts if isinstance(each, GivenUp))
        kinds.update(fingerprint_of_wait(in_vain(each.awaits)) for each in given_up)
    return kinds


def _waits(deliveries: Sequence[Claimed], began: datetime) -> Iterator[tuple[float, int]]:
    """Give how long deliveries had waited, and how many so long; of retries nothing."""
    step = max(1, -(-len(deliveries) // SAMPLES))
    for place in range(0, len(deliveries), step):
        each = deliveries[place]
        if each.attempts == 0 and each.deaths == 0:
            since = each.woken_at or each.received_at
            yield (began - since).total_seconds(), min(step, len(deliveries) - place)


# The measures of this process.
MEASURES: Final = Measures()
