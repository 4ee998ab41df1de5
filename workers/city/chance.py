"""Chance from a seed: the same seed draws the same city, ids included."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

MILLISECOND = timedelta(milliseconds=1)


class Chance:
    """One stream of draws; whoever draws in the same order gets the same."""

    def __init__(self, seed: str) -> None:
        # Nothing here is secret, and a city must come out the same again.
        self._random = Random(seed)  # noqa: S311

    def id(self) -> str:
        """Draw a UUID."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def happens(self, probability: float) -> bool:
        """Say whether something of this probability happens."""
        return self._random.random() < probability

    def one(self, among: Sequence[T]) -> T:
        """Draw one."""
        return self._random.choice(among)

    def by(self, odds: Mapping[T, float]) -> T:
        """Draw one by its share of all shares."""
        (drawn,) = self._random.choices(list(odds), list(odds.values()))
        return drawn

    def some(self, among: Sequence[T], count: int) -> list[T]:
        """Draw several different ones: `count`, or all there are."""
        return self._random.sample(among, min(count, len(among)))

    def each(self, among: Sequence[T], probability: float) -> list[T]:
        """Draw those to whom something of this probability happens."""
        return [one for one in among if self.happens(probability)]

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return self._random.randint(low, high)

    def about(self, middle: float, spread: float) -> float:
        """Draw a number at most `spread` away from the middle."""
        return middle + self._random.uniform(-spread, spread)

    def between(self, low: timedelta, high: timedelta) -> timedelta:
        """Draw a duration, to the millisecond."""
        return low + self._random.randint(0, (high - low) // MILLISECOND) * MILLISECOND

    def hours(self, low: float, high: float) -> timedelta:
        """Draw a duration given in hours."""
        return self.between(timedelta(hours=low), timedelta(hours=high))

    def days(self, low: float, high: float) -> timedelta:
        """Draw a duration given in days."""
        return self.between(timedelta(days=low), timedelta(days=high))
