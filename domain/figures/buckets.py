"""The buckets of every histogram. They never change: days and versions must add up."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

# Upper bounds in seconds, each inclusive; what is longer than the last has a bucket of its own.
BOUNDS_S: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0),
    *(1_800.0, 3_600.0, 7_200.0, 21_600.0),
)
COUNT: Final = len(BOUNDS_S) + 1


def bucket_of(seconds: float) -> int:
    """Say into which bucket a duration falls."""
    return bisect_left(BOUNDS_S, seconds)


def quantile(buckets: Sequence[int], part: float) -> float | None:
    """Estimate a quantile in seconds, evenly within its bucket; None when nothing was measured.

    What lies beyond the last bound is given as that bound: at least so long.
    """
    total = sum(buckets)
    if total == 0:
        return None
    rank = part * total
    place, upto = next(
        (place, upto) for place, upto in enumerate(accumulate(buckets)) if upto >= rank and upto
    )
    if place == len(BOUNDS_S):
        return BOUNDS_S[-1]
    lower = BOUNDS_S[place - 1] if place else 0.0
    inside = (rank - (upto - buckets[place])) / buckets[place]
    return lower + (BOUNDS_S[place] - lower) * max(0.0, inside)
