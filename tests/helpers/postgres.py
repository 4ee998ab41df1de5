"""A Postgres for a test process, and an empty migrated database for each test that wants one."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from workers import embedded
from workers.commands.migrate import migrate
from workers.database import make_engine

TEMPLATE: Final = "momento_template"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a directory of random name is made in it
# For a server of each test process, with its databases and its log of changes.
ROOM_BYTES: Final = 8 * 2**30


@dataclass(frozen=True)
class PostgresServer:
    """A running Postgres with a migrated template database that nobody connects to."""

    url: str

    def database_url(self, name: str) -> str:
        """How to reach one of its databases."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def create(self) -> str:
        """Clone the template; the new database's URL."""
        return self._clone(TEMPLATE)

    def copy(self, database_url: str) -> str:
        """Clone a database to which nobody is connected; the new one's URL."""
        return self._clone(_name_in(database_url))

    def _clone(self, template: str) -> str:
        name = f"test_{uuid4().hex}"
        # By copying files: its checkpoint is cheap without fsync, a log of every page is not.
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        return self.database_url(name)

    def drop(self, database_url: str) -> None:
        """Drop a database, and end whatever is still connected to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", _name_in(database_url))

    @contextmanager
    def engine(self, *, pool_size: int) -> Iterator[Engine]:
        """Connect to a migrated, empty database, which goes when it is left."""
        url = self.create()
        made = make_engine(url, process="test", pool_size=pool_size)
        try:
            yield made
        finally:
            made.dispose()
            self.drop(url)

    def prepare(self) -> None:
        """Make the template."""
        # Nothing here must survive a power cut; crashes of Postgres alone are survived still.
        self._run("ALTER SYSTEM SET fsync = off")
        self._run("ALTER SYSTEM SET max_wal_size = '512MB'")
        self._run("SELECT pg_reload_conf()")
        self._run("CREATE DATABASE {}", TEMPLATE)
        migrate(self.database_url(TEMPLATE))

    def _run(self, statement: str, *names: str) -> None:
        text = sql.SQL(statement).format(*(sql.Identifier(name) for name in names))
        with closing(psycopg.connect(self.url, autocommit=True, connect_timeout=5)) as connection:
            connection.execute(text)


def _name_in(database_url: str) -> str:
    name = make_url(database_url).database
    assert name is not None
    return name


@contextmanager
def running_postgres(home: Path) -> Iterator[PostgresServer]:
    """Start a Postgres in `home`, with the template made; it is stopped when left."""
    try:
        server = PostgresServer(embedded.start_postgres(home))
        server.prepare()
        yield server
    finally:
        embedded.stop_postgres(home)


@contextmanager
def in_memory() -> Iterator[Path]:
    """Make a directory in memory, where a clone takes a tenth of what it takes on a busy disk.

    It is on the disk where there is no memory for files, or too little of it (Docker gives 64 MB
    by default). It isn't below pytest's own: another session that starts closes that one to the
    account that Postgres runs under when we are root.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    with TemporaryDirectory(prefix="momento-", dir=MEMORY if roomy else None) as home:
        yield Path(home)
