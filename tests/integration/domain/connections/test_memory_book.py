"""What people write about those they met: when it stands, and what follows from it."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS
from domain.users.payloads import SocialProfileUpdated
from tests.helpers.diary import Diary
from tests.helpers.ledger import Row, ask, deliveries, drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import tell

UPDATED = HANDLERS["connections.apply_connection_updated"]
ADA, BO, DAN = map(an_id, ("Ada", "Bo", "Dan"))


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada and Dan came to an event of Hanna's; Bo has a seat and didn't."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan", "Eve")
    attend(diary, "drinks")
    diary.invited("drinks", "Bo")
    diary.paid("drinks", "Bo")
    tell_all(engine, diary)
    return diary


def attend(diary: Diary, event: str) -> None:
    diary.event(event, host="Hanna", seats=8)
    diary.attended(event, "Ada", "Dan")


def tell_all(engine: Engine, diary: Diary) -> None:
    """Tell what is new; the rest was said before, and has no further effect."""
    tell(engine, diary.pages)


def book(engine: Engine, owner: str) -> dict[str, Any]:
    """The notes in somebody's memory book, by whom they are about."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT connected_user_id::text, private_notes FROM connections"
                " WHERE owner_id = :owner"
            ),
            {"owner": owner},
        )
        return {row[0]: row[1] for row in rows}


def told_of(engine: Engine) -> int:
    """How often it was said that two want to connect again."""
    count: int = ask(
        engine, "SELECT count(*) FROM domain_events WHERE type = 'app.momento.connection.mutual.v1'"
    )
    return count


class TestConnectionUpdated:
    def test_it_waits_for_the_completion_and_stands_from_then_on(
        self, engine: Engine, diary: Diary
    ) -> None:
        page = diary.remembered("drinks", "Ada", "Dan", at=START + HOUR, private_notes="Jazz")
        tell_all(engine, diary)
        waiting = deliveries(engine, UPDATED)[page.id]
        awaited = f"connection:{an_id('drinks')}:{ADA}:{DAN}"
        assert (waiting.state, waiting.awaits) == ("deferred", awaited)
        diary.ended("drinks")
        tell_all(engine, diary)
        assert deliveries(engine, UPDATED)[page.id] == Row("done")
        assert book(engine, ADA) == {DAN: "Jazz"}
        assert book(engine, DAN) == {ADA: None}

    def test_about_somebody_with_a_seat_who_didn_t_come(self, engine: Engine, diary: Diary) -> None:
        diary.ended("drinks")
        diary.remembered("drinks", "Ada", "Bo", private_notes="Where were you?")
        tell_all(engine, diary)
        assert book(engine, ADA) == {BO: "Where were you?", DAN: None}
        assert book(engine, BO) == {}
        assert drift(engine) == []

    def test_about_somebody_without_a_seat_it_waits(self, engine: Engine, diary: Diary) -> None:
        diary.ended("drinks")
        page = diary.remembered("drinks", "Ada", "Eve")
        tell_all(engine, diary)
        assert deliveries(engine, UPDATED)[page.id].state == "deferred"

    def test_what_was_overtaken_says_so(self, engine: Engine, diary: Diary) -> None:
        diary.ended("drinks")
        diary.remembered("drinks", "Ada", "Dan", at=END + 2 * DAY, private_notes="new")
        tell_all(engine, diary)
        page = diary.remembered("drinks", "Ada", "Dan", at=END + DAY, private_notes="old")
        tell_all(engine, diary)
        assert deliveries(engine, UPDATED)[page.id] == Row("done", looks=1, reason="another_stands")
        assert book(engine, ADA) == {DAN: "new"}

    @pytest.mark.parametrize(
        ("owner", "other", "reason"),
        [("Ada", "Ada", "self"), ("Ada", "Hanna", "host"), ("Hanna", "Ada", "host")],
    )
    def test_what_can_never_stand_is_refused(
        self, engine: Engine, diary: Diary, owner: str, other: str, reason: str
    ) -> None:
        page = diary.remembered("drinks", owner, other)
        tell_all(engine, diary)
        row = deliveries(engine, UPDATED)[page.id]
        assert (row.state, (row.reason or "").partition(":")[0]) == ("rejected", reason)
        assert ask(engine, "SELECT count(*) FROM connection_facts") == 0


