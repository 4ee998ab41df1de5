"""Processes are killed, stopped and continued, or asked to go, while work is done."""

import signal
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

import psutil
import pytest
from sqlalchemy import Engine

from tests.acceptance.faults.scene import (
    Publisher,
    assert_all_applied_once,
    pass_time,
    wait_until_settled,
    work_goes_on,
)
from tests.helpers.ledger import PATIENCE, ask, until
from tests.helpers.processes import (
    GRACE,
    RELAY,
    WORKERS,
    Crew,
    Program,
    is_alive,
    stopped,
)

KILLS = 10
# Longer than Postgres bears an idle transaction.
STOPPED = timedelta(seconds=12)


@pytest.fixture
def publisher(engine: Engine, crew: Crew) -> Publisher:
    return Publisher(engine, seed=7)


def kill_someone(crew: Crew, draw: Random) -> str:
    """Kill the relay, the parent of the workers or one of these; who it was."""
    victim = draw.choice(["relay", "parent", "worker", "worker"])
    if victim == "relay":
        crew[RELAY].signal(signal.SIGKILL)
    elif victim == "parent" or not crew[WORKERS].workers():
        victim = "parent"
        crew[WORKERS].signal(signal.SIGKILL)
    else:
        draw.choice(crew[WORKERS].workers()).kill()
    return victim


class TestKill:
    def test_loses_and_doubles_nothing_at_whatever_moment_it_comes(
        self, engine: Engine, crew: Crew, publisher: Publisher
    ) -> None:
        """G7, G2, G16."""
        draw = Random(11)
        victims = []
        with publisher.at_work():
            for _ in range(KILLS):
                # Workers need a second to start; now and then they are killed before.
                pass_time(timedelta(seconds=draw.uniform(0.2, 2.2)))
                victims.append(kill_someone(crew, draw))
        assert {*victims} == {"relay", "parent", "worker"}
        wait_until_settled(engine)
        assert_all_applied_once(engine, publisher.published)

    # Three moments while the workers start, and one when they are at work.
    @pytest.mark.parametrize("delay_s", [0.0, 0.2, 0.5, 4.0])
    def test_of_their_parent_makes_the_workers_go(
        self, crew: Crew, delay_s: float, tmp_path: Path
    ) -> None:
        """G7: nobody is left who works on without a supervisor."""
        program = Program(WORKERS, crew[WORKERS].environment, tmp_path / "killed.log").start()
        try:
            until(lambda: len(program.workers()) == 2, "two workers")
            pass_time(timedelta(seconds=delay_s))
            everybody = program.family()
            program.signal(signal.SIGKILL)
            program.wait()
            # A worker that is still being imported, on a busy machine, notes it only after that.
            until(lambda: not any(map(is_alive, everybody)), "all are gone", 2 * PATIENCE)
        finally:
            program.end()


class TestStop:
    """As a machine does that swaps, or is moved to another host."""

    def test_within_a_batch_has_others_apply_it(
        self, engine: Engine, crew: Crew, publisher: Publisher
    ) -> None:
        """G7: Postgres ends the transaction, and whoever goes on finds itself locked out."""
        with publisher.at_work():
            with stopped(stopped_within_a_batch(engine, crew), STOPPED):
                work_goes_on(engine, "meanwhile")
            work_goes_on(engine, "afterwards")
        wait_until_settled(engine)
        assert "lane.interrupted" in crew.log()
        assert_all_applied_once(engine, publisher.published)

    @pytest.mark.parametrize("module", [RELAY, WORKERS])
    def test_of_all_of_a_kind_costs_no_more_than_its_duration(
        self, engine: Engine, crew: Crew, publisher: Publisher, module: str
    ) -> None:
        """G7."""
        with publisher.at_work(), ExitStack() as stops:
            pass_time(timedelta(seconds=0.5))
            for process in crew[module].family():
                stops.enter_context(stopped(process, STOPPED))
        work_goes_on(engine, "afterwards")
        wait_until_settled(engine)
        assert_all_applied_once(engine, publisher.published)


def stopped_within_a_batch(engine: Engine, crew: Crew) -> psutil.Process:
    """Stop a worker again and again until it was in the midst of a transaction; which it is."""
    worker = crew[WORKERS].workers()[0]
    until(lambda: _stops_within_a_batch(engine, worker), "stopped within a batch")
    return worker


def _stops_within_a_batch(engine: Engine, worker: psutil.Process) -> bool:
    worker.suspend()
    # Those who go on are never idle for so long within a transaction.
    pass_time(timedelta(seconds=0.4))
    idle = ask(
        engine,
        "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        " AND datname = current_database() AND application_name = 'momento-worker'"
        " AND state_change < clock_timestamp() - interval '0.3 s'",
    )
    if not idle:
        worker.resume()
    return bool(idle)


class TestAskToGo:
    def test_ends_all_within_ten_seconds_and_leaves_none_behind(
        self, engine: Engine, crew: Crew, publisher: Publisher
    ) -> None:
        """G7: and no batch is left half done, so that nothing was in anybody's hand."""
        with publisher.at_work():
            pass_time(timedelta(seconds=1))
            assert crew.dismiss(GRACE) == []
        assert ask(engine, "SELECT count(*) FROM outbox") > 0
        assert crew[WORKERS].process.returncode == 0
        assert crew[RELAY].process.returncode == 0
        for program in crew.programs.values():
            program.start()
        wait_until_settled(engine)
        assert_all_applied_once(engine, publisher.published)
        assert ask(engine, "SELECT sum(deaths) FROM deliveries") == 0
