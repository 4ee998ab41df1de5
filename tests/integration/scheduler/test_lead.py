"""One scheduler leads, the others are ready; as real processes, and at the lock itself."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.leading import Leader, leader
from domain.schedules import schedules
from scheduler.lead import SILENT, Lead
from scheduler.timetable import Timetable
from tests.acceptance.faults.scene import our_environment
from tests.helpers.ledger import ask, until
from tests.helpers.processes import GRACE, Program, stopped
from tests.helpers.scheduling import HOLDING, MONDAY, TABLES, Clock, a_term, ticks
from workers.clock import utc_now
from workers.database import make_engine

STARTED = timedelta(seconds=20)
MODULE = "tests.helpers.scheduling"


@contextmanager
def a_lead(database_url: str, clock: Callable[[], datetime] = utc_now) -> Iterator[Lead]:
    engine = make_engine(database_url, process="scheduler", pool_size=1)
    lead = Lead(engine, now=clock)
    try:
        yield lead
    finally:
        lead.release()
        engine.dispose()


def who_leads(engine: Engine) -> Leader | None:
    with Session(engine) as session:
        return leader(session)


def leads(engine: Engine, program: Program) -> bool:
    found = who_leads(engine)
    return found is not None and found.pid == program.process.pid


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


class TestTheLock:
    def test_only_one_holds_it(self, database_url: str) -> None:
        with a_lead(database_url) as one, a_lead(database_url) as other:
            assert one.look()
            assert not other.look()
            assert (one.is_mine, other.is_mine) == (True, False)
            assert one.look()
            one.release()
            assert not one.is_mine
            # The server lets go once it has seen that the connection is closed.
            until(other.look, "the other holds it")

    def test_goes_with_the_connection(self, database_url: str, engine: Engine) -> None:
        with a_lead(database_url) as one, a_lead(database_url) as other:
            one.look()
            ended = "SELECT pg_terminate_backend(:pid, 5000)"
            assert ask(engine, ended, pid=one.backend_pid)
            assert other.look()
            assert not one.look()
            assert not one.is_mine
            # It goes on trying, on a new connection.
            other.release()
            assert one.look()

    def test_is_taken_from_who_says_nothing(self, database_url: str) -> None:
        """G7: as when a machine is stopped, or its cable pulled."""
        with a_lead(database_url) as silent, a_lead(database_url) as other:
            silent.look()
            began = time.monotonic()
            until(other.look, "the other leads", GRACE)
            assert time.monotonic() - began < SILENT.total_seconds() + 2
            assert not silent.is_mine

    def test_is_of_one_database(self, make_database: Callable[[], str]) -> None:
        with a_lead(make_database()) as here, a_lead(make_database()) as there:
            assert here.look()
            assert there.look()


class TestWhoGainsIt:
    def test_says_so_and_what_is_scheduled(self, database_url: str, engine: Engine) -> None:
        assert who_leads(engine) is None
        execute(engine, "INSERT INTO schedules VALUES ('gone', '1 s', '0', 'Old.')")
        timetable = Timetable(kinds=(), entries=(HOLDING,))
        with a_term(database_url, engine, utc_now, timetable) as term:
            assert term.going()
            found = who_leads(engine)
            with Session(engine) as session:
                listed = [each.name for each in schedules(session, MONDAY)]
            # In one transaction: what is new is known since then, not since another led.
            together = "SELECT lead.xmin = line.xmin FROM schedules AS line, scheduler_lead AS lead"
            assert ask(engine, together)
        assert found is not None
        assert abs(found.clock_ahead_s) < 1
        assert listed == ["held"]
        assert who_leads(engine) is None

    def test_marks_what_the_one_before_has_not_ended(
        self, database_url: str, engine: Engine
    ) -> None:
        execute(
            engine,
            "INSERT INTO ticks (schedule, planned_at, started_at)"
            " VALUES ('held', '2026-03-16 12:00Z', now())",
        )
        with a_term(database_url, engine, Clock(), Timetable((), (HOLDING,))):
            assert ticks(engine, "held") == [(MONDAY, None, "interrupted", None)]

    def test_tells_a_clock_that_differs_from_the_databases(
        self, database_url: str, engine: Engine
    ) -> None:
        clock = Clock(utc_now() + timedelta(hours=1))
        timetable = Timetable((), (HOLDING,))
        with a_term(database_url, engine, clock, timetable) as term:
            found = who_leads(engine)
            assert found is not None
            assert abs(found.clock_ahead_s - 3600) < 60
            clock.now = utc_now()
            term.look(timetable)
            found = who_leads(engine)
            assert found is not None
            assert abs(found.clock_ahead_s) < 1


class TestProcesses:
    @pytest.fixture
    def both(
        self, engine: Engine, database_url: str, tmp_path: Path
    ) -> Iterator[tuple[Program, Program]]:
        """Two schedulers: the first leads, the second is ready to."""
        execute(engine, TABLES)
        execute(engine, "INSERT INTO hold VALUES ('a test')")
        environment = our_environment(database_url, "redis://127.0.0.1:1")
        with ExitStack() as stack:
            programs = [Program(MODULE, environment, tmp_path / f"{n}.log") for n in range(2)]
            for program in programs:
                program.start()
                stack.callback(program.end)
                until(lambda: leads(engine, programs[0]), "the first leads", STARTED)
            until(lambda: connected(engine) >= 2, "the second is ready", STARTED)
            yield programs[0], programs[1]

    def test_killed_between_work_and_commit_leaves_nothing_and_is_followed_within_10_s(
        self, engine: Engine, both: tuple[Program, Program]
    ) -> None:
        """G14, G7: nothing of the work is recorded, and the next does it, once."""
        first, second = both
        until(lambda: working(engine), "the work is done, and not committed")
        first.signal(signal.SIGKILL)
        first.wait()
        until(lambda: leads(engine, second), "the second leads", GRACE)
        assert ask(engine, "SELECT count(*) FROM done") == 0
        execute(engine, "DELETE FROM hold")
        until(lambda: ask(engine, "SELECT count(*) FROM done") == 1, "it is done", GRACE)
        ((_, count, result, error),) = ticks(engine, "held")
        assert (count, result, error) == (1, "done", None)

    def test_asked_to_stop_goes_within_10_s_and_is_followed_at_once(
        self, engine: Engine, both: tuple[Program, Program]
    ) -> None:
        """G7: what it had at work was rolled back."""
        first, second = both
        until(lambda: working(engine), "the work is done, and not committed")
        first.signal(signal.SIGTERM)
        assert first.wait(GRACE) == 0
        until(lambda: leads(engine, second), "the second leads", timedelta(seconds=5))
        execute(engine, "DELETE FROM hold")
        until(lambda: ask(engine, "SELECT count(*) FROM done") == 1, "it is done", GRACE)

    def test_stopped_is_followed_and_goes_on_without_the_lead(
        self, engine: Engine, both: tuple[Program, Program]
    ) -> None:
        """G7, G14: as a machine does that swaps."""
        first, second = both
        execute(engine, "DELETE FROM hold")
        until(lambda: ask(engine, "SELECT count(*) FROM done") == 1, "it is done", GRACE)
        with stopped(first.family()[0], timedelta()):
            until(lambda: leads(engine, second), "the second leads", GRACE)
        until(lambda: "lead.lost" in first.log.read_text(), "the first knows", GRACE)
        assert leads(engine, second)
        assert ask(engine, "SELECT count(*) FROM done") == 1

    def test_stopped_between_work_and_commit_holds_up_nobody(
        self, engine: Engine, both: tuple[Program, Program]
    ) -> None:
        """G7, G14: what it had at work is done by the other within the ten seconds."""
        first, second = both
        until(lambda: working(engine), "the work is done, and not committed")
        with stopped(first.family()[0], timedelta()):
            execute(engine, "DELETE FROM hold")
            # Within ten seconds, on a machine that has nothing else to do.
            until(lambda: ask(engine, "SELECT count(*) FROM done") == 1, "it is done", 3 * GRACE)
            assert leads(engine, second)
        until(lambda: "lead.lost" in first.log.read_text(), "the first knows", GRACE)
        assert ask(engine, "SELECT count(*) FROM done") == 1


def connected(engine: Engine) -> int:
    count: int = ask(
        engine,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'momento-scheduler' AND query LIKE 'SELECT clock_timestamp%'",
    )
    return count


def working(engine: Engine) -> bool:
    """Whether a scheduler is in the midst of the entry that holds on to its work."""
    return bool(
        ask(
            engine,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'momento-scheduler' AND query LIKE '%FROM hold%'"
            " AND state = 'active'",
        )
    )


def test_a_server_that_is_away_is_no_lead() -> None:
    with a_lead("postgresql://nobody@127.0.0.1:1/none") as lead:
        assert not lead.look()
