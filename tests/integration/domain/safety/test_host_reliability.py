"""Rules, "Host reliability": what is written down about hosts, and when they are flagged."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from domain.gatherings.payloads import EventUpdated, Stop
from tests.helpers.diary import Diary
from tests.helpers.ledger import drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.safety import call_off
from tests.helpers.said import published, rows
from tests.helpers.telling import tell

GUESTS = ("Ada", "Bo", "Dan", "Eve", "Flo")


@pytest.fixture
def diary(engine: Engine) -> Diary:
    diary = Diary()
    diary.people("Hanna", "Cleo", *GUESTS)
    diary.event("drinks", host="Hanna", seats=8)
    return diary


def tell_all(engine: Engine, diary: Diary) -> None:
    tell(engine, diary.pages)
    assert drift(engine) == []


def log(engine: Engine) -> list[tuple[str, datetime]]:
    found = rows(
        engine, "SELECT action_type, occurred_at FROM host_reliability_log ORDER BY occurred_at"
    )
    return [(action, at) for action, at in found]


def move(diary: Diary, event: str, *, to: datetime, at: datetime) -> None:
    stop = Stop(
        location_id=an_id("place"),
        order=1,
        title="Elsewhere",
        start_time=to,
        end_time=to + 3 * HOUR,
    )
    diary.note(EventUpdated(event_id=an_id(event), itinerary=[stop]), at)


class TestLog:
    @pytest.mark.parametrize(
        ("before", "action"),
        [(48 * HOUR, "cancelled_late"), (49 * HOUR, "cancelled"), (-HOUR, "cancelled_late")],
    )
    def test_a_cancellation_by_the_host_is_written_down(
        self, engine: Engine, diary: Diary, before: timedelta, action: str
    ) -> None:
        at = START - before
        call_off(diary, "drinks", at=at)
        tell_all(engine, diary)
        assert log(engine) == [(action, at)]
        assert rows(engine, "SELECT metadata FROM host_reliability_log") == [
            ({"reason": "weather"},)
        ]

    def test_one_by_the_system_is_not(self, engine: Engine, diary: Diary) -> None:
        call_off(diary, "drinks", at=START - DAY, by="system")
        tell_all(engine, diary)
        assert log(engine) == []

    def test_one_at_the_end_has_no_effect(self, engine: Engine, diary: Diary) -> None:
        call_off(diary, "drinks", at=END)
        tell_all(engine, diary)
        assert log(engine) == []

    def test_it_follows_the_event_as_it_finally_stands(self, engine: Engine, diary: Diary) -> None:
        call_off(diary, "drinks", at=START - DAY)
        tell_all(engine, diary)
        move(diary, "drinks", to=START + 5 * DAY, at=START - 2 * DAY)
        tell_all(engine, diary)
        assert log(engine) == [("cancelled", START - DAY)]

    def test_it_goes_when_the_cancellation_no_longer_has_effect(
        self, engine: Engine, diary: Diary
    ) -> None:
        call_off(diary, "drinks", at=START - DAY)
        tell_all(engine, diary)
        move(diary, "drinks", to=START - 5 * DAY, at=START - 9 * DAY)
        tell_all(engine, diary)
        assert log(engine) == []

    def test_it_goes_when_the_system_turns_out_to_have_cancelled_before(
        self, engine: Engine, diary: Diary
    ) -> None:
        call_off(diary, "drinks", at=START - DAY)
        tell_all(engine, diary)
        call_off(diary, "drinks", at=START - 2 * DAY, by="system")
        tell_all(engine, diary)
        assert log(engine) == []


class TestCancellations:
    def drop(self, engine: Engine, diary: Diary, *days: float) -> list[dict[str, str]]:
        """Cancel an event on each of these days, one after the other."""
        for number, day in enumerate(days):
            name = f"event {number}"
            starts_at = START + (200 + day) * DAY
            diary.event(name, host="Hanna", seats=4, starts_at=starts_at)
            call_off(diary, name, at=starts_at - 3 * DAY)
            tell_all(engine, diary)
        return published(engine, "host.flagged")

    def test_three_within_90_days_flag_a_host_once(self, engine: Engine, diary: Diary) -> None:
        flagged = {"host_id": an_id("Hanna"), "reason": "cancellations"}
        assert self.drop(engine, diary, 0, 45, 90, 91) == [flagged]

    def test_three_within_more_do_not(self, engine: Engine, diary: Diary) -> None:
        assert self.drop(engine, diary, 0, 45, 90.001) == []

    def test_another_three_long_after_flag_again(self, engine: Engine, diary: Diary) -> None:
        assert len(self.drop(engine, diary, 0, 1, 2, 100, 101, 102)) == 2

    def test_all_heard_at_once_flag_as_often(self, engine: Engine, diary: Diary) -> None:
        for number, day in enumerate((0, 1, 2, 100, 101, 102)):
            diary.event(f"{number}", host="Hanna", seats=4, starts_at=START + (200 + day) * DAY)
            call_off(diary, f"{number}", at=START + (190 + day) * DAY)
        tell_all(engine, diary)
        assert len(published(engine, "host.flagged")) == 2


class TestRatings:
    def rate(self, engine: Engine, diary: Diary, *stars: int) -> list[dict[str, str]]:
        """Have so many guests come and rate the host, one after the other."""
        for guest, value in zip(GUESTS, stars, strict=False):
            diary.invited("drinks", guest)
            diary.paid("drinks", guest)
            diary.reported("drinks", guest, by="Hanna", status="attended")
            diary.rated("drinks", guest, value, 5)
            tell_all(engine, diary)
        return published(engine, "host.flagged")

    @pytest.mark.parametrize(
        ("stars", "flags"),
        [
            pytest.param((1, 1, 1, 1), 0, id="4 ratings"),
            pytest.param((1, 1, 1, 1, 1), 1, id="5 ratings"),
            pytest.param((3, 3, 3, 3, 3), 0, id="an average of exactly 3.0"),
            pytest.param((3, 3, 3, 3, 2), 1, id="under 3.0"),
        ],
    )
    def test_a_poor_average_over_enough_ratings_flags_a_host(
        self, engine: Engine, diary: Diary, stars: tuple[int, ...], flags: int
    ) -> None:
        flagged = {"host_id": an_id("Hanna"), "reason": "ratings"}
        assert self.rate(engine, diary, *stars) == [flagged] * flags

    def test_a_change_soon_after_does_not_flag_again(self, engine: Engine, diary: Diary) -> None:
        self.rate(engine, diary, 1, 1, 1, 1, 1)
        diary.rated("drinks", "Ada", 2, 2)
        tell_all(engine, diary)
        assert len(published(engine, "host.flagged")) == 1
        assert rows(engine, "SELECT rating_sum FROM host_profiles WHERE rating_count > 0") == [(6,)]
