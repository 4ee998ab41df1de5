"""Whether what is paused stands still: as far as every worker that lives has confirmed it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.figures.gauges import SEEN_S
from domain.figures.snapshot import ProcessNow
from domain.pausing import handlers_of, lane_of, mark_of


class Held(Protocol):
    """A pause, from the snapshot or from its table."""

    @property
    def name(self) -> str:
        """The lane or handler."""

    @property
    def since(self) -> datetime:
        """When it was said."""

    @property
    def until(self) -> datetime:
        """When it ends by itself."""

    @property
    def actor(self) -> str:
        """Whose decision it was."""

    @property
    def why(self) -> str:
        """What they said."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A pause, and how many of the workers that take its lane have confirmed it.

    None of both while it isn't known which workers live.
    """

    pause: Held
    lane: str | None
    confirmed: int | None
    workers: int | None

    @property
    def is_confirmed(self) -> bool:
        """Whether nothing of it is begun, or in hand, any more."""
        return self.workers is not None and self.confirmed == self.workers

    @property
    def words(self) -> str:
        """How far it has come."""
        if self.is_confirmed:
            return "paused"
        if self.workers is None:
            return "pausing: nobody knows which workers live"
        return f"pausing: {self.confirmed} of {self.workers} workers have confirmed"


def holdings(pauses: Iterable[Held], processes: Iterable[ProcessNow] | None) -> list[Holding]:
    """Judge pauses by what processes have said of themselves; those by nobody are confirmed."""
    listed = None if processes is None else list(processes)
    return [_holding(pause, listed) for pause in pauses]


def _holding(pause: Held, processes: list[ProcessNow] | None) -> Holding:
    """Count those too that fell silent, until they count as ended: they may be at work."""
    lane = lane_of(pause.name)
    if processes is None:
        return Holding(pause, lane, None, None)
    workers = [each for each in processes if each.name == "worker" and lane in each.takes]
    confirmed = sum(_has_confirmed(each, pause) for each in workers)
    return Holding(pause, lane, confirmed, len(workers))


def _has_confirmed(worker: ProcessNow, pause: Held) -> bool:
    """Whether it has seen this pause and has nothing of it in hand, which it said in one breath."""
    in_hand = {each.what for each in worker.doing}
    return (
        worker.last_seen_s < SEEN_S
        and mark_of(pause.name, pause.since) in worker.obeys
        and not in_hand & handlers_of(pause.name)
    )
