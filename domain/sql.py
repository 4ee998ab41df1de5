"""How the domain talks to Postgres: whole batches a statement, rows as plain tuples.

Statements are SQL with psycopg's named parameters, run on the session's own connection. Ids come
back as text. Lists travel as arrays, written by `array` where they are long and their values
plain; wide rows travel as one JSON document, so that Postgres casts each value to its column.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.types.string import TextLoader
from pydantic_core import to_json
from sqlmodel import Session


@contextmanager
def _cursor(session: Session) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """Open a cursor on the session's connection, below SQLAlchemy's own result handling."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        message = "the session must be on psycopg 3: postgresql+psycopg://…"
        raise TypeError(message)
    with connection.cursor() as cursor:
        cursor.adapters.register_loader("uuid", TextLoader)
        yield cursor


def fetch(session: Session, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement that returns rows and give them as tuples."""
    with _cursor(session) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def fetch_dicts(session: Session, statement: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run a statement that returns rows and give each as a dictionary by column."""
    with _cursor(session) as cursor:
        rows = cursor.execute(statement, parameters).fetchall()
        names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def execute(session: Session, statement: str, **parameters: Any) -> int:
    """Run a statement and give how many rows it touched."""
    with _cursor(session) as cursor:
        return cursor.execute(statement, parameters).rowcount


def begin_with(session: Session, *settings: str) -> None:
    """Run settings of a transaction together, in one round trip: `SET …` without parameters."""
    with _cursor(session) as cursor:
        # Several statements can't be prepared.
        cursor.execute("; ".join(settings), prepare=False)


def array(values: Iterable[str]) -> str:
    """Write plain values (ids, numbers, words of an enumeration, times) as an array literal.

    Several times faster than adapting each one; not for text that people wrote, which may hold
    quotes and commas.
    """
    return "{" + ",".join(values) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Write any text, nulls included, as an array literal; as fast as `array`."""
    quoted = (
        "NULL" if each is None else '"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for each in values
    )
    return "{" + ",".join(quoted) + "}"


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write rows as one JSON document for `jsonb_populate_recordset`."""
    return to_json(list(rows)).decode()


def insert_missing(session: Session, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, leaving alone those whose key is taken; all have the same columns."""
    if not rows:
        return 0
    columns = ", ".join(f'"{column}"' for column in rows[0])
    return execute(
        session,
        f"INSERT INTO {table} ({columns}) SELECT {columns}"
        f" FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb) ON CONFLICT DO NOTHING",
        rows=as_json(rows),
    )


def update_rows(session: Session, table: str, key: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write the columns of each row where its key matches; all have the same columns.

    The rows are locked in key order first, so that two who write them wait for one another instead
    of deadlocking.
    """
    if not rows:
        return 0
    columns = [column for column in rows[0] if column != key]
    settings = ", ".join(f'"{column}" = changed."{column}"' for column in columns)
    return execute(
        session,
        f"""
        WITH changed AS MATERIALIZED (
            SELECT * FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb)
        ), held AS MATERIALIZED (
            SELECT {key} FROM {table} WHERE {key} IN (SELECT {key} FROM changed)
            ORDER BY {key} FOR NO KEY UPDATE
        )
        UPDATE {table} SET {settings}, updated_at = now()
        FROM changed JOIN held USING ({key}) WHERE {table}.{key} = changed.{key}
        """,
        rows=as_json(rows),
    )
