"""A reminder is published while what it reminds of is ahead, and for what stands then."""

from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import Engine, text

from domain.profiles.payloads import ProfilePhotoAdded
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import SubscriptionChanged
from tests.factories.facts import INSTANT, MINUTE
from tests.helpers.clock import Said, named, ring
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import tell

STARTING: Final = named("events.remind_24h", "events.remind_2h")
INVITING: Final = named("invitations.remind")


def reminder(event: str, before: timedelta) -> Said:
    return Said("event.reminder_due", an_id(event), START - before)


def announced(engine: Engine, *events: str) -> None:
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada")
    for name in events:
        diary.event(name, host="Hanna", seats=5)
    tell(engine, diary.pages)


def moves(engine: Engine, event: str, shift: timedelta, *, said: timedelta = DAY) -> None:
    """The host moves an event by so much, two days before its start unless said otherwise."""
    diary = Diary()
    diary.moved(event, at=START - said, starts_at=START + shift, ends_at=END + shift)
    tell(engine, diary.pages)


class TestLate:
    def test_of_two_that_were_slept_through_the_later_is_said(self, engine: Engine) -> None:
        """G14: nobody is told a day ahead of what begins in an hour."""
        announced(engine, "drinks")
        assert ring(engine, START - INSTANT, kinds=STARTING) == [reminder("drinks", 2 * HOUR)]

    def test_one_that_was_slept_through_is_made_up_for(self, engine: Engine) -> None:
        announced(engine, "drinks")
        told = ring(engine, START - 2 * HOUR - INSTANT, kinds=STARTING)
        assert told == [reminder("drinks", DAY)]
        told = ring(engine, START - 2 * HOUR, kinds=STARTING)
        assert told == [reminder("drinks", 2 * HOUR)]

    def test_none_is_said_of_what_is_past(self, engine: Engine) -> None:
        announced(engine, "drinks")
        assert ring(engine, START, kinds=STARTING) == []


class TestMadeTooLate:
    """What was made with less time than that was never to be reminded of."""

    def test_an_invitation(self, engine: Engine) -> None:
        announced(engine, "drinks")
        diary = Diary()
        diary.invited("drinks", "Ada", at=START - 6 * HOUR + INSTANT, expires_at=START)
        diary.people("Bo")
        diary.invited("drinks", "Bo", at=START - 6 * HOUR, expires_at=START)
        tell(engine, diary.pages)
        told = ring(engine, START - HOUR, kinds=INVITING)
        assert [said.subject for said in told] == [an_id("drinks Bo")]

    def test_a_duo(self, engine: Engine) -> None:
        diary = Diary()
        diary.people("Ada", "Bo")
        diary.paired("pair", "Ada", "Bo", at=START - 23 * HOUR, expires_at=START)
        tell(engine, diary.pages)
        assert ring(engine, START - HOUR, kinds=named("duos.remind")) == []

    @pytest.mark.parametrize(("paid", "count"), [(71 * HOUR, 0), (72 * HOUR, 1)])
    def test_a_subscription(self, engine: Engine, paid: timedelta, count: int) -> None:
        diary = Diary()
        diary.people("Ada")
        for ends, said in ((START - DAY, 30 * DAY), (START, paid)):
            changed = SubscriptionChanged(
                user_id=an_id("Ada"),
                subscription_status=SubscriptionStatus.PREMIUM,
                subscription_ends=ends,
            )
            diary.note(changed, START - said)
        tell(engine, diary.pages)
        told = ring(engine, START - HOUR, kinds=named("subscriptions.remind"))
        assert len(told) == count

    def test_an_event(self, engine: Engine) -> None:
        announced(engine, "drinks")
        # The diary announces forty days ahead.
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE event_facts SET time = :late WHERE kind = 'event.published'"),
                {"late": START - 5 * HOUR},
            )
        assert ring(engine, START - 4 * HOUR, kinds=STARTING) == []
        told = ring(engine, START - HOUR, kinds=STARTING)
        assert told == [reminder("drinks", 2 * HOUR)]

    def test_it_is_passed_over_for_good(self, engine: Engine) -> None:
        """An idle tick doesn't look at it again; so many of them keep back nothing after them."""
        announced(engine, "drinks", "brunch")
        moves(engine, "drinks", -INSTANT, said=5 * HOUR)
        seen = START - 4 * HOUR
        assert ring(engine, seen, kinds=STARTING, limit=1) == [reminder("brunch", DAY)]
        passed = "SELECT count(*) FROM events WHERE reminded_24h_for = starts_at"
        assert ask(engine, passed) == 2


