"""A person's events."""

from typing import Any

import pytest

from domain.queries.events import (
    AverageRating,
    average_rating_of_events_attended,
    event_dna,
    events_attended,
    upcoming_events,
)
from domain.queries.page import BadCursorError
from tests.factories.rows import DAY, HOUR, NOW, START, Rows
from tests.helpers.pages import an_id

ADA = an_id("Ada")


@pytest.fixture
def ada(rows: Rows) -> Rows:
    """Ada, who may have been to events of Hanna's."""
    for name in ("Hanna", "Ada", "Bo"):
        rows.person(name)
    return rows


def been_to(rows: Rows, *names: str) -> None:
    """Have Ada been to events, one a day."""
    for day, name in enumerate(names):
        rows.event(name, host="Hanna", starts_at=START + day * DAY)
        rows.seat(name, "Ada", ends_at=START + day * DAY + 3 * HOUR)


class TestEventsAttended:
    def test_the_newest_comes_first(self, ada: Rows) -> None:
        been_to(ada, "brunch", "drinks")
        newest, oldest = events_attended(ada.session, ADA).items
        assert (newest.title, oldest.title) == ("drinks", "brunch")
        assert newest == (
            *(an_id("drinks"), "drinks", an_id("Hanna"), "attended", False),
            *(START + DAY, START + DAY + 3 * HOUR),
        )

    @pytest.mark.parametrize(
        ("status", "counts"),
        [
            ("attended", True),
            ("late", True),
            ("confirmed", False),
            ("no_show", False),
            ("cancelled_late", False),
            ("check_in_abandoned", False),
        ],
    )
    def test_whoever_came_late_was_there_too(self, ada: Rows, status: str, *, counts: bool) -> None:
        ada.event("drinks", host="Hanna")
        ada.seat("drinks", "Ada", status=status)
        assert bool(events_attended(ada.session, ADA).items) is counts

    def test_nobody_else_was_there(self, ada: Rows) -> None:
        been_to(ada, "drinks")
        assert events_attended(ada.session, an_id("Bo")).items == ()

    def test_page_by_page_each_comes_once_even_those_that_end_together(self, ada: Rows) -> None:
        for name in "abcdefg":
            ada.event(name, host="Hanna")
            ada.seat(name, "Ada")
        seen: list[str] = []
        cursor = None
        while True:
            found = events_attended(ada.session, ADA, after=cursor, limit=3)
            assert len(found.items) <= 3
            seen += [each.title for each in found.items]
            cursor = found.next
            if cursor is None:
                break
        assert sorted(seen) == list("abcdefg")

    def test_a_cursor_of_another_making_is_refused(self, ada: Rows) -> None:
        with pytest.raises(BadCursorError):
            events_attended(ada.session, ADA, after="page 2")


class TestEventDna:
    def test_it_is_what_somebody_shows_of_where_they_were(self, ada: Rows) -> None:
        been_to(ada, "brunch")
        for name, status in (("drinks", "late"), ("dance", "no_show")):
            ada.event(name, host="Hanna")
            ada.seat(name, "Ada", status=status, is_showcased=True)
        assert [each.title for each in event_dna(ada.session, ADA).items] == ["drinks"]


class TestAverageRating:
    def test_all_ratings_of_the_events_weigh_the_same(self, ada: Rows) -> None:
        for name, sum_, ratings in (("brunch", 15, 3), ("drinks", 4, 1), ("quiet", 0, 0)):
            ada.event(name, host="Hanna", event_rating_sum=sum_, rating_count=ratings)
            ada.seat(name, "Ada")
        ada.event("missed", host="Hanna", event_rating_sum=1, rating_count=1)
        ada.seat("missed", "Ada", status="no_show")
        assert average_rating_of_events_attended(ada.session, ADA) == AverageRating(19 / 4, 4)

    @pytest.mark.parametrize("names", [(), ("quiet",)])
    def test_without_a_rating_there_is_none(self, ada: Rows, names: tuple[str, ...]) -> None:
        been_to(ada, *names)
        assert average_rating_of_events_attended(ada.session, ADA) == AverageRating(None, 0)


class TestUpcomingEvents:
    def coming(self, rows: Rows, name: str, in_hours: float, **seat: Any) -> None:
        starts_at = NOW + in_hours * HOUR
        rows.event(name, host="Hanna", starts_at=starts_at, status="published")
        rows.seat(name, "Ada", ends_at=starts_at + 3 * HOUR, **{"status": "confirmed", **seat})

    def titles(self, rows: Rows) -> list[str]:
        return [each.title for each in upcoming_events(rows.session, ADA, now=NOW).items]

    def test_the_soonest_comes_first(self, ada: Rows) -> None:
        self.coming(ada, "later", 48)
        self.coming(ada, "soon", 2)
        assert self.titles(ada) == ["soon", "later"]

    def test_one_that_has_begun_isnt_over(self, ada: Rows) -> None:
        self.coming(ada, "under way", -1, status="attended")
        self.coming(ada, "just ending", -3)
        self.coming(ada, "over", -4)
        assert self.titles(ada) == ["just ending", "under way"]

    def test_a_seat_given_up_is_no_seat(self, ada: Rows) -> None:
        self.coming(ada, "given up", 2, status="cancelled_late")
        assert self.titles(ada) == []

    def test_one_that_was_moved_says_until_when_to_answer(self, ada: Rows) -> None:
        answer = {"status": "pending_reconfirmation", "reconfirm_by": NOW + HOUR}
        self.coming(ada, "moved", 48, invited=answer)
        (moved,) = upcoming_events(ada.session, ADA, now=NOW).items
        assert moved.reconfirm_by == NOW + HOUR

    def test_what_was_answered_need_not_be_answered_again(self, ada: Rows) -> None:
        answered = {"status": "confirmed", "reconfirm_by": NOW + HOUR}
        self.coming(ada, "moved", 48, invited=answered)
        (moved,) = upcoming_events(ada.session, ADA, now=NOW).items
        assert moved.reconfirm_by is None
