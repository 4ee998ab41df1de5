"""What somebody likes, has earned and pays for."""

from datetime import datetime, timedelta

import pytest

from domain.queries.people import (
    face_card_unlocks,
    interests,
    is_subscription_active,
    kudos_showcase,
    subscription_of,
)
from tests.factories.rows import DAY, NOW, Rows
from tests.helpers.pages import an_id

ADA = an_id("Ada")
MOMENT = timedelta(microseconds=1)


class TestInterests:
    def test_they_come_by_the_alphabet(self, rows: Rows) -> None:
        for place, name in enumerate(("Vintage Film", "Hiking", "Chess"), start=1):
            rows.add("interests", id=place, name=name)
        for person, chosen in (("Ada", (1, 2)), ("Bo", (3,))):
            rows.person(person)
            for place in chosen:
                rows.add("profile_interests", user_id=an_id(person), interest_id=place)
        assert interests(rows.session, ADA) == ["Hiking", "Vintage Film"]


class TestSubscription:
    @pytest.mark.parametrize(
        ("status", "ends", "active"),
        [
            ("premium", NOW + DAY, True),
            ("premium", None, True),
            # Within the three days nobody has ended it yet, nor should they.
            ("premium", NOW - 3 * DAY, True),
            ("premium", NOW - 3 * DAY - MOMENT, False),
            ("past_due", NOW + DAY, True),
            ("past_due", NOW - 3 * DAY, True),
            ("past_due", NOW - 3 * DAY - MOMENT, False),
            ("past_due", None, False),
            ("free", NOW + DAY, False),
            ("free", None, False),
        ],
    )
    def test_it_is_active_until_three_days_after_its_end(
        self, rows: Rows, status: str, ends: datetime | None, *, active: bool
    ) -> None:
        rows.person("Ada", subscription_status=status, subscription_ends=ends)
        assert is_subscription_active(rows.session, ADA, now=NOW) is active
        assert subscription_of(rows.session, ADA, now=NOW) == (status, ends, active)

    def test_nobody_has_none(self, rows: Rows) -> None:
        assert not is_subscription_active(rows.session, ADA, now=NOW)
        assert subscription_of(rows.session, ADA, now=NOW) is None


class TestKudosShowcase:
    def test_the_most_frequent_come_first(self, rows: Rows) -> None:
        rows.person("Ada")
        thanked = {"helpful": 2, "inspiring": 12, "great_energy": 2}
        rows.add("user_internal_metrics", user_id=ADA, aggregated_kudos=thanked)
        assert kudos_showcase(rows.session, ADA) == [
            ("inspiring", 12),
            ("great_energy", 2),
            ("helpful", 2),
        ]

    def test_whoever_was_never_thanked_shows_nothing(self, rows: Rows) -> None:
        rows.person("Ada")
        assert kudos_showcase(rows.session, ADA) == []


class TestFaceCardUnlocks:
    def test_they_come_by_name_with_whether_they_were_told(self, rows: Rows) -> None:
        rows.person("Ada")
        for look, notified in (("style:vintage", True), ("frame:gold", False)):
            rows.add("face_card_unlocks", user_id=ADA, customization=look, notified=notified)
        found = face_card_unlocks(rows.session, ADA)
        assert found == [("frame:gold", False), ("style:vintage", True)]
