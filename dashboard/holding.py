"""Whether a pause has taken effect: it has once every worker that lives has confirmed it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from dashboard.snapshots import Latest
from domain.figures.gauges import SEEN_S
from domain.figures.snapshot import PauseNow, ProcessNow
from domain.pausing import handlers_of, lane_of, mark_of

# Of more pauses a page says how many there are.
SHOWN: Final = 3


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
        """How far the pause has come, as it is shown: pausing, or paused."""
        if self.is_confirmed:
            return "paused"
        if self.workers is None:
            return "pausing: nobody knows which workers live"
        return f"pausing: {self.confirmed} of {self.workers} workers have confirmed"


@dataclass(frozen=True, slots=True)
class Standing:
    """The pauses that every page tells of; none of them while it isn't known which there are."""

    is_known: bool
    pauses: tuple[PauseNow, ...] = ()
    more: int = 0

    @property
    def kinds(self) -> str:
        """Changes only when something else is held back, or nothing any more."""
        return " ".join(mark_of(each.name, each.since) for each in self.pauses)


def standing(latest: Latest, *, told: frozenset[str] = frozenset()) -> Standing:
    """Give the pauses of a snapshot but those that a page tells of by itself.

    What was known a while ago is not told: somebody may have ended it meanwhile.
    """
    snapshot = latest.snapshot
    if snapshot is None or latest.is_silent or latest.is_away or not snapshot.pauses.is_known:
        return Standing(is_known=False)
    now = snapshot.at + timedelta(seconds=latest.age_s)
    found = [each for each in snapshot.pauses.value or () if each.until > now]
    listed = [each for each in found if each.name not in told]
    return Standing(is_known=True, pauses=tuple(listed[:SHOWN]), more=max(0, len(listed) - SHOWN))


def holdings(pauses: Iterable[Held], processes: Iterable[ProcessNow] | None) -> list[Holding]:
    """Say of each pause how many of the workers that take its lane have confirmed it.

    One that no worker takes is confirmed; of none it is known while `processes` is None.
    """
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