class TestMoved:
    def test_what_moved_is_reminded_of_for_its_new_time(self, engine: Engine) -> None:
        announced(engine, "drinks")
        assert len(ring(engine, START - 2 * HOUR, kinds=STARTING)) == 1
        moves(engine, "drinks", 3 * DAY, said=HOUR)
        assert ring(engine, START - HOUR, kinds=STARTING) == []
        day_ahead = START + 2 * DAY
        assert ring(engine, day_ahead, kinds=STARTING) == [reminder("drinks", -2 * DAY)]
        told = [reminder("drinks", 2 * HOUR - 3 * DAY)]
        assert ring(engine, START + 3 * DAY - HOUR, kinds=STARTING) == told

    def test_put_off_by_less_than_a_day_it_is_announced_and_not_reminded_of(
        self, engine: Engine
    ) -> None:
        announced(engine, "drinks")
        moves(engine, "drinks", 18 * HOUR, said=2 * HOUR)
        assert ring(engine, START - HOUR, kinds=STARTING) == []
        told = [reminder("drinks", -16 * HOUR)]
        assert ring(engine, START + 17 * HOUR, kinds=STARTING) == told

    def test_another_word_about_the_plan_keeps_none(self, engine: Engine) -> None:
        """Somebody who slept says what one who was awake had said before that word."""
        announced(engine, "drinks")
        diary = Diary()
        diary.moved("drinks", at=START - 10 * HOUR, ends_at=END + HOUR)
        tell(engine, diary.pages)
        assert ring(engine, START - 9 * HOUR, kinds=STARTING) == [reminder("drinks", DAY)]

    def test_two_reminders_of_one_moment_are_two(self, engine: Engine) -> None:
        """A day before one start is two hours before another."""
        announced(engine, "drinks")
        assert ring(engine, START - DAY, kinds=STARTING) == [reminder("drinks", DAY)]
        moves(engine, "drinks", -22 * HOUR)
        again = [reminder("drinks", DAY)]
        assert ring(engine, START - DAY + MINUTE, kinds=named("events.remind_2h")) == again
        data = "SELECT string_agg(data->>'hours_before', ',' ORDER BY seq) FROM domain_events"
        assert ask(engine, f"{data} WHERE type LIKE '%reminder_due%'") == "24,2"


class TestByItself:
    """Whether a thing is reminded of has to do with no other thing."""

    @pytest.mark.parametrize("others", [(), ("brunch",)])
    def test_what_is_heard_of_late_is_reminded_of(
        self, engine: Engine, others: tuple[str, ...]
    ) -> None:
        """It was announced in time, and its domain event lay somewhere for a while."""
        announced(engine, *others)
        now = START - 5 * HOUR
        assert len(ring(engine, now, kinds=STARTING)) == len(others)
        announced(engine, *others, "drinks")
        assert ring(engine, now, kinds=STARTING) == [reminder("drinks", DAY)]

    def test_a_badge_that_ended_before_it_was_heard_of(self, engine: Engine) -> None:
        badges = named("badges.end", "badges.remind")
        diary = Diary()
        diary.people("new", "old")
        for name, before in (("new", 366 * DAY), ("old", 800 * DAY)):
            photo = ProfilePhotoAdded(
                photo_id=an_id(f"photo {name}"),
                user_id=an_id(name),
                url="https://a.b/c",
                is_authentic=True,
            )
            diary.note(photo, START - before)
            tell(engine, diary.pages)
            told = ring(engine, START, kinds=badges)
            assert [each[:2] for each in told] == [("photo_badge.ended", an_id(f"photo {name}"))]

    def test_a_clock_that_was_ahead_hides_nothing(self, engine: Engine) -> None:
        """G14: a day ahead, then right again."""
        announced(engine, "drinks", "brunch")
        moves(engine, "brunch", 23 * HOUR)
        assert len(ring(engine, START - INSTANT, kinds=STARTING)) == 2
        diary = Diary()
        diary.event("soon", host="Hanna", seats=5, starts_at=START - HOUR)
        tell(engine, diary.pages)
        told = ring(engine, START - 25 * HOUR, kinds=STARTING)
        assert told == [Said("event.reminder_due", an_id("soon"), START - 25 * HOUR)]

    def test_one_that_is_just_being_changed_is_looked_at_afterwards(self, engine: Engine) -> None:
        """Nobody waits for whoever holds its row, and it isn't reminded of as it was."""
        announced(engine, "drinks", "brunch")
        now = START - 20 * HOUR
        with engine.begin() as busy:
            busy.execute(
                text("SELECT FROM events WHERE id = :id FOR NO KEY UPDATE"),
                {"id": an_id("drinks")},
            )
            assert ring(engine, now, kinds=STARTING) == [reminder("brunch", DAY)]
        assert ring(engine, now, kinds=STARTING) == [reminder("drinks", DAY)]


class TestServersTimeZone:
    def test_a_day_is_24_hours_where_clocks_change(self, engine: Engine) -> None:
        diary = Diary()
        diary.people("Hanna", "Cleo")
        # In New York the clocks went forward on 8 March 2026.
        starts_at = START - 6 * DAY
        diary.event("spring", host="Hanna", seats=5, starts_at=starts_at)
        tell(engine, diary.pages)
        with engine.connect() as connection:
            name = connection.execute(text("SELECT current_database()")).scalar_one()
            connection.execute(text(f"ALTER DATABASE \"{name}\" SET timezone = 'America/New_York'"))
            connection.commit()
        engine.dispose()
        assert ask(engine, "SHOW timezone") == "America/New_York"
        told = ring(engine, starts_at - HOUR, kinds=STARTING)
        assert [said.time for said in told] == [starts_at - 2 * HOUR]
        told = ring(engine, starts_at - 3 * HOUR, kinds=STARTING)
        assert [said.time for said in told] == [starts_at - 24 * HOUR]
