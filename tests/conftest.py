"""What tests ask for by name: a database of their own, and a Redis that is empty.

Each test process (pytest-xdist has several) starts its own servers, so none meets another.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine

from tests.helpers.command import Momento
from tests.helpers.fuse import Fuse, fused_engine
from tests.helpers.postgres import PostgresServer, in_memory, running_postgres
from workers import embedded
from workers.database import make_engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what may take longest, so that it isn't waited for alone at the end."""

    def patience(item: pytest.Item) -> float:
        marker = item.get_closest_marker("timeout")
        return float(marker.args[0]) if marker else 0

    items.sort(key=patience, reverse=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A Postgres for this test process."""
    with in_memory() as home, running_postgres(home) as server:
        yield server


@pytest.fixture
def make_database(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    """Make a migrated, empty database; the URL. All are dropped after the test."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres_server.create())
        return made[-1]

    yield make
    for url in made:
        postgres_server.drop(url)


@pytest.fixture
def database_url(make_database: Callable[[], str]) -> str:
    """A migrated, empty database of this test's own."""
    return make_database()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Connections to `database_url`, with the limits that our processes have."""
    made = make_engine(database_url, process="test", pool_size=20)
    yield made
    made.dispose()


@pytest.fixture
def make_engine_of_its_own(make_database: Callable[[], str]) -> Iterator[Callable[[], Engine]]:
    """Make connections to a database that nothing else in the test uses."""
    made: list[Engine] = []

    def make() -> Engine:
        made.append(make_engine(make_database(), process="test", pool_size=8))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def copy_engine(postgres_server: PostgresServer) -> Iterator[Callable[[Engine], Engine]]:
    """Make connections to a copy of a database, whose own connections are let go for it."""
    made: list[tuple[str, Engine]] = []

    def copy(engine: Engine) -> Engine:
        engine.dispose()
        url = postgres_server.copy(engine.url.render_as_string(hide_password=False))
        made.append((url, make_engine(url, process="test", pool_size=8)))
        return made[-1][1]

    yield copy
    for url, engine in made:
        engine.dispose()
        postgres_server.drop(url)


@pytest.fixture
def fuse(database_url: str) -> Iterator[Fuse]:
    """What breaks the connections of `fused`."""
    fuse = Fuse(database_url)
    yield fuse
    fuse.close()


@pytest.fixture
def fused(database_url: str, fuse: Fuse) -> Iterator[Engine]:
    """Connections to `database_url` that break at the statement of one's choosing."""
    engine = fused_engine(database_url, fuse)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis for this test process; the URL."""
    home = tmp_path_factory.mktemp("redis")
    try:
        yield embedded.start_redis(home)
    finally:
        embedded.stop_redis(home)


@pytest.fixture
def broker_url(redis_server: str) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture
def momento(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Momento:
    """The command `momento`, working on `database_url`."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("MOMENTO_HOME", str(tmp_path))
    return Momento(capsys)
