"""The ledger as tests see it: deliveries by what was published, and handlers made to misbehave."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from domain.batch import Batch, DomainEvent, Effects
from domain.catalogue import HANDLERS, Handler
from domain.envelope import Envelope, enclose
from domain.outbox import publish_many
from domain.payload import Payload
from domain.reconcile import Finding, reconcile
from domain.routing import route
from domain.users.payloads import UserRegistered, UserVerified
from tests.helpers.pages import SOURCE, START, an_id
from tests.helpers.roles import acting_as
from workers.database import make_engine
from workers.desk import WorkDesk

CANARY_PHONE: Final = "+4915199887766"
REGISTERED: Final = HANDLERS["users.apply_user_registered"]
VERIFIED: Final = HANDLERS["users.apply_user_verified"]
PATIENCE: Final = timedelta(seconds=20)


class Row(NamedTuple):
    """A delivery, without what says when."""

    state: str
    attempts: int = 0
    deaths: int = 0
    looks: int = 0
    awaits: str | None = None
    reason: str | None = None
    error: str | None = None


DONE: Final = Row("done")


def say(payload: Payload, name: str, *, at: datetime = START) -> Envelope:
    """Put a payload into an envelope whose id is `name`."""
    return enclose(payload, source=SOURCE, time=at, id=name)


def a_registration(name: str, *, clerk_id: str | None = None) -> Envelope:
    """Somebody signs up; the person and the domain event go by the same name."""
    registered = UserRegistered(
        user_id=an_id(name),
        clerk_id=clerk_id or name,
        birth_date=date(1990, 5, 1),
        phone_number=CANARY_PHONE,
    )
    return say(registered, name)


def a_verification(name: str, *, of: str) -> Envelope:
    """Somebody is verified."""
    return say(UserVerified(user_id=an_id(of)), name)


def publish(engine: Engine, *pages: Envelope) -> int:
    """Publish in one transaction; how many were new."""
    with Session(acting_as(engine, "gateway")) as session, session.begin():
        return publish_many(session, pages)


def route_all(engine: Engine, now: datetime | None = None) -> set[str]:
    """Route whatever lies in the outbox; the lanes that got something."""
    with Session(acting_as(engine, "relay")) as session, session.begin():
        return route(session, limit=100_000, now=now or datetime.now(UTC))[1]


def deliveries(engine: Engine, handler: Handler) -> dict[str, Row]:
    """What became of each domain event in a handler, by its id."""
    statement = """
        SELECT said.id, row.state, row.attempts, row.deaths, row.looks, row.awaits, row.reason,
            row.error
        FROM deliveries AS row JOIN domain_events AS said USING (seq)
        WHERE handler = :handler ORDER BY said.id
    """
    with engine.connect() as connection:
        rows = connection.execute(text(statement), {"handler": handler.name})
        return {name: Row(*columns) for name, *columns in rows}


def due_in(engine: Engine, name: str, now: datetime) -> timedelta | None:
    """In what time a domain event's only delivery is due; None if it never is."""
    statement = (
        "SELECT due_at FROM deliveries JOIN domain_events AS said USING (seq) WHERE said.id = :name"
    )
    with engine.connect() as connection:
        due_at = connection.execute(text(statement), {"name": name}).scalar_one()
    return None if due_at is None else due_at - now


def ask(engine: Engine, statement: str, **parameters: Any) -> Any:
    """The single value that a query gives."""
    with engine.connect() as connection:
        return connection.execute(text(statement), parameters).scalar_one()


Behaviour = Callable[[Session, Sequence[DomainEvent[Any]]], None]


def behaving(handler: Handler, behave: Behaviour) -> Handler:
    """The same handler, which does something of a test's own before it applies its batch."""

    @wraps(handler.apply)
    def apply(session: Session, batch: Batch[Any], now: datetime) -> Effects:
        behave(session, list(batch))
        return handler.apply(session, batch, now)

    return replace(handler, apply=apply)


def drift(engine: Engine) -> list[Finding]:
    """What doesn't equal its recomputation from the rows."""
    with Session(acting_as(engine, "scheduler")) as session:
        return [finding for finding in reconcile(session) if finding.drifted]


class PoisonError(Exception):
    """What a poisonous domain event raises; its text holds all that was said."""


def poisoned(handler: Handler, names: Iterable[str]) -> Handler:
    """The same handler, which raises when one of these is in its batch, effects already written."""
    poison = frozenset(names)

    @wraps(handler.apply)
    def apply(session: Session, batch: Batch[Any], now: datetime) -> Effects:
        effects = handler.apply(session, batch, now)
        for each in batch:
            if each.id in poison:
                raise PoisonError(each.data)
        return effects

    return replace(handler, apply=apply)


@contextmanager
def impatient_desk(
    database_url: str, *, lock_timeout: timedelta = timedelta(milliseconds=200)
) -> Iterator[WorkDesk]:
    """A desk that waits for a lock only briefly."""
    milliseconds = int(lock_timeout.total_seconds() * 1_000)
    mark = "&" if "?" in database_url else "?"
    url = f"{database_url}{mark}options=-c%20lock_timeout%3D{milliseconds}"
    engine = make_engine(url, process="worker", pool_size=3)
    try:
        with WorkDesk(engine) as desk:
            yield desk
    finally:
        engine.dispose()


def backend(connection: Connection) -> int:
    """By which number the server knows this connection."""
    pid: int = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return pid


def until(condition: Callable[[], bool], what: str, patience: timedelta = PATIENCE) -> None:
    """Look again every 20 ms until something is so; fails when it takes too long."""
    deadline = time.monotonic() + patience.total_seconds()
    while not condition():
        assert time.monotonic() < deadline, f"not within {patience}: {what}"
        time.sleep(0.02)


def environment(**more: str) -> dict[str, str]:
    """What our programs are started with: this environment, without settings of its own."""
    ours = ("DATABASE_URL", "BROKER_URL")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith("MOMENTO_")
    }
    return {**kept, **more}
