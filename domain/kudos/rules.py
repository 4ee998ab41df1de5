"""Which kudos count, and what a giver's kudos are worth. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.constants import AFTERWARDS_WINDOW, GRATITUDE_UNIT_BITS
from domain.verdict import Rejected

_TWO = 2 << GRATITUDE_UNIT_BITS


class Occasion(NamedTuple):
    """What kudos at an event are judged by."""

    starts_at: datetime
    ends_at: datetime
    cancelled: bool


class Standing(NamedTuple):
    """What became of kudos: the time that stands, and why it doesn't count (None: it does)."""

    given_at: datetime
    why_not: str | None

    @property
    def counts(self) -> bool:
        """Say whether it counts."""
        return self.why_not is None


def judge_kudos(giver: object, receiver: object) -> Rejected | None:
    """Refuse kudos to oneself."""
    return Rejected("self", "nobody gives kudos to themselves") if giver == receiver else None


def settle_kudos(
    times: Sequence[datetime],
    occasion: Occasion,
    *,
    both_took_part: bool,
    blocked: Collection[datetime] = (),
) -> Standing:
    """Decide which of the times stands, and whether it counts.

    The earliest in the window stands, from the start to 14 days after the end; if none, the
    earliest. `blocked` are those times at which a block stood between the two: where kudos count
    but for that, the earliest of the others takes their place.
    """
    closes = occasion.ends_at + AFTERWARDS_WINDOW
    inside = [time for time in times if occasion.starts_at <= time <= closes]
    if occasion.cancelled:
        return Standing(min(inside or times), "event_cancelled")
    if not inside:
        return Standing(min(times), "outside_window")
    if not both_took_part:
        return Standing(min(inside), "not_attended")
    free = [time for time in inside if time not in blocked] if blocked else inside
    return Standing(min(free), None) if free else Standing(min(inside), "blocked")


def gratitude(count: int) -> int:
    """Give what `count` kudos of one giver to one person are worth, in units of 2**-40.

    It is 2 - 2**(1 - n): each further one is worth half the one before. As a whole number it adds
    up exactly in any order; from the 41st on the difference is below a unit.
    """
    return _TWO - (_TWO >> min(count, GRATITUDE_UNIT_BITS + 1))


def moved_counts(counted: Mapping[str, int], differences: Mapping[str, int]) -> dict[str, int]:
    """Add differences to the counts of each kudo; one at zero is absent."""
    moved = {
        kudo: counted.get(kudo, 0) + differences.get(kudo, 0) for kudo in {*counted, *differences}
    }
    return {kudo: count for kudo, count in sorted(moved.items()) if count}
