"""A scheduler within this process: publishes what is due at a time of one's choosing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from domain.catalogue import TYPES
from scheduler.due import KINDS, Kind, publish_due
from tests.helpers.telling import settle

SAID = """
    SELECT type, subject, time FROM domain_events WHERE seq > :after ORDER BY seq
"""


class Said(NamedTuple):
    """A domain event that was published, without its envelope."""

    name: str
    subject: str
    time: datetime


def named(*names: str) -> list[Kind]:
    """Some of the kinds, or all."""
    return [kind for kind in KINDS if not names or kind.name in names]


def drain(
    engine: Engine, now: datetime, *, kinds: Sequence[Kind] = KINDS, limit: int = 1_000
) -> dict[str, int]:
    """Publish page by page, a transaction each, until nothing is due; counts by kind."""
    total = dict.fromkeys((kind.name for kind in kinds), 0)
    while True:
        with Session(engine) as session, session.begin():
            counts = publish_due(session, kinds, now=now, limit=limit)
        if not any(counts.values()):
            return total
        for name, count in counts.items():
            total[name] += count


def ring(
    engine: Engine, now: datetime, *, kinds: Sequence[Kind] = KINDS, limit: int = 1_000
) -> list[Said]:
    """Publish all that is due; give what was published, in the order of the ledger."""
    before = newest(engine)
    drain(engine, now, kinds=kinds, limit=limit)
    return said_since(engine, before)


def peek(engine: Engine, now: datetime, *, kinds: Sequence[Kind] = KINDS) -> list[Said]:
    """Give what would be published, and leave it unsaid."""
    before = newest(engine)
    with engine.connect() as connection, Session(connection) as session:
        publish_due(session, kinds, now=now, limit=1_000)
        found = _said_since(connection, before)
        session.rollback()
    return found


def newest(engine: Engine) -> int:
    """The number of the newest domain event."""
    with engine.connect() as connection:
        return int(
            connection.execute(text("SELECT coalesce(max(seq), 0) FROM domain_events")).scalar_one()
        )


def said_since(engine: Engine, after: int) -> list[Said]:
    """What was published after a number."""
    with engine.connect() as connection:
        return _said_since(connection, after)


def _said_since(connection: Connection, after: int) -> list[Said]:
    rows = connection.execute(text(SAID), {"after": after})
    return [Said(TYPES[type_].NAME, subject, time) for type_, subject, time in rows]


def live_through(engine: Engine, moments: Iterable[datetime], *, limit: int = 500) -> list[Said]:
    """Let the clock tick at these moments, all applied in between until nothing more is due."""
    said: list[Said] = []
    settle(engine, limit=limit)
    for now in moments:
        while told := ring(engine, now, limit=limit):
            said += told
            settle(engine, limit=limit)
    return said
