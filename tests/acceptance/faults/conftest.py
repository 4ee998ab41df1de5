"""A database where a party was, a Redis of the test's own, and processes that work on both."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.acceptance.faults.scene import a_party, our_environment, work_goes_on
from tests.helpers.processes import Crew, a_crew
from workers import embedded

# Interpreters take their time to start on a busy machine.
STARTED = timedelta(seconds=20)


@pytest.fixture
def party(engine: Engine) -> None:
    a_party(engine)


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a Redis that nobody else uses."""
    home = tmp_path_factory.mktemp("redis")
    embedded.start_redis(home)
    yield home
    embedded.stop_redis(home)


@pytest.fixture
def crew(
    engine: Engine, party: None, database_url: str, own_redis: Path, tmp_path: Path
) -> Iterator[Crew]:
    """A relay and worker processes, at work."""
    environment = our_environment(database_url, embedded.redis_url(own_redis))
    with a_crew(environment, tmp_path) as crew:
        work_goes_on(engine, "somebody", within=STARTED)
        yield crew
