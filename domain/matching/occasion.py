"""What candidates for an event are judged by: its time, place, price and the company it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.matching.rules import (
    BirthDates,
    LocalStart,
    birth_dates,
    days_left,
    local_start,
    price_level,
)
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
SELECT events.id, events.title, events.status, events.starts_at, events.ends_at, events.age_min,
    events.age_max, events.confirmation_fee, events.estimated_event_cost,
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


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event as candidates for it are judged."""

    id: str
    title: str
    status: str
    starts_at: datetime
    ends_at: datetime
    vector: str | None
    born: BirthDates
    price: int
    latitude: float | None
    longitude: float | None
    starts: Sequence[LocalStart]

    def closed(self, now: datetime) -> str | None:
        """Say why nobody can be proposed any more, if so."""
        if self.status != EventStatus.PUBLISHED:
            return f"it is {self.status}"
        return "it has started" if self.starts_at <= now else None

    def parameters(self, now: datetime) -> dict[str, Any]:
        """Give what the statements about candidates ask of the event."""
        return {
            "event": self.id,
            "vector": self.vector,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "born_until": self.born.until,
            "born_after": self.born.after,
            "days_left": days_left(self.starts_at, now),
            "price": self.price,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "zones": [each.zone for each in self.starts],
            "weekdays": [each.weekday for each in self.starts],
            "parts": [each.part for each in self.starts],
        }


def read_occasion(session: Session, event_id: str) -> Occasion | None:
    """Read an event; None if there is none."""
    rows = fetch_dicts(session, _ASK, event=event_id)
    if not rows:
        return None
    (row,) = rows
    starts_at = row["starts_at"]
    return Occasion(
        id=row["id"],
        title=row["title"],
        status=row["status"],
        starts_at=starts_at,
        ends_at=row["ends_at"],
        vector=row["vector"],
        born=birth_dates(starts_at, row["age_min"], row["age_max"]),
        price=price_level(row["estimated_event_cost"], row["confirmation_fee"]),
        latitude=row["latitude"],
        longitude=row["longitude"],
        starts=[local_start(starts_at, zone) for zone in row["zones"]],
    )
