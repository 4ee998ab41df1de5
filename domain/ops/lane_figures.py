"""How a lane fared over a while: rates, waits and runs of each handler, and over time.

From the figures that processes have measured, never from the ledger.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlmodel import Session

from domain.figures import names
from domain.figures.buckets import COUNT, quantile
from domain.figures.deploys import deploys_since
from domain.figures.snapshot import Deploy
from domain.sql import fetch

BAD: Final = ("failed", "dead")


@dataclass(frozen=True, slots=True)
class Period:
    """How far back to look, and in what steps: those in which figures are kept."""

    name: str
    span: str
    step: timedelta
    steps: int


PERIODS: Final = {
    each.name: each
    for each in (
        Period("1h", "minute", timedelta(minutes=1), 60),
        Period("24h", "hour", timedelta(hours=1), 24),
        Period("7d", "hour", timedelta(hours=1), 168),
    )
}


@dataclass(slots=True)
class Fared:
    """How tries ended, and how long they had waited and ran: buckets of estimates."""

    outcomes: dict[str, int] = field(default_factory=dict)
    waits: list[int] = field(default_factory=lambda: [0] * COUNT)
    runs: list[int] = field(default_factory=lambda: [0] * COUNT)

    @property
    def tries(self) -> int:
        """How many there were."""
        return sum(self.outcomes.values())

    @property
    def failed(self) -> int:
        """How many of them raised, or were given up."""
        return sum(self.outcomes.get(state, 0) for state in BAD)

    def wait(self, part: float) -> float | None:
        """What such a part of them had waited for less than, in seconds; None of none."""
        return quantile(self.waits, part)

    def run(self, part: float) -> float | None:
        """What such a part of their batches ran for less than."""
        return quantile(self.runs, part)

    def add(self, name: str, state: str, *, count: int, buckets: list[int | None]) -> None:
        """Take a figure in: of tries how they ended, else in which buckets they lie."""
        if name == names.SETTLED.name:
            self.outcomes[state] = self.outcomes.get(state, 0) + count
            return
        heap = self.waits if name == names.WAIT.name else self.runs
        for place, number in enumerate(buckets):
            heap[place] += number or 0


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """A lane over a period: all of it, by handler, and by step, of which the last still runs.

    `deploys`: which versions began to run meanwhile. `until`: when this was read.
    """

    period: Period
    whole: Fared
    handlers: Mapping[str, Fared]
    points: list[tuple[datetime, Fared]]
    deploys: tuple[Deploy, ...]
    until: datetime

    def deploys_in(self, at: datetime) -> list[Deploy]:
        """Give the versions that began to run in the step that begins at a moment."""
        return [each for each in self.deploys if at <= each.at < at + self.period.step]


# By handler and by step in one go; of each bucket the sum. Sums of bigints would be numeric, and
# slow; a double holds these exactly.
_SUMS: Final = ", ".join(f"sum(buckets[{place}]::float8)" for place in range(1, COUNT + 1))
_ADDED: Final = f"""
SELECT name, at, labels[1], coalesce(labels[3], ''), sum(count)::bigint, ARRAY[{_SUMS}]::bigint[]
FROM figures
WHERE span = %(span)s AND name = ANY(%(names)s) AND at >= %(since)s AND labels[2] = %(lane)s
GROUP BY GROUPING SETS ((name, labels[1], labels[3]), (name, at, labels[3]))
"""


def lane_figures(session: Session, lane: str, *, period: Period, now: datetime) -> LaneFigures:
    """Add up what was measured of a lane. By the primary key: as many rows as there are figures.

    Hours are added up from minutes every few minutes, so the running one may lag that much.
    """
    running = _floor(now, period.step)
    since = running - period.step * (period.steps - 1)
    rows = fetch(
        session,
        _ADDED,
        span=period.span,
        names=[names.SETTLED.name, names.WAIT.name, names.RUN.name],
        since=since,
        lane=lane,
    )
    whole, handlers, points = _added(rows, period=period, since=since)
    ordered = sorted(handlers.items(), key=lambda item: (-item[1].failed, -item[1].tries, item[0]))
    marks = deploys_since(session, since)
    return LaneFigures(period, whole, dict(ordered), points, marks, now)


_Added = tuple[Fared, dict[str, Fared], list[tuple[datetime, Fared]]]


def _added(rows: Iterable[tuple[Any, ...]], *, period: Period, since: datetime) -> _Added:
    """Sort sums to their handlers and steps; each counts for both, and the whole is added once."""
    whole, handlers = Fared(), dict[str, Fared]()
    points = [(since + period.step * place, Fared()) for place in range(period.steps)]
    for name, at, handler, state, count, buckets in rows:
        if at is None:
            fared = [whole, handlers.setdefault(handler, Fared())]
        else:
            # What was written since this began belongs to a step that isn't shown yet.
            place = int((at - since) / period.step)
            fared = [points[place][1]] if place < len(points) else []
        for each in fared:
            each.add(name, state, count=count, buckets=buckets)
    return whole, handlers, points


def _floor(moment: datetime, step: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (moment - epoch) // step * step
