"""What candidates for an event are judged by: its time, place, price and the company it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from domain.matching.rules import birth_dates, days_left, local_start, price_level
from domain.sql import fetch_dicts
from domain.tables.gatherings import EventStatus

# The distinct time zones are found by leaps through an index, not by reading everybody.
_ASK = """
WITH RECURSIVE leap (zone) AS (
    (SELECT timezone FROM users ORDER BY timezone LIMIT 1)
    UNION ALL
    SELECT (SELECT timezone FROM users WHERE timezone > leap.zone ORDER BY timezone LIMIT 1)
    FROM leap WHERE leap.zone IS NOT NULL
)
SELECT events.id, events.host_id, events.title, events.status, events.starts_at, events.ends_at,
    events.age_min, events.age_max, events.confirmation_fee, events.estimated_event_cost,
    events.event_vector::text AS vector, spot.latitude, spot.longitude,
    ARRAY(SELECT zone FROM leap WHERE zone IS NOT NULL) AS zones
FROM events
LEFT JOIN LATERAL (
    SELECT location_id FROM event_itinerary_stops AS stop
    WHERE stop.event_id = events.id ORDER BY stop."order" LIMIT 1
) AS first_stop ON true
LEFT JOIN locations AS spot ON spot.id = first_stop.location_id
WHERE events.id = %(event)s
"""


# Why nobody can be invited, by how an event stands.
_CLOSED: Final = {
    EventStatus.DRAFT: "it is a draft",
    EventStatus.COMPLETED: "it is over",
    EventStatus.CANCELLED: "it is cancelled",
    EventStatus.CANCELLED_BY_HOST: "its host has cancelled it",
}


class UnknownEventError(LookupError):
    """There is no such event, or none any more."""


class ClosedEventError(Exception):
    """Nobody can be invited to an event, or nobody any more; `why` says it in words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event as candidates for it are judged; `zones` are those in which people live."""

    id: str
    host_id: str
    title: str
    status: str
    starts_at: datetime | None
    ends_at: datetime | None
    age_min: int | None
    age_max: int | None
    confirmation_fee: int
    estimated_event_cost: dict[str, Any] | None
    vector: str | None
    latitude: float | None
    longitude: float | None
    zones: Sequence[str]

    def closed(self, now: datetime) -> str | None:
        """Say why nobody can be proposed, or nobody any more, if so."""
        if self.status in _CLOSED:
            return _CLOSED[EventStatus(self.status)]
        if self.starts_at is None:
            return "it has no schedule"
        return "it has started" if self.starts_at <= now else None

    def parameters(self, now: datetime) -> dict[str, Any]:
        """Give what the statements about candidates ask of the event; it must not be closed."""
        assert self.starts_at is not None
        born = birth_dates(self.starts_at, age_min=self.age_min, age_max=self.age_max)
        starts = [local_start(self.starts_at, zone) for zone in self.zones]
        return {
            "event": self.id,
            "vector": self.vector,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "born_until": born.until,
            "born_after": born.after,
            "days_left": days_left(self.starts_at, now),
            "price": price_level(self.estimated_event_cost, self.confirmation_fee),
            "latitude": self.latitude,
            "longitude": self.longitude,
            "zones": [each.zone for each in starts],
            "weekdays": [each.weekday for each in starts],
            "parts": [each.part for each in starts],
        }


def read_occasion(session: Session, event_id: str) -> Occasion | None:
    """Read an event, whether or not it is closed; None if there is none."""
    rows = fetch_dicts(session, _ASK, event=event_id)
    return Occasion(**rows[0]) if rows else None


def open_occasion(session: Session, event_id: str, *, now: datetime) -> Occasion:
    """Read an event that can be matched; raises UnknownEventError or ClosedEventError."""
    occasion = read_occasion(session, event_id)
    if occasion is None:
        message = f"there is no event {event_id}"
        raise UnknownEventError(message)
    why = occasion.closed(now)
    if why is not None:
        raise ClosedEventError(why)
    return occasion
