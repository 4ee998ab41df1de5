"""Overhears the statements of a session, and has Postgres explain how it answers them."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql
from sqlmodel import Session

PARAMETER: Final = re.compile(r"%\((\w+)\)s")
TYPES: Final[Mapping[type, str]] = {
    datetime: "timestamptz",
    timedelta: "interval",
    int: "bigint",
    float: "float8",
}


class Asked(NamedTuple):
    """A statement with its parameters."""

    statement: str
    parameters: Mapping[str, Any]


def connection_of(session: Session) -> psycopg.Connection[Any]:
    """The session's own connection."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection


def overhear(session: Session) -> list[Asked]:
    """Give a list in which everything that the session asks is written down from now on."""
    heard: list[Asked] = []

    class Overhearing(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **rest: Any) -> "Overhearing":
            heard.append(Asked(query, params))
            super().execute(query, params, **rest)
            return self

    connection_of(session).cursor_factory = Overhearing
    return heard


class Plan:
    """What Postgres did to answer."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._nodes = list(_nodes(root))

    @property
    def buffers(self) -> int:
        """How many pages of 8 KiB were looked at."""
        return int(self._root["Shared Hit Blocks"] + self._root["Shared Read Blocks"])

    @property
    def indexes(self) -> set[str]:
        """The indexes that were used."""
        return {node["Index Name"] for node in self._nodes if "Index Name" in node}

    @property
    def read_whole(self) -> set[str]:
        """The tables that were read from one end to the other."""
        return {node["Relation Name"] for node in self._nodes if "Seq Scan" in node["Node Type"]}

    @property
    def compared(self) -> int:
        """How many pairs of rows were put together and found not to belong together."""
        removed = "Rows Removed by Join Filter"
        return sum(int(node.get(removed, 0)) * int(node["Actual Loops"]) for node in self._nodes)

    def rows_of(self, table: str) -> int:
        """How many rows of a table were looked at, as often as each was."""
        scans = [node for node in self._nodes if node.get("Relation Name") == table]
        removed = "Rows Removed by Filter"
        looked = (
            (float(node["Actual Rows"]) + float(node.get(removed, 0))) * float(node["Actual Loops"])
            for node in scans
        )
        return round(sum(looked))

    def __str__(self) -> str:
        """A line a step, with what each has looked at."""
        return "\n".join(_lines(self._root, 0))


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _lines(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    of = node.get("Index Name") or node.get("Relation Name") or node.get("CTE Name", "")
    rows = f"{node['Actual Rows']:g} rows x {node['Actual Loops']}"
    pages = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    yield f"{'  ' * depth}{node['Node Type']} {of}: {rows}, {pages} pages"
    for child in node.get("Plans", ()):
        yield from _lines(child, depth + 1)


def explain(session: Session, asked: Asked, *, generic: bool) -> Plan:
    """Have a statement answered and explained: planned for its parameters, or for any.

    Postgres plans a statement that is asked often once for any parameters.
    """
    names = list(dict.fromkeys(PARAMETER.findall(asked.statement)))
    values = [asked.parameters[name] for name in names]
    types = ", ".join(TYPES.get(type(value), "unknown") for value in values)
    numbered = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", asked.statement)
    mode = "force_generic_plan" if generic else "force_custom_plan"
    with connection_of(session).cursor() as cursor:
        cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
        cursor.execute(f"PREPARE asked {f'({types})' if values else ''} AS {numbered}")
        literals = sql.SQL(", ").join(map(sql.Literal, values))
        given = sql.SQL("({})").format(literals) if values else sql.SQL("")
        cursor.execute(
            sql.SQL("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE asked {}").format(
                given
            )
        )
        ((((plan, *_),),),) = [cursor.fetchall()]
        cursor.execute("DEALLOCATE asked")
    return Plan(plan["Plan"])
