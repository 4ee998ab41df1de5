"""Publishes what a diary tells, and applies it until nothing is due."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.dispatch import apply_due
from domain.envelope import Envelope
from domain.outbox import publish_many
from domain.routing import route
from tests.helpers.roles import acting_as
from workers.desk import WorkDesk


def publish(engine: Engine, pages: Sequence[Envelope]) -> None:
    """Publish without applying."""
    with Session(engine) as session, session.begin():
        publish_many(session, pages)


def settle(engine: Engine, *, now: datetime | None = None, limit: int = 500) -> None:
    """Route and apply until nothing is due."""
    moment = now or datetime.now(UTC)
    with WorkDesk(acting_as(engine, "worker")) as desk:
        busy = True
        while busy:
            with desk.transaction() as session:
                busy = route(session, limit=1_000, now=moment)[0] > 0
            for handler in HANDLERS.values():
                busy |= apply_due(desk.desk, handler, limit=limit, now=moment).claimed > 0


def tell(engine: Engine, pages: Sequence[Envelope]) -> None:
    """Publish and apply."""
    publish(engine, pages)
    settle(engine)
