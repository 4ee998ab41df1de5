"""Postgres is stopped in immediate mode and started again while work is done."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.acceptance.faults.scene import (
    Publisher,
    a_party,
    assert_all_applied_once,
    our_environment,
    pass_time,
    wait_until_settled,
    work_goes_on,
)
from tests.helpers.ledger import ask
from tests.helpers.postgres import running_postgres
from tests.helpers.processes import Crew, a_crew, crash_postgres
from workers import embedded
from workers.database import make_engine

CRASHES = 3
STARTED = timedelta(seconds=20)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a Postgres that may crash without hurting other tests."""
    return tmp_path_factory.mktemp("crashing")


@pytest.fixture
def database_url(home: Path) -> Iterator[str]:
    with running_postgres(home) as server:
        # Commits are on disk again when they are answered, as in earnest.
        server._run("ALTER SYSTEM RESET fsync")
        yield server.create()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    # As an API service's: it must not meet a connection that died in the pool.
    made = make_engine(database_url, process="test", pool_size=5)
    yield made
    made.dispose()


@pytest.fixture
def crew(engine: Engine, database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Crew]:
    a_party(engine)
    with a_crew(our_environment(database_url, broker_url), tmp_path) as crew:
        work_goes_on(engine, "somebody", within=STARTED)
        yield crew


class TestPostgres:
    def test_may_crash_and_come_back_at_any_moment(
        self, engine: Engine, crew: Crew, home: Path
    ) -> None:
        """G6, G2, G1: processes connect again by themselves, and nothing is lost or doubled."""
        publisher = Publisher(engine, seed=13)
        with publisher.at_work():
            for crash in range(CRASHES):
                pass_time(timedelta(seconds=1))
                crash_postgres(home)
                pass_time(timedelta(seconds=0.7))
                embedded.start_postgres(home)
                work_goes_on(engine, f"after crash {crash}")
        assert publisher.troubles >= CRASHES
        wait_until_settled(engine)
        assert {program.started for program in crew.programs.values()} == {1}
        assert ask(engine, "SELECT sum(deaths) FROM deliveries") == 0
        assert_all_applied_once(engine, publisher.published)
