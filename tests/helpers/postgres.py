"""A Postgres for a test process, and an empty migrated database for each test that wants one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from workers import embedded
from workers.commands.migrate import migrate

TEMPLATE: Final = "momento_template"


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
        name = make_url(database_url).database
        assert name is not None
        return self._clone(name)

    def _clone(self, template: str) -> str:
        name = f"test_{uuid4().hex}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.database_url(name)

    def drop(self, database_url: str) -> None:
        """Drop a database, and end whatever is still connected to it."""
        name = make_url(database_url).database
        assert name is not None
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def prepare(self) -> None:
        """Make the template."""
        # Nothing here must survive a power cut; crashes of Postgres alone are survived still.
        self._run("ALTER SYSTEM SET fsync = off")
        self._run("SELECT pg_reload_conf()")
        self._run("CREATE DATABASE {}", TEMPLATE)
        migrate(self.database_url(TEMPLATE))

    def _run(self, statement: str, *names: str) -> None:
        text = sql.SQL(statement).format(*(sql.Identifier(name) for name in names))
        with closing(psycopg.connect(self.url, autocommit=True, connect_timeout=5)) as connection:
            connection.execute(text)


@contextmanager
def running_postgres(home: Path) -> Iterator[PostgresServer]:
    """Start a Postgres in `home`, with the template made; it is stopped when left."""
    try:
        server = PostgresServer(embedded.start_postgres(home))
        server.prepare()
        yield server
    finally:
        embedded.stop_postgres(home)
