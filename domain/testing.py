"""For the tests of services that publish: what was published, and what it leads to.

    with Session(engine) as session, session.begin():
        my_service.thank(session, ...)
        assert_published(session, KudosGiven, receiver_id=ben)
    assert apply_now(engine, now=datetime.now(UTC)) == {"done": 1}

Both work on a migrated database of a test's own, with nothing else running.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.dispatch import Desk, apply_due
from domain.payload import Payload
from domain.routing import route
from domain.sealing import Written, unseal
from domain.sql import fetch

P = TypeVar("P", bound=Payload)
PORTION: Final = 1_000


def published(session: Session, kind: type[P]) -> list[P]:
    """Give what was published of a kind, in that order; in this transaction too."""
    rows = fetch(
        session,
        "SELECT source, id, data::text FROM domain_events WHERE type = %(type)s ORDER BY seq",
        type=kind.TYPE,
    )
    return [kind.read(data) for data in unseal(session, kind, [Written(*row) for row in rows])]


def assert_published(session: Session, kind: type[P], *, count: int = 1, **fields: Any) -> list[P]:
    """Give what was published of a kind with these fields; fails unless it is so much.

    Raises AssertionError, which says what was published instead, and TypeError for a field that
    the kind doesn't have.
    """
    if unknown := fields.keys() - kind.model_fields.keys():
        names = ", ".join(kind.model_fields)
        message = f"{kind.NAME} has no {', '.join(sorted(unknown))}; it has {names}"
        raise TypeError(message)
    everything = published(session, kind)
    found = [each for each in everything if fields.items() <= _fields(each).items()]
    if len(found) != count:
        listed = "\n  ".join(map(repr, everything)) or "nothing"
        wanted = ", ".join(f"{name}={value!r}" for name, value in fields.items())
        message = (
            f"{kind.NAME}({wanted}) was published {len(found)} times, not {count}."
            f" Of its kind were published:\n  {listed}"
        )
        raise AssertionError(message)
    return found


def _fields(payload: Payload) -> dict[str, Any]:
    return {name: getattr(payload, name) for name in type(payload).model_fields}


def apply_now(engine: Engine, *, now: datetime) -> dict[str, int]:
    """Apply all that is due as workers do, with what follows; count deliveries by their outcome.

    `now` is the moment as of which it is applied. What is deferred, failed or dead stays so, and is
    counted.
    """
    desk = Desk(lambda: _transaction(engine), lambda _handler, _seqs: None)
    outcomes: Counter[str] = Counter()
    busy = True
    while busy:
        with _transaction(engine) as session:
            busy = route(session, limit=PORTION, now=now)[0] > 0
        for handler in HANDLERS.values():
            report = apply_due(desk, handler, limit=PORTION, now=now)
            outcomes.update(report.outcomes)
            busy |= report.claimed > 0
    return dict(outcomes)


@contextmanager
def _transaction(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session, session.begin():
        yield session
