"""What a host has done."""

import pytest

from domain.queries.events import AverageRating
from domain.queries.hosting import (
    event_history,
    events_hosted,
    host_comments,
    host_rating,
    host_reliability,
)
from tests.factories.rows import DAY, HOUR, START, Rows
from tests.helpers.pages import an_id

HANNA = an_id("Hanna")


@pytest.fixture
def hanna(rows: Rows) -> Rows:
    """Hanna, who hosts, and Ada, who comes."""
    for name in ("Hanna", "Ada", "Other"):
        rows.person(name)
    return rows


class TestEventsHosted:
    def test_all_but_drafts_are_listed_the_latest_first(self, hanna: Rows) -> None:
        told = ("completed", "cancelled", "published", "draft")
        for day, status in enumerate(told):
            hanna.event(status, host="Hanna", status=status, starts_at=START + day * DAY)
        hanna.event("not hers", host="Other")
        found = events_hosted(hanna.session, HANNA)
        assert [each.title for each in found.items] == ["published", "cancelled", "completed"]

    def test_the_next_page_begins_where_the_last_ended(self, hanna: Rows) -> None:
        for name in "abc":
            hanna.event(name, host="Hanna")
        first = events_hosted(hanna.session, HANNA, limit=2)
        second = events_hosted(hanna.session, HANNA, after=first.next, limit=2)
        assert sorted(each.title for each in (*first.items, *second.items)) == ["a", "b", "c"]
        assert second.next is None


class TestEventHistory:
    def test_each_completed_event_has_its_average(self, hanna: Rows) -> None:
        hanna.event("rated", host="Hanna", event_rating_sum=9, rating_count=2)
        hanna.event("unrated", host="Hanna", starts_at=START - DAY)
        hanna.event("cancelled", host="Hanna", status="cancelled_by_host")
        found = event_history(hanna.session, HANNA).items
        assert [(each.title, each.average_rating, each.rating_count) for each in found] == [
            ("rated", 4.5, 2),
            ("unrated", None, 0),
        ]


class TestHostRating:
    def test_it_is_the_one_that_is_kept(self, hanna: Rows) -> None:
        profile = {"id": HANNA, "user_id": HANNA, "host_type": "user"}
        hanna.add("host_profiles", **profile, rating_sum=14, rating_count=4)
        assert host_rating(hanna.session, HANNA) == AverageRating(3.5, 4)

    def test_whoever_is_no_host_has_none(self, hanna: Rows) -> None:
        assert host_rating(hanna.session, HANNA) == AverageRating(None, 0)


class TestHostComments:
    def rate(self, rows: Rows, name: str, comment: str | None, *, counts: bool = True) -> None:
        rows.event(name, host="Hanna")
        rows.add(
            "ratings",
            id=an_id(f"rating {name}"),
            event_id=an_id(name),
            rater_id=an_id("Ada"),
            host_id=HANNA,
            host_rating_value=5,
            event_rating_value=4,
            comment=comment,
            counts=counts,
            rated_at=START + len(name) * HOUR,
        )

    def test_only_words_that_count_are_shown_the_newest_first(self, hanna: Rows) -> None:
        self.rate(hanna, "one", "Lovely")
        self.rate(hanna, "three", "Loud")
        self.rate(hanna, "silent", None)
        self.rate(hanna, "too late", "Boring", counts=False)
        found = host_comments(hanna.session, HANNA).items
        assert [(each.comment, each.host_stars, each.event_stars) for each in found] == [
            ("Loud", 5, 4),
            ("Lovely", 5, 4),
        ]


class TestHostReliability:
    def test_the_newest_comes_first(self, hanna: Rows) -> None:
        for day, action in enumerate(("cancelled", "cancelled_late")):
            hanna.event(action, host="Hanna")
            hanna.add(
                "host_reliability_log",
                host_id=HANNA,
                event_id=an_id(action),
                action_type=action,
                occurred_at=START + day * DAY,
            )
        found = host_reliability(hanna.session, HANNA)
        assert [each.action_type for each in found] == ["cancelled_late", "cancelled"]
