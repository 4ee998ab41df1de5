"""G14: two schedulers, one that fires twice, or one that slept, have the effect of one on time."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any, Final

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from domain.asked_runs import ask
from domain.schedule_pauses import pause, resume
from domain.schedules import keep_timetable, names, schedules
from domain.sql import execute
from domain.ticks import KEPT, planned_time, trim
from scheduler.timetable import Entry, Timetable
from tests.helpers.ledger import ask as ask_database
from tests.helpers.scheduling import MONDAY, SECOND, AKind, Clock, Dues, a_ticker, ticks
from workers.chores.chore import Chore
from workers.clock import utc_now
from workers.database import make_engine

SCHEDULERS: Final[dict[str, Any]] = {"process": "scheduler", "pool_size": 1}
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dues(engine: Engine) -> Dues:
    return Dues(engine).make()


def counted(engine: Engine, name: str = "counted") -> Timetable:
    """A timetable with one entry, which makes a row for each run."""

    def run(session: Session, now: datetime) -> int:
        connection = session.connection()
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS runs (at timestamptz)")
        connection.exec_driver_sql("INSERT INTO runs VALUES (%s)", (now,))
        return 1

    return Timetable(kinds=(), entries=(Entry(name, MINUTE, "Makes a row.", run),))


def runs(engine: Engine) -> int:
    count: int = ask_database(engine, "SELECT count(*) FROM runs")
    return count


class TestPlannedTimes:
    @pytest.mark.parametrize(
        ("now", "every", "at", "planned"),
        [
            (MONDAY, MINUTE, timedelta(), MONDAY),
            (MONDAY + timedelta(seconds=59.9), MINUTE, timedelta(), MONDAY),
            (MONDAY, DAY, timedelta(), MONDAY - 12 * HOUR),
            (MONDAY, DAY, 9 * HOUR, MONDAY - 3 * HOUR),
            (MONDAY - 4 * HOUR, DAY, 9 * HOUR, MONDAY - 27 * HOUR),
        ],
    )
    def test_lie_on_a_grid_that_all_schedulers_share(
        self, now: datetime, every: timedelta, at: timedelta, planned: datetime
    ) -> None:
        assert planned_time(now, every, at=at) == planned


class TestTwoSchedulers:
    def test_fire_each_planned_time_once(self, engine: Engine, clock: Clock) -> None:
        """G14: as if both led, at the same moments, on connections of their own."""
        both = [a_ticker(engine, counted(engine), clock) for _ in range(2)]
        both[0].tick_entries()
        beats = 20
        gate = Barrier(2, action=lambda: clock.forward(MINUTE))

        def beat(number: int) -> None:
            for _ in range(beats):
                gate.wait(20)
                both[number].tick_entries()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(beat, range(2)))
        assert runs(engine) == beats + 1
        assert [result for _, _, result, _ in ticks(engine, "counted")] == ["done"] * (beats + 1)

    def test_publish_what_is_due_once(self, engine: Engine, dues: Dues, clock: Clock) -> None:
        """G14."""
        dues.add("a", *(MONDAY - SECOND * n for n in range(3_000)))
        both = [a_ticker(engine, dues.timetable(AKind("a")), clock) for _ in range(2)]
        gate = Barrier(2)

        def beat(number: int) -> None:
            gate.wait(20)
            both[number].tick_due()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(beat, range(2)))
        assert len(dues.told()) == 3_000
        assert ticks(engine, "a") == [(MONDAY, 3_000, "done", None)]

    def test_a_beat_too_many_does_nothing(self, engine: Engine, clock: Clock) -> None:
        """G14."""
        ticker = a_ticker(engine, counted(engine), clock)
        for _ in range(3):
            ticker.tick_entries()
        assert runs(engine) == 1

    def test_one_that_does_not_lead_does_nothing(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        dues.add("a", MONDAY)
        ticker = a_ticker(engine, dues.timetable(AKind("a")), clock, going=lambda: False)
        ticker.tick_due()
        ticker.tick_entries()
        ticker.answer()
        assert (dues.told(), ticks(engine, "a")) == ([], [])


class TestADayAsleep:
    def test_is_made_up_for_in_due_order_across_all_kinds(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        """G14: 10,000 things became due meanwhile."""
        kinds = [AKind("a"), AKind("b", MINUTE), AKind("c", HOUR)]
        ticker = a_ticker(engine, dues.timetable(*kinds), clock)
        ticker.tick_due()
        due = [MONDAY + timedelta(seconds=8.6) * n for n in range(1, 10_001)]
        for place, kind in enumerate(kinds):
            dues.add(kind.name, *due[place::3])
        clock.forward(DAY)
        ticker.tick_due()
        told = dues.told()
        assert [due_at for _, due_at in told] == due
        assert all(one[0] != other[0] for one, other in pairwise(told))
        # One run of each kind, however many it missed.
        assert [ticks(engine, kind.name)[1:] for kind in kinds] == [
            [(MONDAY + DAY, len(due[place::3]), "done", None)] for place in range(3)
        ]
        assert max(sum(page.values()) for page in dues.pages) == 1_000

    def test_is_left_between_pages_when_asked_to_stop_and_taken_up_by_the_next(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        """G7, G14."""
        dues.add("a", *(MONDAY - SECOND * n for n in range(2_500)))
        timetable = dues.timetable(AKind("a", HOUR))
        ticker = a_ticker(engine, timetable, clock, going=lambda: not dues.pages)
        ticker.tick_due()
        assert ticks(engine, "a") == [(MONDAY, 1_000, "interrupted", None)]
        a_ticker(engine, timetable, clock).tick_due()
        assert len(dues.told()) == 2_500
        assert ticks(engine, "a") == [(MONDAY, 1_500, "done", None)]


class TestTheClock:
    def test_moved_back_an_hour_does_nothing_twice(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        """G14."""
        ticker = a_ticker(engine, dues.timetable(AKind("a", MINUTE)), clock)
        dues.add("a", *(MONDAY + n * MINUTE for n in range(180)))
        for _ in range(120):
            ticker.tick_due()
            clock.forward(MINUTE)
        met = ticks(engine, "a")
        clock.forward(-HOUR)
        for _ in range(60):
            ticker.tick_due()
            clock.forward(MINUTE)
        assert ticks(engine, "a") == met
        assert len(dues.told()) == 120
        ticker.tick_due()
        assert dues.told()[120:] == [("a", MONDAY + 120 * MINUTE)]

    def test_moved_forward_a_day_and_back_does_nothing_twice(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        """G14: what was due that day was published early, by a clock that was wrong, and once."""
        ticker = a_ticker(engine, dues.timetable(AKind("a", MINUTE)), clock)
        dues.add("a", *(MONDAY + n * HOUR for n in range(48)))
        for step in (timedelta(), DAY, -DAY, MINUTE, DAY, DAY):
            clock.forward(step)
            ticker.tick_due()
        told = dues.told()
        assert told == sorted(told, key=lambda each: each[1])
        assert len(told) == len(set(told)) == 48

    def test_put_right_after_it_was_ahead_holds_up_nothing(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        ticker = a_ticker(engine, dues.timetable(AKind("a", MINUTE)), clock)
        for _ in range(60):
            clock.forward(MINUTE)
            ticker.tick_due()
        clock.forward(-HOUR)
        dues.add("a", MONDAY + MINUTE)
        clock.forward(2 * MINUTE)
        ticker.tick_due()
        assert dues.told() == [("a", MONDAY + MINUTE)]


class TestTrouble:
    def test_of_one_kind_is_its_own_result_and_hurts_no_other(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        dues.add("good", MONDAY)
        dues.add("bad", MONDAY)
        dues.trouble["bad"] = ValueError("what somebody wrote")
        ticker = a_ticker(engine, dues.timetable(AKind("bad"), AKind("good")), clock)
        ticker.tick_due()
        assert dues.told() == [("good", MONDAY)]
        assert ticks(engine, "bad") == [(MONDAY, 0, "failed", "ValueError")]
        assert ticks(engine, "good") == [(MONDAY, 1, "done", None)]
        dues.trouble.clear()
        clock.forward(SECOND)
        ticker.tick_due()
        assert dues.told() == [("good", MONDAY), ("bad", MONDAY)]

    def test_of_the_database_says_its_sqlstate(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        dues.trouble["a"] = LockNotAvailable("canceling statement about +4915199887766")
        a_ticker(engine, dues.timetable(AKind("a")), clock).tick_due()
        assert ticks(engine, "a") == [(MONDAY, 0, "failed", "LockNotAvailable 55P03")]

    def test_of_a_kind_that_others_hold_up_delays_the_rest_by_seconds_only(
        self, engine: Engine, dues: Dues, clock: Clock
    ) -> None:
        dues.add("held", MONDAY)
        dues.add("free", MONDAY)
        with engine.begin() as holder:
            holder.execute(text("SELECT FROM dues WHERE kind = 'held' FOR UPDATE"))
            began = time.monotonic()
            a_ticker(engine, dues.timetable(AKind("held"), AKind("free")), clock).tick_due()
            took = time.monotonic() - began
        assert dues.told() == [("free", MONDAY)]
        assert ticks(engine, "held") == [(MONDAY, 0, "failed", "LockNotAvailable 55P03")]
        assert took < 8

    def test_that_passes_costs_another_try(self, engine: Engine, dues: Dues, clock: Clock) -> None:
        dues.add("a", *(MONDAY - SECOND * n for n in range(1_500)))

        def fail_once() -> None:
            if len(dues.pages) == 2:
                raise LockNotAvailable

        dues.after_page = fail_once
        a_ticker(engine, dues.timetable(AKind("a")), clock).tick_due()
        assert len(dues.told()) == 1_500
        assert ticks(engine, "a") == [(MONDAY, 1_500, "done", None)]

    def test_of_an_entry_or_a_chore_is_its_result_too(self, engine: Engine, clock: Clock) -> None:
        def fail(*_: object) -> int:
            message = "a value that somebody wrote"
            raise ValueError(message)

        chore = Chore("chore", SECOND, "Fails.", fail)
        timetable = Timetable((), (Entry("entry", SECOND, "Fails.", fail),), (chore,))
        ticker = a_ticker(engine, timetable, clock)
        ticker.tick_entries()
        ticker.tick_chore(chore)
        for name in ("entry", "chore"):
            assert ticks(engine, name) == [(MONDAY, 0, "failed", "ValueError")]


class TestResults:
    """A chore's run has an end, whatever becomes of writing it."""

    def test_one_that_cannot_be_written_is_a_failure(self, engine: Engine, clock: Clock) -> None:
        chore = Chore("chore", SECOND, "Counts beyond what the database can.", lambda *_: 2**70)
        a_ticker(engine, Timetable((), (), (chore,)), clock).tick_chore(chore)
        ((_, count, result, error),) = ticks(engine, "chore")
        assert (count, result) == (0, "failed")
        assert error is not None

    def test_one_that_met_no_database_is_written_at_the_next_beat(
        self, engine: Engine, clock: Clock
    ) -> None:
        done: list[datetime] = []

        def run(pool: Engine, now: datetime) -> int:
            done.append(now)
            with pool.connect() as connection:
                mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            # The pool doesn't know.
            assert ask_database(engine, "SELECT pg_terminate_backend(:pid, 5000)", pid=mine)
            return 3

        chore = Chore("chore", HOUR, "Does three, and loses the database.", run)
        pool = make_engine(engine.url.render_as_string(hide_password=False), **SCHEDULERS)
        ticker = a_ticker(pool, Timetable((), (), (chore,)), clock)
        with pytest.raises(SQLAlchemyError):
            ticker.tick_chore(chore)
        assert ticks(engine, "chore") == [(MONDAY, None, None, None)]
        ticker.tick_chore(chore)
        assert ticks(engine, "chore") == [(MONDAY, 3, "done", None)]
        assert done == [MONDAY]
        pool.dispose()


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


class TestTrimming:
    def test_keeps_the_last_200_of_each_whatever_the_clock_said(
        self, engine: Engine, clock: Clock
    ) -> None:
        tickers = [a_ticker(engine, counted(engine, name), clock) for name in ("one", "other")]
        tickers[0].tick_entries()
        clock.forward(DAY)
        for _ in range(KEPT):
            tickers[0].tick_entries()
            clock.forward(-MINUTE)
        tickers[1].tick_entries()
        with Session(engine) as session, session.begin():
            assert trim(session) == 1
        kept = [planned_at for planned_at, *_ in ticks(engine, "one")]
        assert (len(kept), kept[0]) == (KEPT, MONDAY + DAY)
        assert len(ticks(engine, "other")) == 1
