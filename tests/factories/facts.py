"""Facts, stamps and an evening's times, for tests of rules that look nothing up."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.facts import Fact
from domain.payload import Stamp

INSTANT = timedelta(microseconds=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 6, 20, 18, tzinfo=UTC)
END = START + 3 * HOUR


def a_stamp(time: datetime = START, id_: str = "m", source: str = "/test") -> Stamp:
    """A place in the order; of two at one time the id decides."""
    return Stamp(time, id_, source)


def a_fact(kind: str, time: datetime, /, *, id_: str = "m", **data: Any) -> Fact:
    """Something that was said; `data` are the fields of its payload."""
    return Fact(kind, a_stamp(time, id_), data)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Facts as rules get them."""
    return sorted(facts, key=lambda fact: fact.stamp.order)


def a_stop(
    order: int = 1,
    *,
    starts: datetime = START,
    ends: datetime = END,
    place: str = "bar",
) -> dict[str, Any]:
    """A stop of an itinerary as it lies in a fact."""
    return {
        "location_id": place,
        "order": order,
        "title": "Stop",
        "start_time": starts.isoformat(),
        "end_time": ends.isoformat(),
    }
