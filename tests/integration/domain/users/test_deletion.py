"""Rules, "People": user.deleted is final, and erases at once."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.payload import Payload
from domain.users.payloads import (
    SocialProfileUpdated,
    UserDeleted,
    UserRegistered,
    UserStatusChanged,
    UserUpdated,
)
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.telling import tell

DELETED = START - 2 * DAY
PHONE, EMAIL, SURNAME = "+12025550188", "canary@example.org", "Canary-Smith"


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada has a seat, Bo one too late to give up early, Flo an open invitation: all are told."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Flo")
    for name in ("Ada", "Flo"):
        said = UserUpdated(user_id=an_id(name), phone_number=PHONE, email=EMAIL, last_name=SURNAME)
        diary.note(said, START - 50 * DAY)
    diary.event("drinks", host="Hanna", seats=5)
    for name in ("Ada", "Bo", "Flo"):
        diary.invited("drinks", name)
    for name in ("Ada", "Bo"):
        diary.paid("drinks", name)
    tell(engine, diary.pages)
    diary.pages.clear()
    return diary


def rows(engine: Engine, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), parameters)]


def delete(engine: Engine, diary: Diary, *names: str, at: datetime = DELETED) -> None:
    for name in names:
        diary.note(UserDeleted(user_id=an_id(name)), at)
    tell(engine, diary.pages)
    diary.pages.clear()


class TestErasure:
    def test_phone_email_and_last_name_are_gone_from_the_account(
        self, engine: Engine, diary: Diary
    ) -> None:
        delete(engine, diary, "Ada")
        found = rows(
            engine,
            "SELECT status, deleted_at, phone_number, email, last_name FROM users WHERE id = :id",
            id=an_id("Ada"),
        )
        assert found == [("archived_for_recycling", DELETED, None, None, None)]

    def test_they_are_gone_from_the_kept_facts_too(self, engine: Engine, diary: Diary) -> None:
        delete(engine, diary, "Ada")
        facts = rows(
            engine, "SELECT data::text FROM user_facts WHERE user_id = :id", id=an_id("Ada")
        )
        assert facts
        assert not [said for said in facts for canary in (PHONE, EMAIL, SURNAME) if canary in said]

    def test_others_keep_theirs(self, engine: Engine, diary: Diary) -> None:
        delete(engine, diary, "Ada")
        kept = rows(engine, "SELECT phone_number, email FROM users WHERE id = :id", id=an_id("Flo"))
        assert kept == [(PHONE, EMAIL)]

    def test_what_arrives_later_but_happened_before_brings_nothing_back(
        self, engine: Engine, diary: Diary
    ) -> None:
        delete(engine, diary, "Ada")
        said = UserUpdated(user_id=an_id("Ada"), phone_number=PHONE, timezone="Europe/Rome")
        diary.note(said, DELETED - DAY)
        tell(engine, diary.pages)
        found = rows(
            engine, "SELECT phone_number, timezone FROM users WHERE id = :id", id=an_id("Ada")
        )
        assert found == [(None, "Europe/Rome")]
        kept = rows(
            engine, "SELECT data::text FROM user_facts WHERE user_id = :id", id=an_id("Ada")
        )
        assert kept
        assert not [data for (data,) in kept if PHONE in data]


class TestInvitations:
    @pytest.mark.parametrize(
        ("name", "deleted_at", "status"),
        [
            pytest.param("Flo", DELETED, "cancelled", id="an open invitation"),
            pytest.param("Ada", START - DAY, "cancelled_early", id="a seat, 24 h before"),
            pytest.param("Bo", START - HOUR, "cancelled_late", id="a seat, later"),
            pytest.param("Bo", START + HOUR, "confirmed", id="a seat, once it has started"),
        ],
    )
    def test_they_are_given_up_as_of_the_deletion(
        self, engine: Engine, diary: Diary, *, name: str, deleted_at: datetime, status: str
    ) -> None:
        delete(engine, diary, name, at=deleted_at)
        found = rows(engine, "SELECT status FROM invitations WHERE user_id = :id", id=an_id(name))
        assert found == [(status,)]

    def test_events_of_a_host_who_left_are_cancelled_by_system_as_of_then(
        self, engine: Engine, diary: Diary
    ) -> None:
        delete(engine, diary, "Hanna")
        assert rows(engine, "SELECT status, cancelled_at FROM events") == [("cancelled", DELETED)]
        invitations = rows(engine, "SELECT DISTINCT status FROM invitations")
        assert invitations == [("cancelled",)]


LATER: list[Payload] = [
    UserUpdated(user_id=an_id("Ada"), timezone="Europe/Rome"),
    UserStatusChanged.model_validate({"user_id": an_id("Ada"), "status": "active"}),
    SocialProfileUpdated(user_id=an_id("Ada"), bio="I'm back"),
]


class TestAfterwards:
    @pytest.mark.parametrize("said", LATER, ids=[each.NAME for each in LATER])
    def test_a_later_domain_event_about_them_is_rejected(
        self, engine: Engine, diary: Diary, said: Payload
    ) -> None:
        delete(engine, diary, "Ada")
        diary.note(said, DELETED + HOUR)
        tell(engine, diary.pages)
        found = rows(
            engine,
            "SELECT DISTINCT deliveries.state, split_part(reason, ':', 1) FROM deliveries"
            " JOIN domain_events USING (seq) WHERE subject = :id AND time = :time",
            id=an_id("Ada"),
            time=DELETED + HOUR,
        )
        assert found == [("rejected", "user_deleted")]

    @pytest.mark.parametrize("said", LATER, ids=[each.NAME for each in LATER])
    def test_heard_of_before_the_deletion_it_leaves_no_trace(
        self, engine: Engine, diary: Diary, said: Payload
    ) -> None:
        diary.note(said, DELETED + HOUR)
        tell(engine, diary.pages)
        diary.pages.clear()
        delete(engine, diary, "Ada")
        found = rows(
            engine,
            "SELECT status, timezone, profile.id FROM users LEFT JOIN social_profiles AS profile"
            " ON profile.user_id = users.id WHERE users.id = :id",
            id=an_id("Ada"),
        )
        assert found == [("archived_for_recycling", "America/New_York", None)]


class TestAdults:
    def test_the_day_of_registering_is_that_of_utc_whatever_the_servers_zone(
        self, engine: Engine, database_url: str
    ) -> None:
        with engine.begin() as connection:
            name = connection.execute(text("SELECT current_database()")).scalar_one()
            connection.execute(text(f"ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Tokyo'"))
        engine.dispose()
        diary = Diary()
        said = UserRegistered(user_id=an_id("Kid"), clerk_id="kid", birth_date=date(2008, 3, 15))
        # It is the 15th in Tokyo, and still the 14th in UTC.
        diary.note(said, datetime(2026, 3, 15, 1, tzinfo=timezone(timedelta(hours=9))))
        tell(engine, diary.pages)
        assert rows(engine, "SELECT split_part(reason, ':', 1) FROM deliveries") == [("under_age",)]
