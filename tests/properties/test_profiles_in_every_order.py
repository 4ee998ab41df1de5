"""G4: a few domain events about people and what they show, in every order."""

from datetime import datetime
from typing import Any

import pytest

from domain.catalogue import TYPES
from domain.envelope import Envelope
from domain.tables.kudos import Kudo
from tests.helpers.agree import Agree
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.state import Row, State

ADA, BO = an_id("Ada"), an_id("Bo")
LEFT = START
URL = "https://pictures.example/"


@pytest.fixture
def diary() -> Diary:
    """Ada and Bo signed up, without a first name and so without a profile."""
    diary = Diary()
    for name in ("Ada", "Bo"):
        said = {"user_id": an_id(name), "clerk_id": name, "birth_date": "1990-05-01"}
        note(diary, "user.registered", START - 60 * DAY, **said)
    return diary


def note(diary: Diary, name: str, at: datetime, /, **said: Any) -> None:
    diary.note(TYPES[f"app.momento.{name}.v1"].model_validate(said), at)


def photo(diary: Diary, name: str, at: datetime, *, authentic: bool = False) -> None:
    said = {"photo_id": an_id(name), "user_id": ADA, "url": URL + name}
    note(diary, "profile_photo.added", at, **said, is_authentic=authentic)


def phone(diary: Diary, who: str, at: datetime) -> None:
    said = {"token_id": an_id(f"phone of {who}"), "user_id": an_id(who), "platform": "ios"}
    note(diary, "push_token.registered", at, **said, token="ExponentPushToken[phone]")


def put_away(diary: Diary, who: str, at: datetime) -> None:
    said = {"user_id": an_id(who), "token": "ExponentPushToken[phone]"}
    note(diary, "push_token.removed", at, **said)


def leave(diary: Diary, who: str = "Ada", at: datetime = LEFT) -> None:
    note(diary, "user.deleted", at, user_id=an_id(who))


def since(diary: Diary, before: int) -> tuple[list[Envelope], list[Envelope]]:
    return diary.pages[:before], diary.pages[before:]


