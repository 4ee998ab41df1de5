"""What goes wrong in a run is its own result, and hurts no other."""

import time
from datetime import datetime
from typing import Any, Final

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from scheduler.timetable import Entry, Timetable
from tests.helpers.ledger import ask as ask_database
from tests.helpers.scheduling import HOUR, MONDAY, SECOND, AKind, Clock, Dues, a_ticker, ticks
from workers.chores.chore import Chore
from workers.database import make_engine

SCHEDULERS: Final[dict[str, Any]] = {"process": "scheduler", "pool_size": 1}


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
