"""A handler issues a fixed number of statements, whatever the size of its batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import Engine, create_engine
from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.dispatch import apply_due
from domain.envelope import Envelope
from domain.outbox import publish_many
from domain.routing import route
from tests.factories.worlds import phases
from workers.database import psycopg_url
from workers.desk import WorkDesk

FEW, MANY = 1, 200
# More than all worlds say in one phase.
NO_LIMIT: Final = 100_000
# (phase, round, handler) -> (how many were applied, with how many statements)
Counts = dict[tuple[str, int, str], tuple[int, int]]


@contextmanager
def counting_engine(url: str) -> Iterator[tuple[Engine, list[str]]]:
    """An engine, and all that is executed through it."""
    executed: list[str] = []

    class CountingCursor(psycopg.Cursor[Any]):
        """Notes each statement on its way."""

        def execute(self, query: Any, *arguments: Any, **rest: Any) -> Any:
            executed.append(str(query))
            return super().execute(query, *arguments, **rest)

        def executemany(self, query: Any, *arguments: Any, **rest: Any) -> None:
            executed.append(str(query))
            super().executemany(query, *arguments, **rest)

    engine = create_engine(
        psycopg_url(url), connect_args={"cursor_factory": CountingCursor}, pool_size=5
    )
    try:
        yield engine, executed
    finally:
        engine.dispose()


def count_statements(url: str, worlds: int) -> Counts:
    """Tell so many worlds side by side, and count what each call of a handler executes."""
    counts: Counts = {}
    with counting_engine(url) as (engine, executed), WorkDesk(engine) as desk:
        _warm_up(desk)
        for phase, said in phases(worlds):
            _publish(engine, said)
            for turn, handler, applied in _rounds(desk, executed):
                counts[phase, turn, handler] = applied
    return counts


def _warm_up(desk: WorkDesk) -> None:
    """Open both connections, which costs statements of its own."""
    with desk.transaction(), desk.quick():
        pass


def _publish(engine: Engine, said: list[Envelope]) -> None:
    with Session(engine) as session, session.begin():
        assert publish_many(session, said) == len(said)


def _rounds(desk: WorkDesk, executed: list[str]) -> Iterator[tuple[int, str, tuple[int, int]]]:
    """Route and apply until nothing is due; (round, handler, (applied, statements))."""
    now = datetime.now(UTC)
    turn, busy = 0, True
    while busy:
        with desk.quick() as session:
            busy = route(session, limit=NO_LIMIT, now=now)[0] > 0
        for name, handler in HANDLERS.items():
            before = len(executed)
            report = apply_due(desk.desk, handler, limit=NO_LIMIT, now=now)
            if report.claimed:
                assert set(report.outcomes) == {"done"}, (name, report)
                busy = True
                yield turn, name, (report.claimed, len(executed) - before)
        turn += 1


@pytest.fixture
def few_and_many(make_database: Callable[[], str]) -> tuple[Counts, Counts]:
    """What one world costs, and what many do."""
    return count_statements(make_database(), FEW), count_statements(make_database(), MANY)


class TestStatementCounts:
    def test_a_batch_of_200_takes_as_many_statements_as_one_of_1(
        self, few_and_many: tuple[Counts, Counts]
    ) -> None:
        few, many = few_and_many
        assert {handler for _, _, handler in few} == HANDLERS.keys()
        assert few.keys() == many.keys()
        assert {call: many[call][0] for call in many} == {
            call: few[call][0] * MANY // FEW for call in few
        }
        differing = {call: (few[call], many[call]) for call in few if few[call][1] != many[call][1]}
        assert differing == {}
