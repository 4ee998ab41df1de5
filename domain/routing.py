"""The relay's statement: what lies in the outbox becomes a delivery for each handler."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from domain.catalogue import HANDLERS, TYPES, Handler
from domain.sql import fetch

# Rows that another relay holds are skipped, and types that this version doesn't know stay where
# they are for one that does. Losing this commit in a crash loses nothing: the rows are back.
_ROUTE = """
WITH taken AS (
    DELETE FROM outbox WHERE seq = ANY(ARRAY(
        SELECT seq FROM outbox WHERE type = ANY(%(types)s)
        ORDER BY seq LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ))
    RETURNING seq, received_at, type
), routed AS (
    INSERT INTO deliveries (seq, handler, lane, received_at, due_at)
    SELECT taken.seq, route.handler, route.lane, taken.received_at, %(now)s
    FROM taken JOIN unnest(%(routed_types)s::text[], %(handlers)s::text[], %(lanes)s::text[])
        AS route (type, handler, lane) USING (type)
    ORDER BY taken.seq
    RETURNING lane
)
SELECT (SELECT count(*) FROM taken), ARRAY(SELECT DISTINCT lane FROM routed)
"""


def route(
    session: Session,
    *,
    limit: int,
    now: datetime,
    types: Iterable[str] = tuple(TYPES),
    handlers: Mapping[str, Handler] = HANDLERS,
) -> tuple[int, set[str]]:
    """Route up to `limit` domain events; give how many, and the lanes that have work now."""
    ((count, lanes),) = fetch(
        session,
        _ROUTE,
        types=list(types),
        limit=limit,
        now=now,
        routed_types=[handler.payload.TYPE for handler in handlers.values()],
        handlers=list(handlers),
        lanes=[handler.lane for handler in handlers.values()],
    )
    return count, set(lanes)


def lanes_with_due_work(session: Session, *, now: datetime) -> set[str]:
    """Give the lanes in which something is due: one probe of an index for each handler."""
    rows = fetch(
        session,
        """
        SELECT DISTINCT known.lane
        FROM unnest(%(handlers)s::text[], %(lanes)s::text[]) AS known (handler, lane)
        WHERE EXISTS (
            SELECT FROM deliveries
            WHERE deliveries.handler = known.handler AND due_at <= %(now)s
        )
        """,
        handlers=list(HANDLERS),
        lanes=[handler.lane for handler in HANDLERS.values()],
        now=now,
    )
    return {lane for (lane,) in rows}
