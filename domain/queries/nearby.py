"""What there is to do within somebody's reach."""

from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, degrees, pi, radians, sin
from typing import Final, NamedTuple

from sqlmodel import Session

from domain.constants import EARTH_RADIUS_METRES, METRES_PER_MILE, MOST_MILES_AWAY, PAGE_LENGTH
from domain.queries.page import SOONEST_FIRST, Page, one_more, page
from domain.sql import fetch

# Degrees of longitude, east and west, at which the map ends.
DATE_LINE: Final = 180.0


@dataclass(frozen=True, slots=True)
class Circle:
    """All that is within some miles of a place; more than 250 are refused (ValueError)."""

    latitude: float
    longitude: float
    miles: float

    def __post_init__(self) -> None:
        if not 0 <= self.miles <= MOST_MILES_AWAY:
            raise ValueError(f"a circle has between 0 and {MOST_MILES_AWAY:g} miles")

    def boxes(self) -> tuple[str, str]:
        """Give two boxes of (longitude, latitude) that hold the circle together.

        They are the same unless the circle crosses the 180th meridian. Around a pole all longitudes
        are in it. The formula is that of the tangent meridians: asin(sin r / cos latitude).
        """
        angle = self.miles * METRES_PER_MILE / EARTH_RADIUS_METRES
        south, north = self.latitude - degrees(angle), self.latitude + degrees(angle)
        if abs(radians(self.latitude)) + angle >= pi / 2:
            return (_box(-180, south, east=180, north=north),) * 2
        reach = degrees(asin(sin(angle) / cos(radians(self.latitude))))
        west, east = self.longitude - reach, self.longitude + reach
        here = _box(max(west, -180), south, east=min(east, 180), north=north)
        if west < -DATE_LINE:
            return here, _box(west + 360, south, east=180, north=north)
        if east > DATE_LINE:
            return here, _box(-180, south, east=east - 360, north=north)
        return here, here


def _box(west: float, south: float, *, east: float, north: float) -> str:
    return f"(({west}, {south}), ({east}, {north}))"


class NearbyEvent(NamedTuple):
    """An event that is still to come, where it starts, and how many miles away that is."""

    event_id: str
    title: str
    host_id: str
    starts_at: datetime
    ends_at: datetime
    location_name: str
    miles_away: float


def events_nearby(
    session: Session,
    circle: Circle,
    *,
    now: datetime,
    after: str | None = None,
    limit: int = PAGE_LENGTH,
) -> Page[NearbyEvent]:
    """Give the published events that start within a circle after `now`, the soonest first.

    Indexes: locations_point_idx, then event_itinerary_stops_location_id_start_time_idx. Cost: the
    places in the circle and what is still to come there, however many there are elsewhere.
    """
    starts_at, event = SOONEST_FIRST.after(after)
    here, beyond = circle.boxes()
    rows = fetch(
        session,
        _NEARBY,
        latitude=circle.latitude,
        longitude=circle.longitude,
        miles=circle.miles,
        here=here,
        beyond=beyond,
        now=now,
        starts_at=starts_at,
        event=event,
        limit=one_more(limit),
    )
    nearby = map(NearbyEvent._make, rows)
    return page(nearby, limit, key=lambda each: (each.starts_at, each.event_id))


# Great-circle distances by the haversine formula. An event starts where its first stop is.
_NEARBY: Final = f"""
WITH near AS MATERIALIZED (
    SELECT place.id, place.name, distance.miles
    FROM locations AS place CROSS JOIN LATERAL (
        SELECT 2 * {EARTH_RADIUS_METRES / METRES_PER_MILE} * asin(least(1, sqrt(
            sin(radians(place.latitude - %(latitude)s) / 2) ^ 2
            + cos(radians(place.latitude)) * cos(radians(%(latitude)s))
            * sin(radians(place.longitude - %(longitude)s) / 2) ^ 2))) AS miles
    ) AS distance
    WHERE (point(place.longitude, place.latitude) <@ %(here)s::box
            OR point(place.longitude, place.latitude) <@ %(beyond)s::box)
        AND distance.miles <= %(miles)s
)
SELECT events.id, events.title, events.host_id, events.starts_at, events.ends_at, near.name,
    near.miles
FROM near
JOIN event_itinerary_stops AS stop ON stop.location_id = near.id
JOIN events ON events.id = stop.event_id AND events.status = 'published'
WHERE stop.start_time > %(now)s
    AND (stop.start_time, stop.event_id) > (%(starts_at)s::timestamptz, %(event)s::uuid)
    AND NOT EXISTS (
        SELECT FROM event_itinerary_stops AS earlier
        WHERE earlier.event_id = stop.event_id AND earlier."order" < stop."order")
ORDER BY stop.start_time, stop.event_id LIMIT %(limit)s
"""
