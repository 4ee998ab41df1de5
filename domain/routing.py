"""The relay's statement: what lies in the outbox becomes a delivery for each handler."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.catalogue import HANDLERS, TYPES, Handler
from domain.pausing import NOT_PAUSED
from domain.sql import array, fetch

# Rows that another relay holds are skipped, and types that this version doesn't know stay where
# they are for one that does. Losing this commit in a crash loses nothing: the rows are back.
_ROUTE = """
WITH taken AS (
    DELETE FROM outbox WHERE seq = ANY(ARRAY(
        SELECT seq FROM outbox WHERE type = ANY(%(types)s::text[])
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
SELECT count(*), ARRAY(SELECT DISTINCT lane FROM routed), min(received_at) FROM taken
"""


class Routed(NamedTuple):
    """How many were routed, which lanes have work now, and since when the oldest had waited."""

    number: int
    lanes: set[str]
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Routes:
    """Which types go to which handlers, written once as array literals."""

    types: str
    routed_types: str
    handlers: str
    lanes: str

    @classmethod
    def of(cls, types: Iterable[str], handlers: Iterable[Handler]) -> "Routes":
        """Write the routes of these types to these handlers."""
        listed = list(handlers)
        return cls(
            types=array(types),
            routed_types=array(handler.payload.TYPE for handler in listed),
            handlers=array(handler.name for handler in listed),
            lanes=array(handler.lane for handler in listed),
        )


ALL_ROUTES = Routes.of(TYPES, HANDLERS.values())


def route(session: Session, *, limit: int, now: datetime, routes: Routes = ALL_ROUTES) -> Routed:
    """Route up to `limit` domain events."""
    ((count, lanes, oldest),) = fetch(session, _ROUTE, limit=limit, now=now, **asdict(routes))
    return Routed(count, set(lanes), oldest)


def due_handlers(session: Session, handlers: Iterable[Handler], *, now: datetime) -> list[Handler]:
    """Give those handlers that have something due and aren't paused: one probe of an index each."""
    known = {handler.name: handler for handler in handlers}
    rows = fetch(
        session,
        f"""
        SELECT known.handler
        FROM unnest(%(handlers)s::text[], %(lanes)s::text[]) AS known (handler, lane)
        WHERE {NOT_PAUSED} AND EXISTS (
            SELECT FROM deliveries
            WHERE deliveries.handler = known.handler AND due_at <= %(now)s
        )
        """,
        handlers=array(known),
        lanes=array(handler.lane for handler in known.values()),
        now=now,
    )
    return [known[name] for (name,) in rows]
