"""Which rating stands, whether it counts, and what an event's summary says. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from domain.constants import (
    AFTERWARDS_WINDOW,
    COMMENT_LIMIT_CHARACTERS,
    FEWEST_COMMENTS,
    MOST_COMMENTS,
)
from domain.facts import Fact


@dataclass(frozen=True, slots=True)
class Window:
    """When an event may be rated: from its start to 14 days after its end."""

    starts_at: datetime
    ends_at: datetime
    cancelled: bool

    def holds(self, time: datetime) -> bool:
        """Say whether a moment lies inside; both ends do."""
        return self.starts_at <= time <= self.ends_at + AFTERWARDS_WINDOW


@dataclass(frozen=True, slots=True)
class Standing:
    """The rating of one person that stands, and why it doesn't count (None: it does)."""

    fact: Fact
    why_not: str | None


def settle_rating(
    facts: Sequence[Fact], window: Window, *, took_part: bool, leads: bool
) -> Standing:
    """Choose among a person's ratings of an event, given in order.

    The newest in the window stands; if none, the newest. It counts while the rater took part and
    is neither host nor co-host.
    """
    inside = [fact for fact in facts if window.holds(fact.stamp.time)]
    if not inside:
        return Standing(facts[-1], "outside_window")
    if window.cancelled:
        return Standing(inside[-1], "event_cancelled")
    if leads:
        return Standing(inside[-1], "host")
    return Standing(inside[-1], None if took_part else "not_attended")


@dataclass(frozen=True, slots=True)
class Tally:
    """The counting ratings of an event, as sums of whole stars."""

    count: int = 0
    host_sum: int = 0
    event_sum: int = 0


def tally(counting: Sequence[Standing]) -> Tally:
    """Add up ratings that count."""
    return Tally(
        len(counting),
        sum(each.fact.data["host_rating_value"] for each in counting),
        sum(each.fact.data["event_rating_value"] for each in counting),
    )


def summarise(tallied: Tally, headcount: int, feedback: str | None) -> dict[str, Any]:
    """Give an event's summary: averages are null when nobody rated."""
    count = tallied.count
    return {
        "final_headcount": headcount,
        "host_rating_avg": tallied.host_sum / count if count else None,
        "event_rating_avg": tallied.event_sum / count if count else None,
        "rating_count": count,
        "feedback_summary_ai": feedback,
    }


def chosen_comments(comments: Iterable[str | None]) -> list[str]:
    """Choose the comments that are summed up: trimmed, sorted, without who wrote them.

    One without a letter or a digit has no word that could be quoted. Of very many a part that
    depends on nothing but the comments themselves.
    """
    trimmed = [each.strip()[:COMMENT_LIMIT_CHARACTERS] for each in comments if each]
    told = [each for each in trimmed if any(map(str.isalnum, each))]
    return sorted(sorted(told, key=_digest)[:MOST_COMMENTS])


def comments_hash(chosen: Sequence[str]) -> str:
    """Name chosen comments by their hash."""
    return _digest(json.dumps(chosen))


def wanted_summary(counting: Sequence[Standing], *, completed: bool) -> str | None:
    """Give the hash of the comments to be summed up; None where there is nothing to sum up."""
    chosen = chosen_comments(each.fact.data.get("comment") for each in counting)
    return comments_hash(chosen) if completed and len(chosen) >= FEWEST_COMMENTS else None


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
