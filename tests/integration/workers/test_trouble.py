"""The demo's trouble: what it breaks dies, what it mends is rescued, and nothing stays broken."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.ops.bulk import Order, start
from domain.ops.stepping import step_operations
from domain.ops.triage import DeadSelection
from domain.sql import fetch
from domain.tables.kudos import Kudo
from domain.tables.ops import BulkKind
from tests.factories.today import TODAY
from tests.helpers.apply import Application
from tests.helpers.ledger import until
from tests.helpers.roles import acting_as
from workers.city import history
from workers.city.trouble import (
    DEMO,
    HANDLER,
    LASTING,
    MENDED,
    THANKED,
    make_trouble,
    mend,
)
from workers.clock import utc_now

Begin = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def begin(engine: Engine) -> Begin:
    @contextmanager
    def begin() -> Iterator[Session]:
        with Session(engine) as session, session.begin():
            yield session

    return begin


@pytest.fixture
def at_work(engine: Engine) -> Iterator[None]:
    """A worker, and a scheduler that takes steps of what ops ask for, until the test is over."""
    over = Event()

    def work() -> None:
        while not over.is_set():
            application = Application(engine)
            application.now = datetime.now(UTC)
            application.settle()
            application.close()
            with Session(acting_as(engine, "scheduler")) as session, session.begin():
                step_operations(session, datetime.now(UTC))

    thread = Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def thanks(begin: Begin, kudo: Kudo) -> dict[str, int]:
    """How what was said of one kind of kudos stands."""
    statement = """
        SELECT state, count(*) FROM deliveries JOIN domain_events AS told USING (seq)
        WHERE handler = %(handler)s AND told.data ->> 'kudo' = %(kudo)s GROUP BY state
    """
    with begin() as session:
        return dict(fetch(session, statement, handler=HANDLER, kudo=kudo.value))


@pytest.mark.usefixtures("at_work")
def test_some_is_rescued_and_the_rest_can_be(engine: Engine, begin: Begin) -> None:
    told = history(1, now=TODAY, people=40, gatherings=15)
    said = Application(engine)
    said.publish(told)
    make_trouble(told, begin, said.publish)
    said.close()
    until(lambda: "dead" not in thanks(begin, MENDED), "what has no cause any more is rescued")
    assert thanks(begin, LASTING)["dead"] >= THANKED[LASTING]
    until(lambda: "failed" in thanks(begin, LASTING), "some are tried again")
    mend(begin)
    with begin() as session:
        order = Order(BulkKind.RETRY, DeadSelection(handler=HANDLER), "mended", expected=100)
        start(session, DEMO, order, identity=uuid4(), now=utc_now())
    until(lambda: "dead" not in thanks(begin, LASTING), "none is dead")
