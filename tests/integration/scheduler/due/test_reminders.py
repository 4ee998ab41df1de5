"""A reminder is published while what it reminds of is ahead, and for what stands then."""

from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.constants import REMINDER_LATENESS, SAID_KEPT
from scheduler.due import KINDS, forget_said
from scheduler.due.reminders import REMINDERS
from tests.factories.facts import INSTANT, MINUTE
from tests.helpers.clock import Said, drain, named, ring
from tests.helpers.evening import DAY, END, HOUR, START, Diary, an_id, tell
from tests.helpers.ledger import ask

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
    def test_one_that_was_slept_through_is_made_up_for(self, engine: Engine) -> None:
        """G14: both reminders of an event that is about to start, in due order."""
        announced(engine, "drinks")
        told = [reminder("drinks", DAY), reminder("drinks", 2 * HOUR)]
        assert ring(engine, START - INSTANT, kinds=STARTING) == told

    def test_none_is_said_of_what_is_past(self, engine: Engine) -> None:
        announced(engine, "drinks")
        assert ring(engine, START, kinds=STARTING) == []

    def test_none_is_said_that_was_due_before_there_was_an_invitation(self, engine: Engine) -> None:
        announced(engine, "drinks")
        diary = Diary()
        diary.invited("drinks", "Ada", at=START - 5 * HOUR, expires_at=START)
        tell(engine, diary.pages)
        assert ring(engine, START - HOUR, kinds=INVITING) == []


class TestMoved:
    def test_what_moved_is_reminded_of_for_its_new_time(self, engine: Engine) -> None:
        announced(engine, "drinks")
        assert len(ring(engine, START - 2 * HOUR, kinds=STARTING)) == 2
        moves(engine, "drinks", 3 * DAY, said=HOUR)
        assert ring(engine, START - HOUR, kinds=STARTING) == []
        told = [reminder("drinks", -2 * DAY), reminder("drinks", 2 * HOUR - 3 * DAY)]
        assert ring(engine, START + 3 * DAY - HOUR, kinds=STARTING) == told

    def test_two_reminders_of_one_moment_are_two(self, engine: Engine) -> None:
        """A day before one start is two hours before another."""
        announced(engine, "drinks")
        assert ring(engine, START - DAY, kinds=STARTING) == [reminder("drinks", DAY)]
        moves(engine, "drinks", -22 * HOUR)
        again = [reminder("drinks", DAY)]
        assert ring(engine, START - DAY + MINUTE, kinds=named("events.remind_2h")) == again
        data = "SELECT string_agg(data->>'hours_before', ',' ORDER BY seq) FROM domain_events"
        assert ask(engine, f"{data} WHERE type LIKE '%reminder_due%'") == "24,2"


class TestFromTheNewest:
    def test_what_comes_a_little_late_is_still_reminded_of(self, engine: Engine) -> None:
        announced(engine, "drinks")
        drain(engine, START - DAY, kinds=STARTING)
        diary = Diary()
        starts_at = START - REMINDER_LATENESS + MINUTE
        diary.event("late", host="Hanna", seats=5, starts_at=starts_at)
        tell(engine, diary.pages)
        told = ring(engine, START - DAY, kinds=STARTING)
        assert [said.subject for said in told] == [an_id("late")]

    def test_a_clock_that_was_ahead_hides_nothing(self, engine: Engine) -> None:
        """G14: a day ahead, then right again."""
        announced(engine, "drinks", "brunch")
        moves(engine, "brunch", 23 * HOUR)
        assert len(ring(engine, START - INSTANT, kinds=STARTING)) == 3
        diary = Diary()
        diary.event("soon", host="Hanna", seats=5, starts_at=START - HOUR)
        tell(engine, diary.pages)
        told = ring(engine, START - 25 * HOUR, kinds=STARTING)
        assert told == [Said("event.reminder_due", an_id("soon"), START - 25 * HOUR)]

    def test_it_is_kept_when_what_was_said_is_forgotten(self, engine: Engine) -> None:
        announced(engine, "drinks", "brunch")
        moves(engine, "brunch", 22 * HOUR)
        drain(engine, START, kinds=KINDS)
        before = ask(engine, "SELECT count(DISTINCT kind) FROM due_said")
        with Session(engine) as session, session.begin():
            forget_said(session, START + SAID_KEPT - DAY + MINUTE)
        rows = "SELECT count(*) FROM due_said"
        assert ask(engine, rows) < before + 2
        assert ask(engine, "SELECT count(DISTINCT kind) FROM due_said") == before
        assert ring(engine, START + MINUTE, kinds=REMINDERS) == []


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
        assert [said.time for said in told] == [starts_at - 24 * HOUR, starts_at - 2 * HOUR]
