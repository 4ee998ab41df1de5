"""A schedule that is paused, and one that is asked for meanwhile."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from domain.asked_runs import ask
from domain.schedule_pauses import pause, resume
from domain.schedules import keep_timetable, names, schedules
from domain.sql import execute
from scheduler.timetable import Entry, Timetable
from tests.helpers.ledger import ask as ask_database
from tests.helpers.scheduling import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    Clock,
    a_ticker,
    counted,
    runs,
    ticks,
)
from workers.clock import utc_now


class TestPause:
    def test_holds_until_its_end_or_until_resumed(self, engine: Engine, clock: Clock) -> None:
        timetable = counted(engine)
        ticker = a_ticker(engine, timetable, clock)
        ticker.tick_entries()
        _keep(engine, timetable)
        with Session(engine) as session, session.begin():
            assert pause(session, "counted", until=MONDAY + HOUR, why="a backup", now=MONDAY)
        for _ in range(59):
            clock.forward(MINUTE)
            ticker.tick_entries()
        assert runs(engine) == 1
        clock.forward(MINUTE)
        ticker.tick_entries()
        assert runs(engine) == 2
        with Session(engine) as session, session.begin():
            now = MONDAY + HOUR
            assert pause(session, "counted", until=MONDAY + DAY, why=None, now=now)
            assert resume(session, "counted", now=now)
        clock.forward(MINUTE)
        ticker.tick_entries()
        assert runs(engine) == 3

    def test_outlives_a_version_that_does_not_know_the_schedule(self, engine: Engine) -> None:
        """After a rollback it still holds when the newer version leads again."""
        newer, older = counted(engine, "newer"), counted(engine, "older")
        until = utc_now() + DAY
        _keep(engine, newer)
        with Session(engine) as session, session.begin():
            pause(session, "newer", until=until, why="a backup", now=utc_now())
        _keep(engine, older)
        with Session(engine) as session:
            assert names(session) == ["older"]
            assert [each.name for each in schedules(session, MONDAY)] == ["older"]
            assert ask(session, "newer") is None
            assert not resume(session, "newer", now=utc_now())
        _keep(engine, newer)
        with Session(engine) as session:
            (found,) = schedules(session, utc_now())
        assert (found.name, found.paused_until, found.paused_why) == ("newer", until, "a backup")

    def test_one_that_is_over_goes_with_the_schedule(self, engine: Engine) -> None:
        _keep(engine, counted(engine, "newer"))
        with Session(engine) as session, session.begin():
            pause(session, "newer", until=utc_now() - SECOND, why=None, now=utc_now())
        _keep(engine, counted(engine, "older"))
        assert ask_database(engine, "SELECT string_agg(name, ' ') FROM schedules") == "older"

    def test_does_not_hold_up_what_is_asked_for(self, engine: Engine, clock: Clock) -> None:
        timetable = counted(engine)
        _keep(engine, timetable)
        with Session(engine) as session, session.begin():
            pause(session, "counted", until=MONDAY + DAY, why=None, now=MONDAY)
            asked_at = ask(session, "counted")
        a_ticker(engine, timetable, clock).answer()
        assert ticks(engine, "counted") == [(asked_at, 1, "done", None)]

    def test_trouble_with_one_that_is_asked_for_keeps_back_no_other(
        self, engine: Engine, clock: Clock
    ) -> None:
        """A lost connection is raised; whoever asked hears that the run was interrupted."""

        def lose(session: Session, now: datetime) -> int:
            del now
            execute(session, "SELECT pg_terminate_backend(pg_backend_pid())")
            return 0

        def count(session: Session, now: datetime) -> int:
            del session, now
            return 1

        lost = Entry("a loses", MINUTE, "Loses its connection.", lose)
        timetable = Timetable(kinds=(), entries=(lost, Entry("counts", MINUTE, "Counts.", count)))
        _keep(engine, timetable)
        with Session(engine) as session, session.begin():
            ask(session, "a loses")
            ask(session, "counts")
        ticker = a_ticker(engine, timetable, clock)
        for _ in range(2):
            with suppress(SQLAlchemyError):
                ticker.answer()
        assert [result for *_, result, _ in ticks(engine, "counts")] == ["done"]
        assert None not in [result for *_, result, _ in ticks(engine, "a loses")]


def _keep(engine: Engine, timetable: Timetable) -> None:
    with Session(engine) as session, session.begin():
        keep_timetable(session, [(line, timedelta()) for line in timetable])
