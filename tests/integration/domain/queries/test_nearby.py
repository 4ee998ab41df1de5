"""What there is to do within somebody's reach."""

from datetime import timedelta

import pytest

from domain.queries.nearby import Circle, events_nearby
from tests.factories.rows import DAY, HOUR, NOW, Rows
from tests.helpers.pages import an_id

NEW_YORK = (40.7128, -74.0060)
# 3.9 and 80.6 miles from there.
BROOKLYN, PHILADELPHIA = (40.6782, -73.9442), (39.9526, -75.1652)


@pytest.fixture
def city(rows: Rows) -> Rows:
    """Hanna, who hosts everything."""
    rows.person("Hanna")
    return rows


def plan(
    rows: Rows,
    name: str,
    *places: tuple[float, float],
    ahead: timedelta = DAY,
    status: str = "published",
) -> None:
    """Have an event published with a stop at each place, an hour each."""
    rows.event(name, host="Hanna", starts_at=NOW + ahead, status=status)
    for order, (latitude, longitude) in enumerate(places, start=1):
        here = an_id(f"{name} {order}")
        rows.add("locations", id=here, name=name, latitude=latitude, longitude=longitude)
        rows.add(
            "event_itinerary_stops",
            id=here,
            event_id=an_id(name),
            location_id=here,
            order=order,
            title="Stop",
            description="",
            start_time=NOW + ahead + (order - 1) * HOUR,
            end_time=NOW + ahead + order * HOUR,
        )


def nearby(rows: Rows, circle: Circle) -> list[str]:
    return [each.title for each in events_nearby(rows.session, circle, now=NOW).items]


class TestEventsNearby:
    def test_what_starts_within_the_circle_is_found_with_its_distance(self, city: Rows) -> None:
        plan(city, "near", BROOKLYN)
        plan(city, "far", PHILADELPHIA)
        (found,) = events_nearby(city.session, Circle(*NEW_YORK, 25), now=NOW).items
        assert (found.title, found.location_name) == ("near", "near")
        assert found.miles_away == pytest.approx(4.03, abs=0.05)

    def test_the_soonest_comes_first_page_by_page(self, city: Rows) -> None:
        for hours in (3, 1, 2):
            plan(city, f"in {hours}", BROOKLYN, ahead=hours * HOUR)
        circle = Circle(*NEW_YORK, 25)
        first = events_nearby(city.session, circle, now=NOW, limit=2)
        rest = events_nearby(city.session, circle, now=NOW, after=first.next, limit=2)
        listed = [each.title for each in (*first.items, *rest.items)]
        assert listed == ["in 1", "in 2", "in 3"]
        assert rest.next is None

    def test_an_event_starts_where_its_first_stop_is(self, city: Rows) -> None:
        plan(city, "coming here", PHILADELPHIA, BROOKLYN)
        plan(city, "leaving", BROOKLYN, PHILADELPHIA)
        assert nearby(city, Circle(*NEW_YORK, 25)) == ["leaving"]

    def test_what_has_begun_or_was_called_off_is_not_found(self, city: Rows) -> None:
        plan(city, "begun", BROOKLYN, ahead=-HOUR)
        plan(city, "called off", BROOKLYN, status="cancelled")
        assert nearby(city, Circle(*NEW_YORK, 25)) == []

    def test_the_circle_is_round_though_the_box_around_it_is_not(self, city: Rows) -> None:
        plan(city, "north-east", (40.7128 + 0.3, -74.0060 + 0.4))
        assert nearby(city, Circle(*NEW_YORK, 25)) == []
        assert nearby(city, Circle(*NEW_YORK, 30)) == ["north-east"]

    @pytest.mark.parametrize("longitude", [179.95, -179.95])
    def test_the_date_line_is_no_border(self, city: Rows, longitude: float) -> None:
        plan(city, "Taveuni east", (-16.8, -179.9))
        plan(city, "Taveuni west", (-16.8, 179.9), ahead=2 * DAY)
        circle = Circle(-16.8, longitude, 25)
        assert nearby(city, circle) == ["Taveuni east", "Taveuni west"]

    def test_around_a_pole_all_longitudes_are_near(self, city: Rows) -> None:
        plan(city, "expedition", (89.95, 120.0))
        assert nearby(city, Circle(89.95, -60.0, 25)) == ["expedition"]
