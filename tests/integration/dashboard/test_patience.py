"""How long the database is waited for, and what becomes of what nobody waits for any more."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from dashboard.away import DatabaseAwayError, DatabaseUnsureError
from dashboard.context import PATIENCE_TO_WRITE, THREADS, Context, Place
from domain.sql import execute, fetch
from tests.helpers.ledger import ask
from workers.clock import utc_now

PATIENCE_S = 0.3
Result = TypeVar("Result")


@pytest.fixture
def context(engine: Engine) -> Iterator[Context]:
    made = Context(engine, clock=utc_now, place=Place(patience_s=PATIENCE_S))
    yield made
    made.close()


def rest(seconds: float) -> Callable[[Session], object]:
    return lambda session: fetch(session, "SELECT pg_sleep(%(seconds)s)", seconds=seconds)


def run(acting: Coroutine[Any, Any, Result]) -> Result:
    """In a thread of its own: a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, acting).result()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_a_write_that_takes_long_may_be_done_all_the_same(context: Context, engine: Engine) -> None:
    """Whoever is sent away is told so, and what was read meanwhile isn't kept."""

    def work(session: Session) -> None:
        execute(session, "CREATE TABLE written ()")
        rest(PATIENCE_TO_WRITE * PATIENCE_S + 0.5)(session)

    def count(session: Session) -> int:
        ((number,),) = fetch(session, "SELECT count(*) FROM pg_tables WHERE tablename = 'written'")
        return int(number)

    async def act() -> tuple[int, int]:
        with pytest.raises(DatabaseUnsureError):
            await context.write(work)
        before = await context.share("tables", count, life_s=3600)
        is_there = "SELECT count(*) = 1 FROM pg_tables WHERE tablename = 'written'"
        await until(lambda: bool(ask(engine, is_there)))
        # The callback comes a moment after the commit.
        await asyncio.sleep(0.1)
        return before, await context.share("tables", count, life_s=3600)

    assert run(act()) == (0, 1)


def test_what_no_thread_had_begun_is_never_done(context: Context, engine: Engine) -> None:
    def work(session: Session) -> None:
        execute(session, "CREATE TABLE never ()")

    async def act() -> None:
        slow = [context.look(rest(1.6)) for _ in range(THREADS)]
        crowd = asyncio.gather(*slow, return_exceptions=True)
        await asyncio.sleep(0.05)
        with pytest.raises(DatabaseAwayError) as refused:
            await context.write(work)
        assert not isinstance(refused.value, DatabaseUnsureError)
        assert all(isinstance(each, DatabaseAwayError) for each in await crowd)
        await asyncio.sleep(1.0)

    run(act())
    assert ask(engine, "SELECT count(*) FROM pg_tables WHERE tablename = 'never'") == 0


def test_one_that_is_slow_makes_nobody_else_overdue(context: Context) -> None:
    async def act() -> None:
        with pytest.raises(DatabaseAwayError):
            await context.look(rest(1.0))
        assert await context.look(rest(0.0))
        await asyncio.sleep(1.0)
        assert await context.look(rest(PATIENCE_S / 2))

    run(act())
