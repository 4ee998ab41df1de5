"""An event itself: all of it, its board and its gallery."""

from collections.abc import Callable

import pytest

from domain.queries.gatherings import event_details, event_gallery, event_posts
from tests.factories.rows import DAY, HOUR, START, Rows
from tests.helpers.pages import an_id

DRINKS, HANNA, ADA, BO = map(an_id, ("drinks", "Hanna", "Ada", "Bo"))


@pytest.fixture
def drinks(rows: Rows) -> Rows:
    """Drinks at Hanna's, with Ada; Bo wasn't there."""
    for name in ("Hanna", "Ada", "Bo"):
        rows.person(name)
    rows.event("drinks", host="Hanna", description="In company", min_attendees=2)
    rows.seat("drinks", "Ada")
    return rows


class TestEventDetails:
    def test_it_comes_with_stops_and_collaborators(self, drinks: Rows) -> None:
        place = {"name": "Bar", "latitude": 40.5, "longitude": -74.25}
        drinks.add("locations", id=an_id("bar"), **place)
        for order in (2, 1):
            drinks.add(
                "event_itinerary_stops",
                id=an_id(f"stop {order}"),
                event_id=DRINKS,
                location_id=an_id("bar"),
                order=order,
                title=f"Stop {order}",
                description="",
                start_time=START + (order - 1) * HOUR,
                end_time=START + order * HOUR,
            )
        drinks.add(
            "event_collaborators",
            id=an_id("helper"),
            event_id=DRINKS,
            role="Instructor",
            first_name="Ines",
            phone_number="+12025550100",
        )
        found = event_details(drinks.session, DRINKS)
        assert found is not None
        assert (found.title, found.min_attendees, found.seats_taken) == ("drinks", 2, 1)
        assert [stop.title for stop in found.itinerary] == ["Stop 1", "Stop 2"]
        first = found.itinerary[0]
        assert (first.start_time, first.end_time) == (START, START + HOUR)
        assert (first.location_name, first.latitude, first.longitude) == ("Bar", 40.5, -74.25)
        assert found.collaborators == [("Instructor", None, "Ines")]

    def test_one_without_them_has_none(self, drinks: Rows) -> None:
        found = event_details(drinks.session, DRINKS)
        assert found is not None
        assert (found.itinerary, found.collaborators, found.host_name) == ([], [], None)

    def test_there_is_none_that_nobody_made(self, drinks: Rows) -> None:
        assert event_details(drinks.session, an_id("nothing")) is None


def post(rows: Rows, content: str, by: str = ADA, *, hours: float | None = 0) -> None:
    rows.add(
        "event_posts",
        id=an_id(content),
        event_id=DRINKS,
        user_id=by,
        content=content,
        stamp_time=None if hours is None else START + hours * HOUR,
    )


def picture(rows: Rows, url: str, status: str = "visible", *, hours: float | None = 0) -> None:
    rows.add(
        "event_photos",
        id=an_id(url),
        event_id=DRINKS,
        uploader_id=ADA,
        image_url=url,
        status=status,
        stamp_time=None if hours is None else START + hours * HOUR,
    )


def board(rows: Rows, reader: str) -> list[str]:
    found = event_posts(rows.session, DRINKS, reader_id=reader)
    return [each.content for each in found.items]


def gallery(rows: Rows, reader: str) -> list[str]:
    found = event_gallery(rows.session, DRINKS, reader_id=reader)
    return [each.image_url for each in found.items]


class TestEventPosts:
    def test_the_newest_comes_first_and_says_whether_it_is_the_hosts(self, drinks: Rows) -> None:
        post(drinks, "See you")
        post(drinks, "Bring cake", by=HANNA, hours=1)
        found = event_posts(drinks.session, DRINKS, reader_id=ADA).items
        assert [(each.content, each.is_by_host) for each in found] == [
            ("Bring cake", True),
            ("See you", False),
        ]

    def test_what_no_worker_has_accepted_is_not_shown(self, drinks: Rows) -> None:
        post(drinks, "On its way", hours=None)
        assert board(drinks, ADA) == []

    def test_the_next_page_begins_where_the_last_ended(self, drinks: Rows) -> None:
        for content in "abc":
            post(drinks, content)
        first = event_posts(drinks.session, DRINKS, reader_id=ADA, limit=2)
        rest = event_posts(drinks.session, DRINKS, reader_id=ADA, after=first.next, limit=2)
        assert sorted(each.content for each in (*first.items, *rest.items)) == ["a", "b", "c"]


class TestEventGallery:
    def test_only_visible_photos_are_shown_the_newest_first(self, drinks: Rows) -> None:
        picture(drinks, "first")
        picture(drinks, "second", hours=DAY / HOUR)
        for status in ("hidden_by_host", "pending_review"):
            picture(drinks, status, status)
        picture(drinks, "on its way", hours=None)
        assert gallery(drinks, ADA) == ["second", "first"]


class TestWhoMayLook:
    @pytest.mark.parametrize("look", [board, gallery])
    def test_the_host_and_those_who_came_and_nobody_else(
        self, drinks: Rows, look: Callable[[Rows, str], list[str]]
    ) -> None:
        post(drinks, "something")
        picture(drinks, "something")
        assert look(drinks, HANNA) == ["something"]
        assert look(drinks, ADA) == ["something"]
        assert look(drinks, BO) == []

    def test_whoever_has_a_seat_reads_the_board_before_the_event(self, drinks: Rows) -> None:
        post(drinks, "something")
        picture(drinks, "something")
        drinks.seat("drinks", "Bo", status="confirmed")
        assert board(drinks, BO) == ["something"]
        assert gallery(drinks, BO) == []
