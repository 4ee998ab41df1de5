"""Rules, "People": who may register, and what an account is after all that was said."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.facts import Fact
from domain.users.rules import Account, judge_registration, settle_account
from tests.factories.facts import DAY, HOUR, INSTANT, START, a_fact, in_order

JOINED = START - 100 * DAY
LATER = JOINED + DAY
DELETED = JOINED + 50 * DAY
TOKYO = timezone(timedelta(hours=9))


def account(*facts: Fact, **registered: Any) -> Account:
    signed_up = a_fact("user.registered", JOINED, birth_date="1990-05-01", **registered)
    return settle_account(in_order([signed_up, *facts]))


def updated(time: datetime, /, *, id_: str = "m", **said: Any) -> Fact:
    return a_fact("user.updated", time, id_=id_, **said)


def status(time: datetime, word: str, *, id_: str = "m") -> Fact:
    return a_fact("user.status_changed", time, id_=id_, status=word)


def deleted(time: datetime = DELETED) -> Fact:
    return a_fact("user.deleted", time)


def paid(time: datetime, word: str, /, **said: Any) -> Fact:
    return a_fact("subscription.changed", time, subscription_status=word, **said)


class TestJudgeRegistration:
    @pytest.mark.parametrize(
        ("birth_date", "time", "is_adult"),
        [
            pytest.param(date(2008, 6, 20), START, True, id="18 on the day"),
            pytest.param(date(2008, 6, 21), START, False, id="18 tomorrow"),
            pytest.param(date(1950, 1, 1), START, True, id="long since"),
            pytest.param(
                date(2008, 6, 21),
                datetime(2026, 6, 21, 1, tzinfo=TOKYO),
                False,
                id="18 already where the clock is ahead, not yet in UTC",
            ),
        ],
    )
    def test_under_18_at_the_time_of_registering_is_rejected(
        self, birth_date: date, time: datetime, *, is_adult: bool
    ) -> None:
        refusal = judge_registration(birth_date, time)
        assert (None if refusal is None else refusal.reason) == (None if is_adult else "under_age")


class TestStatus:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            pytest.param([], "pending_onboarding", id="registered"),
            pytest.param([status(LATER, "active")], "active", id="said once"),
            pytest.param(
                [status(LATER, "active"), status(LATER + HOUR, "paused")], "paused", id="newest"
            ),
            pytest.param(
                [status(LATER, "paused", id_="b"), status(LATER, "banned", id_="a")],
                "paused",
                id="of one time by id",
            ),
            pytest.param(
                [status(LATER, "active"), deleted()], "archived_for_recycling", id="deleted"
            ),
            pytest.param(
                [deleted(), status(DELETED + HOUR, "active")],
                "archived_for_recycling",
                id="deletion is final",
            ),
        ],
    )
    def test_the_newest_explicit_status_stands(self, facts: list[Fact], expected: str) -> None:
        assert account(*facts).columns["status"] == expected


class TestNotes:
    @pytest.mark.parametrize(
        ("kind", "older", "newer", "notes"),
        [
            pytest.param(
                "user.updated",
                {"email": "a@b.c"},
                {"email": None},
                {LATER: "newer_stands"},
                id="cleared since",
            ),
            pytest.param(
                "user.updated",
                {"email": "a@b.c", "last_name": "A"},
                {"email": "d@e.f"},
                {},
                id="one of its fields stands",
            ),
            pytest.param(
                "social_profile.updated",
                {"bio": "a"},
                {"bio": "b"},
                {LATER: "newer_stands"},
                id="a profile",
            ),
            pytest.param(
                "host_profile.updated",
                {"host_bio": "a"},
                {"host_bio": "b"},
                {LATER: "newer_stands"},
                id="a host's profile",
            ),
            pytest.param(
                "user.updated",
                {"email": "a@b.c"},
                {},
                {LATER + HOUR: "nothing_said"},
                id="nothing at all",
            ),
        ],
    )
    def test_what_nothing_stands_of_is_noted(
        self,
        kind: str,
        older: dict[str, Any],
        newer: dict[str, Any],
        notes: dict[datetime, str],
    ) -> None:
        facts = [
            a_fact(kind, time, user_id="ada", **said)
            for time, said in ((LATER, older), (LATER + HOUR, newer))
        ]
        found = account(*facts).notes
        assert {stamp.time: note for stamp, note in found.items()} == notes

    def test_of_two_kinds_each_has_its_own_fields(self) -> None:
        name = a_fact("user.updated", LATER, user_id="ada", last_name="A")
        bio = a_fact("social_profile.updated", LATER + HOUR, user_id="ada", bio="b")
        assert account(name, bio).notes == {}


class TestColumns:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            pytest.param([], {"email": "a@b.c", "timezone": "Europe/Rome"}, id="as registered"),
            pytest.param([updated(LATER, email="d@e.f")], {"email": "d@e.f"}, id="updated"),
            pytest.param(
                [updated(LATER, last_name="Lu")],
                {"email": "a@b.c", "last_name": "Lu"},
                id="a field left out is unchanged",
            ),
            pytest.param([updated(LATER, email=None)], {"email": None}, id="null clears"),
            pytest.param(
                [updated(LATER, timezone=None, min_lead_time_days=None)],
                {"timezone": "America/New_York", "min_lead_time_days": 3},
                id="null clears to the default",
            ),
            pytest.param(
                [
                    updated(LATER, email="old@x.y", last_name="Lu"),
                    updated(LATER + HOUR, email="new@x.y"),
                ],
                {"email": "new@x.y", "last_name": "Lu"},
                id="newest wins per field",
            ),
            pytest.param(
                [updated(LATER, email="b@x.y", id_="b"), updated(LATER, email="a@x.y", id_="a")],
                {"email": "b@x.y"},
                id="of one time by id",
            ),
            pytest.param(
                [updated(JOINED - HOUR, email="d@e.f")],
                {"email": "d@e.f"},
                id="what creates comes first, whatever its time",
            ),
            pytest.param([a_fact("user.verified", LATER)], {"is_verified": True}, id="verified"),
        ],
    )
    def test_each_field_is_what_was_said_last(
        self, facts: list[Fact], expected: dict[str, Any]
    ) -> None:
        columns = account(*facts, email="a@b.c", timezone="Europe/Rome").columns
        assert expected.items() <= columns.items()

    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            pytest.param([], ("free", None, None), id="none"),
            pytest.param(
                [paid(LATER, "premium", subscription_ends="2026-07-01T00:00:00Z")],
                ("premium", "2026-07-01T00:00:00Z", None),
                id="one",
            ),
            pytest.param(
                [
                    paid(LATER, "premium", stripe_subscription_id="sub_1"),
                    paid(LATER + HOUR, "past_due"),
                ],
                ("past_due", None, "sub_1"),
                id="newest wins per field",
            ),
            pytest.param(
                [
                    paid(LATER, "premium", stripe_subscription_id="sub_1"),
                    paid(LATER + HOUR, "free", stripe_subscription_id=None),
                ],
                ("free", None, None),
                id="null clears",
            ),
            pytest.param(
                [paid(LATER, "premium"), deleted(), paid(DELETED + HOUR, "free")],
                ("premium", None, None),
                id="not after the deletion",
            ),
        ],
    )
    def test_a_subscription_is_what_was_said_last(
        self, facts: list[Fact], expected: tuple[str, str | None, str | None]
    ) -> None:
        columns = account(*facts).columns
        names = ("subscription_status", "subscription_ends", "stripe_subscription_id")
        assert tuple(columns[name] for name in names) == expected

    def test_defaults_are_those_of_the_entities(self) -> None:
        columns = account().columns
        assert columns["timezone"] == "America/New_York"
        assert (columns["min_lead_time_days"], columns["distance_preference"]) == (3, 25)
        assert columns["is_verified"] is False


class TestDeletion:
    def test_personal_data_is_erased(self) -> None:
        gone = account(
            updated(LATER, last_name="Lu"), deleted(), phone_number="+12025550100", email="a@b.c"
        )
        erased = {name: gone.columns[name] for name in ("phone_number", "email", "last_name")}
        assert erased == {"phone_number": None, "email": None, "last_name": None}
        assert gone.deleted_at == gone.columns["deleted_at"] == DELETED

    @pytest.mark.parametrize(
        ("time", "zone"),
        [
            pytest.param(DELETED, "Europe/Rome", id="at the same moment"),
            pytest.param(DELETED + INSTANT, "America/New_York", id="a moment later"),
        ],
    )
    def test_what_happened_later_has_no_effect(self, time: datetime, zone: str) -> None:
        assert account(deleted(), updated(time, timezone="Europe/Rome")).columns["timezone"] == zone

    def test_of_two_deletions_the_first_counts(self) -> None:
        assert account(deleted(DELETED + DAY), deleted()).deleted_at == DELETED


class TestProfiles:
    @pytest.mark.parametrize(
        ("facts", "registered", "expected"),
        [
            pytest.param([], {}, None, id="none without a first name"),
            pytest.param([], {"first_name": "Ada"}, {"first_name": "Ada"}, id="by registering"),
            pytest.param(
                [a_fact("social_profile.updated", LATER, bio="Hi")],
                {},
                {"first_name": None, "bio": "Hi"},
                id="made when there is none",
            ),
            pytest.param(
                [a_fact("social_profile.updated", LATER, first_name=None, bio="Hi")],
                {"first_name": "Ada"},
                {"first_name": None, "bio": "Hi"},
                id="null clears",
            ),
            pytest.param(
                [a_fact("social_profile.updated", DELETED + HOUR, bio="Hi"), deleted()],
                {},
                None,
                id="none by what came after the deletion",
            ),
        ],
    )
    def test_a_social_profile_is_what_was_said_of_it(
        self, facts: list[Fact], registered: dict[str, Any], expected: dict[str, Any] | None
    ) -> None:
        profile = account(*facts, **registered).social_profile
        if expected is None:
            assert profile is None
        else:
            assert profile is not None
            assert expected.items() <= profile.items()

    def test_a_host_profile_is_made_by_its_first_update(self) -> None:
        assert account().host_profile is None
        profile = account(a_fact("host_profile.updated", LATER, host_name="Bar")).host_profile
        assert profile is not None
        assert (profile["host_type"], profile["host_name"]) == ("user", "Bar")
