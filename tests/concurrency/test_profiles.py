"""Two batches about people's profiles that could collide: one waits, and nothing is lost."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS, TYPES, Handler
from domain.tables.kudos import Kudo
from tests.concurrency.race import both_ways, in_the_midst, race
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask, drift, route_all
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.telling import publish, settle, tell

ADA, BO = an_id("Ada"), an_id("Bo")
INTERESTS = HANDLERS["profiles.apply_interests_selected"]
REGISTERED = HANDLERS["profiles.apply_push_token_registered"]
PHOTO = HANDLERS["profiles.apply_profile_photo_added"]
LIKED = HANDLERS["profiles.apply_profile_liked"]
LINKED = HANDLERS["profiles.apply_social_link_added"]
SHARED = HANDLERS["profiles.apply_social_link_shared"]
UNLOCKED = HANDLERS["profiles.apply_attendance_settled"]
KUDOS_GIVEN = HANDLERS["kudos.apply_kudos_given"]
REPORTED = HANDLERS["attendance.apply_attendance_reported"]
DELETED = HANDLERS["users.apply_user_deleted"]


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada and Bo have signed up."""
    diary = Diary()
    diary.people("Ada", "Bo")
    tell(engine, diary.pages)
    return diary


def say(engine: Engine, diary: Diary, name: str, at: datetime = START, /, **said: Any) -> None:
    """Publish and route something, without applying it."""
    page = diary.note(TYPES[f"app.momento.{name}.v1"].model_validate(said), at)
    publish(engine, [page])
    route_all(engine)


def count(engine: Engine, table: str) -> int:
    number: int = ask(engine, f"SELECT count(*) FROM {table}")
    return number


class TestInterests:
    def test_the_same_new_names_at_once_are_made_once(self, engine: Engine, diary: Diary) -> None:
        names = ["Soup", "Jazz", "Chess"]
        say(engine, diary, "interests.selected", user_id=ADA, interests=names)
        say(engine, diary, "interests.selected", user_id=BO, interests=names[::-1])
        race(engine, INTERESTS, INTERESTS, limit=1)
        assert (count(engine, "interests"), count(engine, "profile_interests")) == (3, 6)
        settle(engine)
        assert drift(engine) == []


class TestTokens:
    @pytest.mark.parametrize("late", [ADA, BO])
    def test_a_new_one_of_two_people_goes_to_the_later(
        self, engine: Engine, diary: Diary, late: str
    ) -> None:
        for who in (ADA, BO):
            said = {"token_id": who, "user_id": who, "platform": "ios", "token": "ExpoPushToken[x]"}
            at = START + (HOUR if who == late else 0 * HOUR)
            say(engine, diary, "push_token.registered", at, **said)
        race(engine, REGISTERED, REGISTERED, limit=1)
        assert str(ask(engine, "SELECT user_id FROM push_notification_tokens")) == late
        assert drift(engine) == []

    @both_ways(REGISTERED, DELETED)
    def test_one_that_is_passed_on_while_its_holder_leaves(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        said = {"platform": "ios", "token": "ExpoPushToken[x]"}
        say(engine, diary, "push_token.registered", **said, token_id=BO, user_id=BO)
        settle(engine)
        say(engine, diary, "push_token.registered", START + HOUR, **said, token_id=ADA, user_id=ADA)
        say(engine, diary, "user.deleted", START + 2 * HOUR, user_id=BO)
        race(engine, first, second)
        settle(engine)
        assert str(ask(engine, "SELECT user_id FROM push_notification_tokens")) == ADA
        assert drift(engine) == []


class TestDeletion:
    @both_ways(PHOTO, DELETED)
    def test_a_photo_added_meanwhile_does_not_stay(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        said = {"photo_id": an_id("photo"), "user_id": ADA, "url": "https://a.b/c"}
        say(engine, diary, "profile_photo.added", **said, is_authentic=True)
        say(engine, diary, "user.deleted", START + DAY, user_id=ADA)
        race(engine, first, second)
        settle(engine)
        assert count(engine, "profile_photos") == 0
        assert drift(engine) == []

    @both_ways(LIKED, DELETED)
    def test_a_like_given_meanwhile_does_not_stay(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        say(engine, diary, "profile.liked", liker_id=BO, liked_id=ADA)
        say(engine, diary, "user.deleted", START + DAY, user_id=ADA)
        race(engine, first, second)
        settle(engine)
        assert count(engine, "profile_likes") == 0


class TestLinks:
    @both_ways(LINKED, SHARED)
    def test_a_link_added_while_it_is_shared_is_shared(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        link = {"link_id": an_id("link"), "platform": "instagram", "url": "https://a.b/c"}
        say(engine, diary, "social_link.added", **link, user_id=ADA)
        pair = {"sharer_id": ADA, "receiver_id": BO}
        say(engine, diary, "social_link.shared", **pair, platform="instagram")
        race(engine, first, second)
        settle(engine)
        assert count(engine, "social_connections") == 1


class TestUnlocks:
    def test_kudos_that_come_while_looks_are_judged_come_by_again(self, engine: Engine) -> None:
        diary = Diary()
        guests = ("Ada", "Bo", "Dan", "Eve", "Flo")
        diary.people("Hanna", "Cleo", *guests)
        diary.event("drinks", host="Hanna", seats=8)
        for guest in guests:
            diary.invited("drinks", guest)
            diary.paid("drinks", guest)
            diary.reported("drinks", guest, by="Hanna", status="attended")
        tell(engine, diary.pages)
        diary.reported("drinks", "Ada", by="Hanna", status="late", at=START + 9 * HOUR)
        publish(engine, diary.pages[-1:])
        route_all(engine)
        with in_the_midst(engine, REPORTED) as going:
            going.go_on.set()
            assert going.first.result(10).claimed == 1
        for kudo in (Kudo.HELPFUL, Kudo.INSPIRING):
            for giver in ("Hanna", *guests[1:]):
                diary.thanked("drinks", giver, "Ada", kudo)
        publish(engine, diary.pages[-10:])
        route_all(engine)
        with in_the_midst(engine, UNLOCKED) as going:
            # Nobody waits: those who are thanked are not held while looks are judged.
            assert going.join(KUDOS_GIVEN).result(10).claimed == 10
            going.go_on.set()
        settle(engine)
        with engine.connect() as connection:
            looks = connection.execute(text("SELECT customization FROM face_card_unlocks"))
            assert looks.scalars().all() == ["frame:kind"]
        assert drift(engine) == []
