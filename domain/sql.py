"""How the domain talks to Postgres: whole batches a statement, rows as plain tuples.

Statements are written as SQL with psycopg's named parameters. Lists become arrays; wide rows
travel as one JSON document, so that Postgres itself casts each value to its column's type.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlmodel import Session


def fetch(session: Session, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement that returns rows and give them as tuples."""
    result = session.connection().exec_driver_sql(statement, parameters)
    rows: list[tuple[Any, ...]] = result.cursor.fetchall() if result.cursor else []
    result.close()
    return rows


def fetch_dicts(session: Session, statement: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run a statement that returns rows and give each as a dictionary by column."""
    result = session.connection().exec_driver_sql(statement, parameters)
    return [dict(row) for row in result.mappings()]


def execute(session: Session, statement: str, **parameters: Any) -> int:
    """Run a statement and give how many rows it touched."""
    return session.connection().exec_driver_sql(statement, parameters).rowcount


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


def update_rows(
    session: Session, table: str, key: str, rows: Sequence[Mapping[str, Any]]
) -> int:
    """Write the columns of each row where its key matches; all have the same columns."""
    if not rows:
        return 0
    columns = [column for column in rows[0] if column != key]
    settings = ", ".join(f'"{column}" = changed."{column}"' for column in columns)
    return execute(
        session,
        f"UPDATE {table} SET {settings}, updated_at = now()"
        f" FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb) AS changed"
        f" WHERE {table}.{key} = changed.{key}",
        rows=as_json(rows),
    )
