"""Whether all that was published has been dealt with, and waiting until it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.catalogue import TYPES
from domain.dispatch import is_passing
from domain.pausing import Pause, handlers_of, pauses_at
from domain.sql import fetch
from workers.clock import utc_now

FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 0.5

# What is deferred waits for others, what is rejected or dead waits for nobody, and a failed one
# rests until its next try: none of them is work at hand. Types that this version doesn't know
# stay in the outbox for one that does, for as long as it takes. What chores have still to make
# isn't counted either: a service that is away would hold it up for ever.
_OPEN: Final = text(
    """
    SELECT (SELECT count(*) FROM outbox WHERE type = ANY(:types)),
        (SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL
            AND (state = 'pending' OR state = 'failed' AND due_at <= :now))
    """
)


@dataclass(frozen=True, slots=True)
class Open:
    """What is still to be done: domain events to route, deliveries to apply. Falsy when nothing."""

    unrelayed: int
    undelivered: int

    def __bool__(self) -> bool:
        return self.unrelayed > 0 or self.undelivered > 0

    def __str__(self) -> str:
        return f"{self.unrelayed} domain events to route and {self.undelivered} deliveries to apply"


def what_is_open(engine: Engine) -> Open:
    """Look once; one statement, so that nothing on its way from one table to the next is missed."""
    with engine.connect() as connection:
        found = connection.execute(_OPEN, {"types": list(TYPES), "now": utc_now()}).one()
    return Open(*found)


def what_is_paused(engine: Engine) -> list[Pause]:
    """List the pauses that hold back something that is due."""
    now = utc_now()
    with Session(engine) as session:
        return [each for each in pauses_at(session, now) if _holds(session, each, now=now)]


def _holds(session: Session, pause: Pause, *, now: datetime) -> bool:
    """By deliveries_due_idx, the first row of each handler."""
    rows = fetch(
        session,
        "SELECT FROM unnest(%(handlers)s::text[]) AS held (handler) WHERE EXISTS ("
        " SELECT FROM deliveries AS row WHERE row.handler = held.handler"
        " AND row.due_at <= %(now)s AND row.state IN ('pending', 'failed')) LIMIT 1",
        handlers=list(handlers_of(pause.name)),
        now=now,
    )
    return bool(rows)


def wait_until_quiet(
    engine: Engine,
    timeout: timedelta | None = None,
    *,
    tell: Callable[[], None] = lambda: None,
) -> Open | None:
    """Wait until nothing is open, or the time is up; what was open then. `tell`: meanwhile.

    Trouble of the database that passes is waited out; None if it lasted until the end.
    """
    started = time.monotonic()
    pause = FIRST_PAUSE_S
    while True:
        still_open = _look(engine)
        if still_open is not None and not still_open:
            return still_open
        if still_open is not None and still_open.undelivered:
            tell()
        if timeout is not None and time.monotonic() - started >= timeout.total_seconds():
            return still_open
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _look(engine: Engine) -> Open | None:
    try:
        return what_is_open(engine)
    except DBAPIError as error:
        if not is_passing(error):
            raise
        return None
