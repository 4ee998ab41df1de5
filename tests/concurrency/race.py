"""Two workers at once, driven so that the second meets what the first hasn't committed yet."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.catalogue import Handler
from domain.dispatch import Report, apply_due
from tests.helpers.diary import Diary
from tests.helpers.ledger import PATIENCE, ask, publish, route_all, until
from workers.desk import WorkDesk

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND cardinality(pg_blocking_pids(pid)) > 0
"""
Step = Callable[[Session], object]


def race(engine: Engine, first: Handler, second: Handler, *, limit: int = 500) -> list[Report]:
    """Apply a batch of each; the second must wait until the first has committed."""
    with in_the_midst(engine, first, limit=limit) as going:
        waiting = going.join(second)
        until(lambda: ask(engine, WAITING) > 0, "the second waits for the first")
        assert not waiting.done()
        going.go_on.set()
        return [each.result(PATIENCE.total_seconds()) for each in (going.first, waiting)]


class Going:
    """A batch whose effects are written and not committed."""

    def __init__(self, engine: Engine, pool: ThreadPoolExecutor, limit: int) -> None:
        self.go_on = Event()
        self._arrived = Event()
        self._engine = engine
        self._pool = pool
        self._limit = limit
        self.first: Future[Report]

    def start(self, handler: Handler) -> None:
        """Apply a batch up to its commit."""
        self.first = self._pool.submit(self._apply, self._pausing(handler))
        until(lambda: self._arrived.is_set() or self.first.done(), "the first is in the midst")
        assert not self.first.done(), self.first.result()

    def join(self, handler: Handler) -> Future[Report]:
        """Apply another batch beside it."""
        return self._pool.submit(self._apply, handler)

    def _apply(self, handler: Handler) -> Report:
        with WorkDesk(self._engine) as desk:
            return apply_due(desk.desk, handler, limit=self._limit, now=datetime.now(UTC))

    def _pausing(self, handler: Handler) -> Handler:
        @wraps(handler.apply)
        def apply(session: Session, batch: Batch[Any], now: datetime) -> Effects:
            effects = handler.apply(session, batch, now)
            self._arrived.set()
            assert self.go_on.wait(PATIENCE.total_seconds())
            return effects

        return replace(handler, apply=apply)


@contextmanager
def in_the_midst(engine: Engine, handler: Handler, *, limit: int = 500) -> Iterator[Going]:
    """Have a batch in the midst of its transaction."""
    with ThreadPoolExecutor(2) as pool:
        going = Going(engine, pool, limit)
        try:
            going.start(handler)
            yield going
        finally:
            going.go_on.set()


def both_ways(one: Handler, other: Handler) -> pytest.MarkDecorator:
    """Whichever comes first."""
    return pytest.mark.parametrize(
        ("first", "second"),
        [(one, other), (other, one)],
        ids=lambda handler: handler.apply.__name__,
    )


def publish_last(engine: Engine, diary: Diary, count: int) -> None:
    """Publish and route the last pages, without applying them."""
    publish(engine, *diary.pages[-count:])
    route_all(engine)


def apply_alone(engine: Engine, *handlers: Handler) -> None:
    """Apply what is due in each, one after the other, and route what follows."""
    for handler in handlers:
        with in_the_midst(engine, handler) as going:
            going.go_on.set()
            assert going.first.result(PATIENCE.total_seconds()).claimed > 0
        route_all(engine)


def race_steps(engine: Engine, first: Step, second: Step) -> None:
    """Take a step, and the other beside it; the second must wait for the first's commit."""
    arrived, go_on = Event(), Event()

    def in_the_midst() -> None:
        with Session(engine) as session, session.begin():
            first(session)
            arrived.set()
            assert go_on.wait(PATIENCE.total_seconds())

    def beside() -> None:
        with Session(engine) as session, session.begin():
            second(session)

    with ThreadPoolExecutor(2) as pool:
        try:
            going = pool.submit(in_the_midst)
            until(lambda: arrived.is_set() or going.done(), "the first is in the midst")
            waiting = pool.submit(beside)
            until(lambda: waiting.done() or ask(engine, WAITING) > 0, "the second waits")
            assert not waiting.done()
        finally:
            go_on.set()
        for each in (going, waiting):
            each.result(PATIENCE.total_seconds())