def only(rows: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


FACES = ("current_photo_url", "face_card_source_photo_url", "current_face_card_photo_url")


class TestPhotos:
    def test_the_first_and_the_first_authentic_one_and_a_name(
        self, agree: Agree, diary: Diary
    ) -> None:
        photo(diary, "b", START, authentic=True)
        photo(diary, "a", START - HOUR)
        note(diary, "social_profile.updated", START + DAY, user_id=ADA, first_name="Ada")
        state = agree.on(*since(diary, 2))
        assert only(state["social_profiles"], *FACES, "first_name") == [
            (URL + "a", URL + "b", URL + "b", "Ada")
        ]

    def test_one_that_two_tell_of(self, agree: Agree, diary: Diary) -> None:
        photo(diary, "a", START + HOUR, authentic=True)
        photo(diary, "a", START, authentic=False)
        photo(diary, "b", START + HOUR / 2)
        state = agree.on(*since(diary, 2))
        assert only(state["social_profiles"], *FACES) == [(URL + "a", None, URL + "a")]

    def test_of_somebody_who_leaves_nothing_stays(self, agree: Agree, diary: Diary) -> None:
        photo(diary, "before", LEFT - DAY)
        photo(diary, "after", LEFT + DAY, authentic=True)
        leave(diary)
        state = agree.on(*since(diary, 2))
        assert state["profile_photos"] == state["social_profiles"] == []

    def test_of_somebody_who_leaves_keep_no_named_profile(self, agree: Agree, diary: Diary) -> None:
        note(diary, "social_profile.updated", LEFT - DAY, user_id=ADA, pronouns="she")
        photo(diary, "before", LEFT - DAY)
        note(diary, "social_profile.updated", LEFT + DAY, user_id=ADA, bio="Hi")
        leave(diary)
        state = agree.on(*since(diary, 3))
        assert state["social_profiles"] == []


class TestInterestsAndPersona:
    def test_the_newest_selection_stands(self, agree: Agree, diary: Diary) -> None:
        for hours, names in enumerate((["Soup", "Jazz"], ["Jazz ", "Chess"], ["Chess", "chess"])):
            at = START + hours * HOUR
            note(diary, "interests.selected", at, user_id=ADA, interests=names)
        state = agree.on(*since(diary, 2))
        assert {row["interest"] for row in state["profile_interests"]} == {"Chess", "chess"}
        assert {row["name"] for row in state["interests"]} == {"Soup", "Jazz", "Chess", "chess"}

    def test_of_somebody_who_leaves_nothing_stays(self, agree: Agree, diary: Diary) -> None:
        note(diary, "interests.selected", LEFT - DAY, user_id=ADA, interests=["Soup"])
        note(diary, "persona.updated", LEFT - DAY, user_id=ADA, career="Baker", mood="calm")
        note(diary, "interests.selected", LEFT + DAY, user_id=ADA, interests=["Jazz"])
        leave(diary)
        state = agree.on(*since(diary, 3))
        assert state["profile_interests"] == []
        assert state["interests"] == []
        assert {row["career"] for row in state["users"]} == {None}
        kinds = {row["kind"] for row in state["user_facts"]}
        assert kinds == {"user.registered", "user.deleted"}


class TestPresence:
    def test_the_newest_word_and_the_newest_activity(self, agree: Agree, diary: Diary) -> None:
        for hours, online in enumerate((True, True, False)):
            at = START + hours * HOUR
            note(diary, "presence.changed", at, user_id=ADA, is_online=online)
        state = agree.on(*since(diary, 2))
        (ada,) = [row for row in state["users"] if row["id"] == ADA]
        assert (ada["is_online"], ada["last_active_at"]) == (False, "2026-03-14T19:00:00+00:00")

    def test_somebody_who_leaves_is_not_there_and_never_was(
        self, agree: Agree, diary: Diary
    ) -> None:
        note(diary, "presence.changed", LEFT - DAY, user_id=ADA, is_online=True)
        note(diary, "presence.changed", LEFT + DAY, user_id=ADA, is_online=True)
        leave(diary)
        state = agree.on(*since(diary, 2))
        columns = ("is_online", "last_active_at", "presence_time", "presence_id")
        assert set(only(state["users"], *columns)) == {(False, None, None, None)}


HELD = ("user_id", "disabled_at")


class TestTokens:
    def test_removed_by_one_then_registered_by_another(self, agree: Agree, diary: Diary) -> None:
        phone(diary, "Ada", START)
        put_away(diary, "Ada", START + HOUR)
        phone(diary, "Bo", START + 2 * HOUR)
        put_away(diary, "Ada", START + 3 * HOUR)
        state = agree.on(*since(diary, 2))
        assert only(state["push_notification_tokens"], *HELD) == [(BO, None)]

    def test_two_phones_passed_on_and_put_away(self, agree: Agree, diary: Diary) -> None:
        phone(diary, "Ada", START)
        phone(diary, "Bo", START + HOUR)
        put_away(diary, "Bo", START + 2 * HOUR)
        put_away(diary, "Ada", START + HOUR / 2)
        state = agree.on(*since(diary, 3))
        held = only(state["push_notification_tokens"], *HELD)
        assert held == [(BO, "2026-03-14T20:00:00+00:00")]

    @pytest.mark.parametrize("at_once", [True, False])
    def test_registered_by_somebody_who_had_left_it_stays_with_who_had_it(
        self, agree: Agree, diary: Diary, *, at_once: bool
    ) -> None:
        phone(diary, "Bo", LEFT - DAY)
        phone(diary, "Ada", LEFT + DAY)
        leave(diary)
        state = agree.on(*since(diary, 2), follow_ups_at_once=at_once)
        assert only(state["push_notification_tokens"], *HELD) == [(BO, None)]

    @pytest.mark.parametrize("at_once", [True, False])
    def test_of_somebody_who_leaves_it_does_not_fall_back(
        self, agree: Agree, diary: Diary, *, at_once: bool
    ) -> None:
        phone(diary, "Bo", LEFT - 2 * DAY)
        phone(diary, "Ada", LEFT - DAY)
        leave(diary)
        state = agree.on(*since(diary, 2), follow_ups_at_once=at_once)
        assert state["push_notification_tokens"] == []
        kept = [fact for fact in state["push_token_facts"] if fact["user_id"] == ADA]
        assert [fact["data"] for fact in kept] == [{}]

    def test_when_both_leave_nothing_stays(self, agree: Agree, diary: Diary) -> None:
        phone(diary, "Bo", LEFT - DAY)
        phone(diary, "Ada", LEFT + DAY)
        leave(diary)
        leave(diary, "Bo", LEFT + 2 * DAY)
        state = agree.on(*since(diary, 3), follow_ups_at_once=False)
        assert state["push_notification_tokens"] == []

    def test_a_deletion_said_twice_the_earlier_one_counts(self, agree: Agree, diary: Diary) -> None:
        phone(diary, "Bo", LEFT - DAY)
        phone(diary, "Ada", LEFT + HOUR)
        leave(diary)
        leave(diary, "Ada", LEFT + DAY)
        state = agree.on(*since(diary, 3))
        assert only(state["push_notification_tokens"], *HELD) == [(BO, None)]


class TestLinksAndLikes:
    @pytest.mark.parametrize("who", ["Ada", "Bo"])
    def test_a_share_waits_for_a_link_and_ends_with_either_of_the_two(
        self, agree: Agree, diary: Diary, who: str
    ) -> None:
        link = {"link_id": an_id("link"), "user_id": ADA, "platform": "instagram", "url": URL}
        share = {"sharer_id": ADA, "receiver_id": BO, "platform": "instagram"}
        note(diary, "social_link.added", START, **link)
        note(diary, "social_link.shared", START - DAY, **share)
        shared = agree.on(*since(diary, 2))
        assert only(shared["social_connections"], "sharer_id", "receiver_id") == [(ADA, BO)]
        leave(diary, who)
        state = agree.on(*since(diary, 2))
        assert state["social_connections"] == []
        assert len(state["user_social_links"]) == (0 if who == "Ada" else 1)

    def test_of_two_words_about_a_link_the_newer_stands(self, agree: Agree, diary: Diary) -> None:
        link = {"link_id": an_id("link"), "user_id": ADA, "platform": "instagram"}
        for hours, public in enumerate((True, False, True)):
            url = f"{URL}{hours}"
            more = {"url": url, "is_public_on_host_profile": public}
            note(diary, "social_link.added", START + hours * HOUR, **link, **more)
        state = agree.on(*since(diary, 2))
        columns = ("url", "is_public_on_host_profile")
        assert only(state["user_social_links"], *columns) == [(URL + "2", True)]

    def test_a_like_stands_between_two_who_are_there(self, agree: Agree, diary: Diary) -> None:
        note(diary, "profile.liked", LEFT - DAY, liker_id=BO, liked_id=ADA)
        note(diary, "profile.liked", LEFT + DAY, liker_id=ADA, liked_id=BO)
        assert len(agree.on(*since(diary, 2))["profile_likes"]) == 2
        leave(diary)
        assert agree.on(*since(diary, 2))["profile_likes"] == []


class TestUnlocks:
    @pytest.fixture
    def thanked(self) -> Diary:
        """Ada was thanked nine times by Hanna and four others, after an evening."""
        diary = Diary()
        guests = ("Ada", "Bo", "Dan", "Eve", "Flo")
        diary.people("Hanna", "Cleo", *guests)
        diary.event("drinks", host="Hanna", seats=8)
        for guest in guests:
            diary.invited("drinks", guest)
            diary.paid("drinks", guest)
            diary.reported("drinks", guest, by="Hanna", status="attended")
        diary.ended("drinks")
        for giver in ("Hanna", *guests[1:]):
            diary.thanked("drinks", giver, "Ada", Kudo.HELPFUL)
        for giver in ("Hanna", "Bo", "Dan", "Eve"):
            diary.thanked("drinks", giver, "Ada", Kudo.INSPIRING)
        return diary

    @pytest.mark.parametrize("at_once", [True, False])
    def test_the_frame_of_the_kind_stands_while_ten_of_five_count(
        self, agree: Agree, thanked: Diary, *, at_once: bool
    ) -> None:
        before = len(thanked.pages)
        thanked.thanked("drinks", "Bo", "Ada", Kudo.THOUGHTFUL)
        thanked.reported("drinks", "Flo", by="Hanna", status="no_show", at=END + DAY)
        thanked.reported("drinks", "Flo", by="Hanna", status="late", at=END + 2 * DAY)
        state = agree.on(*since(thanked, before), follow_ups_at_once=at_once)
        assert looks(state) == [(ADA, "frame:kind", False)]

    @pytest.mark.parametrize("at_once", [True, False])
    def test_it_is_lost_with_one_of_the_five(
        self, agree: Agree, thanked: Diary, *, at_once: bool
    ) -> None:
        before = len(thanked.pages)
        thanked.thanked("drinks", "Bo", "Ada", Kudo.THOUGHTFUL)
        thanked.reported("drinks", "Flo", by="Hanna", status="no_show", at=END + DAY)
        state = agree.on(*since(thanked, before), follow_ups_at_once=at_once)
        assert looks(state) == []

    def test_somebody_who_leaves_keeps_none(self, agree: Agree, thanked: Diary) -> None:
        before = len(thanked.pages)
        thanked.thanked("drinks", "Bo", "Ada", Kudo.THOUGHTFUL)
        leave(thanked, at=END + 30 * DAY)
        assert looks(agree.on(*since(thanked, before), follow_ups_at_once=False)) == []


def looks(state: State) -> list[tuple[Any, ...]]:
    return only(state["face_card_unlocks"], "user_id", "customization", "notified")
