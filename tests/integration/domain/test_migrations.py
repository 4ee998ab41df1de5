"""Migrations lead to exactly the tables of the code, from nothing, twice, and two at once."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Final
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import CheckConstraint, Connection, create_engine, text
from sqlalchemy.pool import NullPool

from domain.migrations.compare import belongs_to_the_model
from domain.tables import metadata
from tests.helpers.postgres import PostgresServer
from workers.commands.migrate import migrate
from workers.database import psycopg_url

PATIENCE_S: Final = 30
MOMENTO: Final = "import sys; from workers.cli import main; sys.exit(main())"
# That of domain/migrations/env.py, which runs when it is imported.
MIGRATION_LOCK: Final = 6_021_986
WORDS: Final = re.compile(r"'([^']*)'")


@pytest.fixture
def empty_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database in which there is nothing yet."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = postgres_server.database_url(name)
    yield url
    postgres_server.drop(url)


@pytest.fixture
def connection(empty_url: str) -> Iterator[Connection]:
    """A connection to the database after it was migrated."""
    migrate(empty_url)
    engine = create_engine(psycopg_url(empty_url), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def checks_of_the_code() -> dict[str, set[str]]:
    """The words that each enumeration of the tables allows."""
    return {
        str(constraint.name): set(WORDS.findall(str(constraint.sqltext)))
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint) and " IN (" in str(constraint.sqltext)
    }


def checks_of_the_database(connection: Connection) -> dict[str, set[str]]:
    rows = connection.execute(
        text(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
            " AND pg_get_constraintdef(oid) LIKE '%= ANY (%'"
        )
    )
    return {name: set(WORDS.findall(definition)) for name, definition in rows}


def everything(url: str) -> list[tuple[str, ...]]:
    """All relations and columns, and the revision."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY table_name, column_name"
        ).fetchall()
        return columns + connection.execute("SELECT version_num FROM alembic_version").fetchall()


class TestUpgrade:
    def test_from_nothing_it_gives_exactly_the_tables_of_the_code(
        self, connection: Connection
    ) -> None:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": belongs_to_the_model,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, metadata) == []

    def test_status_columns_hold_the_words_of_their_enumerations(
        self, connection: Connection
    ) -> None:
        of_the_code = checks_of_the_code()
        assert len(of_the_code) >= 10
        assert checks_of_the_database(connection) == of_the_code

    def test_a_second_one_changes_nothing(self, empty_url: str) -> None:
        revision = migrate(empty_url)
        before = everything(empty_url)
        assert migrate(empty_url) == revision
        assert everything(empty_url) == before

    def test_two_at_once_wait_for_each_other(self, empty_url: str) -> None:
        with ExitStack() as stack:
            gate = stack.enter_context(psycopg.connect(empty_url, autocommit=True))
            gate.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            both = [_migrate_in_a_process(empty_url) for _ in range(2)]
            for process in both:
                stack.callback(process.kill)
            _wait(lambda: _waiting(gate) == len(both))
            assert gate.execute("SELECT to_regclass('users')").fetchone() == (None,)
            gate.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
            said = [process.communicate(timeout=PATIENCE_S)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert everything(empty_url)[-1] == (migrate(empty_url),)

    def test_nobody_waits_for_long_behind_one_that_waits(self, empty_url: str) -> None:
        """G17: an upgrade needs no stop, also while somebody reads for minutes."""
        migrate(empty_url, to="0011")
        with ExitStack() as stack:
            connect = partial(psycopg.connect, empty_url)
            reader = stack.enter_context(connect())
            reader.execute("SELECT FROM users LIMIT 1")
            others = stack.enter_context(connect(autocommit=True))
            others.execute("SET lock_timeout = '5s'")
            process = _migrate_in_a_process(empty_url)
            stack.callback(process.kill)
            for _ in range(2):
                _wait(lambda: _wanted(others) > 0)
                others.execute("SELECT FROM users LIMIT 1")
            reader.rollback()
            said = process.communicate(timeout=PATIENCE_S)[0]
        assert process.returncode == 0, said
        assert everything(empty_url)[-1] == (migrate(empty_url),)


def _wanted(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    """How many wait for a table of this database to have it for themselves."""
    row = connection.execute(
        "SELECT count(*) FROM pg_locks JOIN pg_database AS here ON here.oid = pg_locks.database"
        " WHERE mode = 'AccessExclusiveLock' AND NOT granted AND datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(str(row[0]))


def _migrate_in_a_process(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MOMENTO, "migrate"],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _waiting(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    """How many wait for an advisory lock in this database."""
    row = connection.execute(
        "SELECT count(*) FROM pg_locks JOIN pg_database AS here ON here.oid = pg_locks.database"
        " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(str(row[0]))


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it didn't come to pass"
        time.sleep(0.02)