class TestSnapshots:
    @pytest.mark.parametrize(
        ("added", "expires", "authentic"),
        [
            pytest.param(START, START, True, id="from the start to the start"),
            pytest.param(START - DAY, START + DAY, True, id="around the start"),
            pytest.param(START - 2 * DAY, START - DAY, False, id="ended before the start"),
            pytest.param(START + HOUR, START + DAY, False, id="added after the start"),
            pytest.param(START - DAY, None, False, id="never authentic"),
        ],
    )
    def test_they_show_the_other_as_they_were(
        self, engine: Engine, diary: Diary, added: Any, expires: Any, *, authentic: bool
    ) -> None:
        called = SocialProfileUpdated(user_id=DAN, preferred_name="Danny")
        diary.note(called, START - DAY)
        tell_all(engine, diary)
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO profile_photos (id, user_id, url, is_authentic,"
                    " authentic_expires_at, stamp_time) VALUES (gen_random_uuid(), :dan,"
                    " 'https://momento.app/dan.jpg', CAST(:expires AS timestamptz) IS NOT NULL,"
                    " :expires, :added)"
                ),
                {"dan": DAN, "expires": expires, "added": added},
            )
            connection.execute(
                text(
                    "UPDATE social_profiles SET current_photo_url = 'https://momento.app/dan.jpg',"
                    " current_face_card_photo_url = 'https://momento.app/card.jpg'"
                    " WHERE user_id = :dan"
                ),
                {"dan": DAN},
            )
        diary.ended("drinks")
        tell_all(engine, diary)
        with engine.connect() as connection:
            row = connection.execute(
                text(
                    "SELECT snapshot_name, snapshot_face_card_url, was_photo_authentic"
                    " FROM connections WHERE connected_user_id = :dan"
                ),
                {"dan": DAN},
            ).one()
        assert tuple(row) == ("Danny", "https://momento.app/card.jpg", authentic)

    def test_without_a_preferred_name_the_first_one(self, engine: Engine, diary: Diary) -> None:
        diary.ended("drinks")
        tell_all(engine, diary)
        name = ask(engine, "SELECT snapshot_name FROM connections WHERE owner_id = :dan", dan=DAN)
        assert name == "Ada"


class TestConnectionMutual:
    @pytest.fixture
    def ended(self, engine: Engine, diary: Diary) -> Diary:
        diary.ended("drinks")
        tell_all(engine, diary)
        return diary

    def wish(self, diary: Diary, owner: str, other: str, *, event: str = "drinks") -> None:
        diary.remembered(event, owner, other, wants_to_connect_again=True)

    def test_it_is_said_once_when_both_want_to_connect_again(
        self, engine: Engine, ended: Diary
    ) -> None:
        self.wish(ended, "Ada", "Dan")
        tell_all(engine, ended)
        assert told_of(engine) == 0
        self.wish(ended, "Dan", "Ada")
        tell_all(engine, ended)
        assert told_of(engine) == 1
        for wants in (False, True):
            ended.remembered(
                "drinks", "Ada", "Dan", at=END + (3 + wants) * DAY, wants_to_connect_again=wants
            )
            tell_all(engine, ended)
        assert told_of(engine) == 1

    def test_also_when_it_was_written_before_the_end(self, engine: Engine, diary: Diary) -> None:
        self.wish(diary, "Ada", "Dan")
        self.wish(diary, "Dan", "Ada")
        tell_all(engine, diary)
        assert told_of(engine) == 0
        diary.ended("drinks")
        tell_all(engine, diary)
        assert told_of(engine) == 1

    def test_also_when_each_wrote_of_another_event(self, engine: Engine, ended: Diary) -> None:
        attend(ended, "brunch")
        ended.ended("brunch")
        self.wish(ended, "Ada", "Dan")
        self.wish(ended, "Dan", "Ada", event="brunch")
        tell_all(engine, ended)
        assert told_of(engine) == 1

    def test_not_of_somebody_who_then_doesn_t_want_to(self, engine: Engine, ended: Diary) -> None:
        self.wish(ended, "Ada", "Dan")
        ended.remembered(
            "drinks", "Ada", "Dan", at=END + 2 * DAY, does_not_want_to_connect_again=True
        )
        self.wish(ended, "Dan", "Ada")
        tell_all(engine, ended)
        assert told_of(engine) == 0
