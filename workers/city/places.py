"""Places: where the city meets; now and then one is put right on the map."""

from datetime import datetime

from domain.gatherings.payloads import LocationAdded
from workers.city.model import City, Place
from workers.city.names import PLACE_NAMES

MIDDLE_LATITUDE, MIDDLE_LONGITUDE = 40.72, -73.98
# Some kilometres: who is at another place is too far to check in.
SPREAD_DEGREES = 0.06
CORRECTION_DEGREES = 0.02


def find_places(city: City, count: int) -> None:
    """Put so many places on the map; a few lay elsewhere until somebody noticed."""
    for number in range(count):
        place = Place(
            id=city.chance.id(),
            name=f"{PLACE_NAMES[number % len(PLACE_NAMES)]} {number // len(PLACE_NAMES) + 1}",
            latitude=city.chance.about(MIDDLE_LATITUDE, SPREAD_DEGREES),
            longitude=city.chance.about(MIDDLE_LONGITUDE, SPREAD_DEGREES),
        )
        city.places.append(place)
        added_at = city.ago(80, 100)
        if city.chance.happens(0.2):
            _add(city, place, added_at, too_far_north=CORRECTION_DEGREES)
            added_at = city.ago(1, 40)
        _add(city, place, added_at)


def _add(city: City, place: Place, time: datetime, *, too_far_north: float = 0.0) -> None:
    said = LocationAdded(
        location_id=place.id,
        name=place.name,
        latitude=place.latitude + too_far_north,
        longitude=place.longitude,
        address=f"{city.chance.whole(1, 400)} Elm Street" if city.chance.happens(0.7) else None,
    )
    city.diary.note(said, time)
