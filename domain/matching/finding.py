"""Who could be invited to an event, the most promising first: what the statements find, in pairs.

Two statements at most: where too few of the nearest fit, as in a small city or where hardly
anybody fits, everybody who fits is looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.constants import NEAREST
from domain.matching.occasion import Occasion, open_occasion
from domain.matching.rules import Liking, match_reason
from domain.matching.statements import BY_TASTE, EVERYBODY, FILTERS, LEFT_BY_FILTERS, SET_UP
from domain.sql import fetch, fetch_dicts


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be invited, and why; with whom, if they are to come as a duo."""

    user_id: str
    score: float
    match_reason: str
    duo_id: str | None = None
    partner_id: str | None = None


def candidates(session: Session, event_id: str, *, limit: int, now: datetime) -> list[Candidate]:
    """Give up to `limit` people who could be invited, best first, duos together.

    An event without a vector is matched without regard to taste. Raises UnknownEventError, or
    ClosedEventError for one to which nobody can be invited, or nobody any more.
    """
    return find(session, open_occasion(session, event_id, now=now), limit=limit, now=now)


def left_by_filters(session: Session, event_id: str, *, now: datetime) -> dict[str, int]:
    """Give how many people each filter leaves of those that the ones before it left.

    It looks at everybody. Raises as `candidates` does.
    """
    occasion = open_occasion(session, event_id, now=now)
    (counts,) = fetch(session, LEFT_BY_FILTERS, **occasion.parameters(now), now=now)
    return dict(zip(FILTERS, counts, strict=True))


def find(session: Session, occasion: Occasion, *, limit: int, now: datetime) -> list[Candidate]:
    """Give candidates for an event that was read and isn't closed."""
    asked = {
        **occasion.parameters(now),
        "now": now,
        "nearest": max(NEAREST, limit),
        "rows": limit,
    }
    fetch(session, SET_UP)
    if occasion.vector is not None:
        found = _fill(fetch_dicts(session, BY_TASTE, **asked), limit)
        if len(found) == limit:
            return found
    return _fill(fetch_dicts(session, EVERYBODY, **asked), limit)


def _fill(rows: Iterable[dict[str, Any]], limit: int) -> list[Candidate]:
    """Take rows in order as long as there is room; of a pair both or none."""
    filled: list[Candidate] = []
    for group in _groups(rows):
        if len(filled) + len(group) <= limit:
            filled += group
    return filled


def _groups(rows: Iterable[dict[str, Any]]) -> list[Sequence[Candidate]]:
    """Put pairs together, whose rows follow one another; half a pair at the end is left out."""
    groups: list[list[Candidate]] = []
    for row in rows:
        one = _candidate(row)
        if one.duo_id is not None and groups and groups[-1][0].duo_id == one.duo_id:
            groups[-1].append(one)
        else:
            groups.append([one])
    return [group for group in groups if group[0].duo_id is None or len(group) > 1]


def _candidate(row: dict[str, Any]) -> Candidate:
    reason = match_reason(
        Liking(
            shared_with_host=row["shared_with_host"],
            interest=row["interest"],
            interest_likeness=row["interest_likeness"],
            taste_likeness=row["likeness"],
            metres=row["metres"],
        )
    )
    return Candidate(row["user_id"], row["score"], reason, row["duo_id"], row["partner_id"])
