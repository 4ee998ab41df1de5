"""Which handlers, and which kinds of what is dead, an index holds: from one to the next of them.

Each step is one probe of an index, however many rows lie between.
"""

from collections.abc import Iterable
from typing import Final

from sqlmodel import Session

from domain.sql import fetch

# What deliveries_due_idx and deliveries_dead_idx hold.
DUE: Final = "due_at IS NOT NULL"
DEAD: Final = "state = 'dead'"
# A handler, and the kind of its error.
Kind = tuple[str, str]


def handlers_with(session: Session, held: str) -> list[str]:
    """Give the handlers that have a delivery in the index of what is DUE, or DEAD, in order."""
    return [handler for (handler,) in fetch(session, _steps("handler", held))]


def dead_kinds(
    session: Session, *, handlers: Iterable[str], error: str | None, most: int
) -> list[Kind]:
    """Give up to so many kinds of what is dead of these handlers, or of that error."""
    found = fetch(
        session,
        _OF_EACH.format(kinds=_steps("fingerprint", _OF_ONE) if error is None else _PROBE),
        handlers=sorted(handlers),
        error=error,
        most=most,
    )
    return [(handler, fingerprint) for handler, fingerprint in found]


_OF_EACH: Final = """
SELECT of.handler, kind.fingerprint FROM unnest(%(handlers)s::text[]) AS of (handler)
CROSS JOIN LATERAL ({kinds} LIMIT %(most)s) AS kind (fingerprint) LIMIT %(most)s
"""
_OF_ONE: Final = f"{DEAD} AND deliveries.handler = of.handler"
_PROBE: Final = f"""
SELECT %(error)s::text WHERE EXISTS (
    SELECT FROM deliveries WHERE {_OF_ONE} AND fingerprint = %(error)s
)"""


def _steps(column: str, held: str) -> str:
    """Write a query for the values of a column by an index that holds them in order."""
    return f"""
    WITH RECURSIVE steps (value) AS (
        (SELECT {column} FROM deliveries WHERE {held} ORDER BY {column} LIMIT 1)
        UNION ALL
        SELECT (
            SELECT {column} FROM deliveries WHERE {held} AND {column} > steps.value
            ORDER BY {column} LIMIT 1
        ) FROM steps WHERE value IS NOT NULL
    )
    SELECT value FROM steps WHERE value IS NOT NULL"""
