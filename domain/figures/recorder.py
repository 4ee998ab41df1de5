"""Adds figures up in memory: what a process has measured since it started.

Nothing here waits or writes: a batch costs it microseconds. `workers/reporting.py` writes what was
added since the last time, and `/metrics` shows the totals.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from domain.figures.buckets import COUNT, bucket_of
from domain.figures.names import Metric


class Key(NamedTuple):
    """A figure by its name and the values of its labels, in the order that it names them."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, seconds in all, and of a histogram how many in each bucket."""

    count: int = 0
    total_s: float = 0.0
    buckets: tuple[int, ...] | None = None

    def minus(self, other: "Tally | None") -> "Tally":
        """Give what was added since `other`, an earlier look at the same figure."""
        if other is None:
            return self
        buckets = self.buckets
        if buckets is not None and other.buckets is not None:
            buckets = tuple(now - then for now, then in zip(buckets, other.buckets, strict=True))
        return Tally(self.count - other.count, self.total_s - other.total_s, buckets)


Tallies = Mapping[Key, Tally]


class _Sum:
    """A tally that grows."""

    __slots__ = ("buckets", "count", "total_s")

    def __init__(self, *, has_buckets: bool) -> None:
        self.count = 0
        self.total_s = 0.0
        self.buckets = [0] * COUNT if has_buckets else None


class Recorder:
    """What one process has measured. For any number of threads."""

    def __init__(self) -> None:
        """Nothing was measured yet."""
        self._lock = threading.Lock()
        self._sums: dict[Key, _Sum] = {}

    def count(self, metric: Metric, *values: str, by: int = 1) -> None:
        """Count something; `values` are those of the labels, in their order."""
        with self._lock:
            self._sum(metric, values, has_buckets=False).count += by

    def observe(self, metric: Metric, *values: str, seconds: float, times: int = 1) -> None:
        """Note how long something took. What seems to have taken less than nothing took nothing."""
        seconds = max(seconds, 0.0)
        place = bucket_of(seconds)
        with self._lock:
            found = self._sum(metric, values, has_buckets=True)
            found.count += times
            found.total_s += seconds * times
            assert found.buckets is not None
            found.buckets[place] += times

    def totals(self) -> dict[Key, Tally]:
        """Give all that was measured since the process started."""
        with self._lock:
            return {
                key: Tally(
                    each.count, each.total_s, None if each.buckets is None else tuple(each.buckets)
                )
                for key, each in self._sums.items()
            }

    def _sum(self, metric: Metric, values: tuple[str, ...], *, has_buckets: bool) -> _Sum:
        key = Key(metric.name, values)
        found = self._sums.get(key)
        if found is None:
            assert len(values) == len(metric.labels), metric
            found = self._sums[key] = _Sum(has_buckets=has_buckets)
        return found


def added(now: Tallies, before: Tallies) -> dict[Key, Tally]:
    """Give what was added between two looks at a recorder; nothing of what stood still."""
    changes = {key: tally.minus(before.get(key)) for key, tally in now.items()}
    return {key: change for key, change in changes.items() if change.count}
