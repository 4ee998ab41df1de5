"""Looks of the face card: derived from attendance and kudos, told of by follow-ups."""

import pytest
from sqlalchemy import Engine, text

from domain.tables.kudos import Kudo
from domain.users.payloads import UserDeleted
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import tell

GUESTS = ("Ada", "Bo", "Dan", "Eve", "Flo")
LOOKS = "SELECT customization FROM face_card_unlocks WHERE user_id = :id ORDER BY customization"
FOLLOWED = "SELECT count(*) FROM domain_events WHERE type LIKE '%kudos.settled%'"


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """An evening of Hanna's that everybody attended."""
    diary = Diary()
    diary.people("Hanna", "Cleo", *GUESTS)
    evening(diary, "drinks", days_ago=0)
    tell(engine, diary.pages)
    return diary


def evening(diary: Diary, name: str, *, days_ago: int) -> None:
    start = START - days_ago * DAY
    diary.event(name, host="Hanna", seats=8, starts_at=start)
    for guest in GUESTS:
        diary.invited(name, guest, at=start - 4 * DAY)
        diary.paid(name, guest, at=start - 3 * DAY)
        diary.reported(name, guest, by="Hanna", status="attended", at=start + HOUR)
    diary.ended(name, ends_at=start + 3 * HOUR)


def looks(engine: Engine, person: str) -> list[str]:
    statement = f"SELECT coalesce(json_agg(customization), '[]') FROM ({LOOKS}) AS looks"
    found: list[str] = ask(engine, statement, id=an_id(person))
    return found


class TestByComing:
    def test_three_evenings_unlock_vintage_and_one_less_takes_it_away(
        self, engine: Engine, diary: Diary
    ) -> None:
        evening(diary, "brunch", days_ago=5)
        tell(engine, diary.pages)
        assert looks(engine, "Ada") == []
        evening(diary, "lunch", days_ago=9)
        tell(engine, diary.pages)
        assert looks(engine, "Ada") == ["style:vintage"]
        diary.reported("drinks", "Ada", by="Hanna", status="no_show", at=END + DAY)
        tell(engine, diary.pages)
        assert (looks(engine, "Ada"), looks(engine, "Bo")) == ([], ["style:vintage"])

    def test_ten_unlock_golden(self, engine: Engine, diary: Diary) -> None:
        for number in range(9):
            evening(diary, f"evening {number}", days_ago=number + 1)
        tell(engine, diary.pages)
        assert looks(engine, "Ada") == ["style:golden", "style:vintage"]

    def test_the_deleted_keep_none(self, engine: Engine, diary: Diary) -> None:
        evening(diary, "brunch", days_ago=5)
        evening(diary, "lunch", days_ago=9)
        tell(engine, diary.pages)
        diary.note(UserDeleted(user_id=an_id("Ada")), END + 30 * DAY)
        tell(engine, diary.pages)
        diary.reported("drinks", "Ada", by="Hanna", status="late", at=END + DAY)
        tell(engine, diary.pages)
        assert looks(engine, "Ada") == []


class TestByBeingThanked:
    @pytest.mark.parametrize(
        ("givers", "kudos", "unlocked"),
        [
            pytest.param(5, 10, True, id="10 of 5"),
            pytest.param(5, 9, False, id="9 of 5"),
            pytest.param(4, 12, False, id="12 of 4"),
        ],
    )
    def test_ten_kudos_of_five_givers_unlock_the_frame(
        self, engine: Engine, diary: Diary, *, givers: int, kudos: int, unlocked: bool
    ) -> None:
        names = ("Hanna", "Bo", "Dan", "Eve", "Flo")[:givers]
        for number in range(kudos):
            kudo = list(Kudo)[number // givers]
            diary.thanked("drinks", names[number % givers], "Ada", kudo)
        tell(engine, diary.pages)
        assert looks(engine, "Ada") == (["frame:kind"] if unlocked else [])
        assert ask(engine, FOLLOWED) == int(unlocked)

    def test_only_a_turn_is_told_and_kudos_beyond_it_are_not(
        self, engine: Engine, diary: Diary
    ) -> None:
        for kudo in list(Kudo)[:4]:
            for giver in ("Hanna", "Bo", "Dan", "Eve", "Flo"):
                diary.thanked("drinks", giver, "Ada", kudo)
                tell(engine, diary.pages)
        assert ask(engine, FOLLOWED) == 1
        assert looks(engine, "Ada") == ["frame:kind"]

    def test_a_giver_less_takes_it_away(self, engine: Engine, diary: Diary) -> None:
        for kudo in list(Kudo)[:3]:
            for giver in ("Hanna", "Bo", "Dan", "Eve", "Flo"):
                diary.thanked("drinks", giver, "Ada", kudo)
        tell(engine, diary.pages)
        diary.reported("drinks", "Flo", by="Hanna", status="no_show", at=END + DAY)
        tell(engine, diary.pages)
        columns = "SELECT kudos_count || ' of ' || kudos_givers FROM user_internal_metrics"
        assert ask(engine, f"{columns} WHERE user_id = :id", id=an_id("Ada")) == "12 of 4"
        assert (looks(engine, "Ada"), ask(engine, FOLLOWED)) == ([], 2)


class TestBeingTold:
    def test_a_look_that_is_lost_and_earned_again_is_not_told_of_again(
        self, engine: Engine, diary: Diary
    ) -> None:
        evening(diary, "brunch", days_ago=5)
        evening(diary, "lunch", days_ago=9)
        tell(engine, diary.pages)
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE face_card_unlocks SET notified = true WHERE user_id = :id"),
                {"id": an_id("Ada")},
            )
        for status, days in (("no_show", 1), ("attended", 2)):
            for guest in ("Ada", "Bo"):
                diary.reported("drinks", guest, by="Hanna", status=status, at=END + days * DAY)
            tell(engine, diary.pages)
            if status == "no_show":
                assert looks(engine, "Ada") == looks(engine, "Bo") == []
        notified = "SELECT notified FROM face_card_unlocks WHERE user_id = :id"
        assert ask(engine, notified, id=an_id("Ada")) is True
        assert ask(engine, notified, id=an_id("Bo")) is False
