"""What all requests share, and how they reach the database: briefly, and to look, read-only."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session
from starlette.requests import Request

from dashboard.attempts import Attempts
from dashboard.away import (
    DatabaseAwayError,
    DatabaseBusyError,
    DatabaseFaultError,
    DatabaseUnsureError,
)
from dashboard.known import Known
from dashboard.nudges import Nudges, read_mark
from dashboard.recent import Recent
from dashboard.snapshots import Snapshots
from domain.dispatch import describe, is_contention, is_passing, is_timeout
from domain.figures.store import Kept, latest_snapshot
from domain.sql import begin_with
from workers.log import logger

# As many as there are connections, so that nobody waits for one with a thread in hand.
THREADS: Final = 4
# Of this machine, whatever it is called.
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Hashing a password keeps a processor busy; looking must go on meanwhile.
HASHING_THREADS: Final = 1
STATEMENT_MS: Final = 2_000
WRITES: Final = "READ WRITE"
LOOKS: Final = "ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Less, so that waiting for somebody is told apart from a statement that takes long.
LOCK_MS: Final = 1_500
# Longer than a page's statements take: a database that says nothing at all isn't waited for, and
# once one wait was in vain, the next is short.
PATIENCE_S: Final = 5.0
IN_VAIN_S: Final = 2.0
# What is being changed is waited for longer: whoever is sent away doesn't know whether it was done.
PATIENCE_TO_WRITE: Final = 3
# By a snapshot of that long ago pages tell what grows.
EARLIER: Final = timedelta(minutes=2)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dashboard stands: what its badge says, and the names that it answers to.

    Without any it answers to all. `journal`: the sandbox's, where one stands in for providers.
    `patience_s`: how long a silent database is waited for.
    """

    environment: str = "local"
    hosts: frozenset[str] = LOCAL
    journal: Path | None = None
    patience_s: float = PATIENCE_S


class Context:
    """The engine, the threads that wait for it, the clock, and who has tried to sign in."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime], place: Place) -> None:
        """Nothing is connected or started before the first request."""
        self.clock = clock
        self.environment = place.environment
        self.hosts = place.hosts
        self.journal = place.journal
        self.nudges = Nudges(lambda: self.look(read_mark))
        self.attempts = Attempts(time.monotonic)
        self.snapshots = Snapshots(
            lambda: self.look(latest_snapshot), clock=time.monotonic, away=DatabaseAwayError
        )
        self.earlier = Snapshots(self._look_back, clock=time.monotonic, away=DatabaseAwayError)
        self.known = Known(time.monotonic)
        self.recent = Recent(time.monotonic)
        self.log = logger("dashboard")
        self._engine = engine
        self._patience_s = place.patience_s
        self._overdue: set[Future[object]] = set()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dashboard")
        self._hashing = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="hashing")

    async def look(self, read: Callable[[Session], Result]) -> Result:
        """Read in one transaction that can't write and sees one moment.

        Raises DatabaseAwayError, or one of its kinds: see `away.py`.
        """
        return await self._transact(read, writes=False)

    async def share(self, of: str, read: Callable[[Session], Result], *, life_s: float) -> Result:
        """Look, once for all who ask for the same within `life_s` seconds.

        `of` names what is read, with all that the answer depends on, and never who asks.
        """
        return await self.recent.get(of, lambda: self.look(read), life_s=life_s)

    async def write(self, work: Callable[[Session], Result]) -> Result:
        """Work in one transaction, which commits. Raises as `look` does."""
        try:
            return await self._transact(work, writes=True)
        finally:
            # Who has done something sees at once what came of it.
            self.recent.forget()

    async def hash(self, work: Callable[[], Result]) -> Result:
        """Do what keeps a processor busy, hashing passwords, in a thread of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._hashing, work)

    def close(self) -> None:
        """Let go of the threads; one that waits for a silent server is not waited for."""
        for threads in (self._threads, self._hashing):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _transact(self, work: Callable[[Session], Result], *, writes: bool) -> Result:
        def transact() -> Result:
            with Session(self._engine) as session, session.begin():
                begin_with(
                    session,
                    f"SET TRANSACTION {WRITES if writes else LOOKS}",
                    f"SET LOCAL statement_timeout = {STATEMENT_MS}",
                    f"SET LOCAL lock_timeout = {LOCK_MS if writes else STATEMENT_MS}",
                )
                return work(session)

        try:
            return await self._await(transact, writes=writes)
        except (DBAPIError, psycopg.Error, PoolTimeoutError) as error:
            raise self._trouble(error, writes=writes) from None

    async def _await(self, transact: Callable[[], Result], *, writes: bool) -> Result:
        """Wait for a thread that waits for the database, but not for ever.

        What no thread had begun is never done; what was begun may still come to its end. Raises
        DatabaseAwayError, or DatabaseUnsureError when that is something that writes.
        """
        done = self._threads.submit(transact)
        within = self._patience_for(writes=writes)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(done), within)
        except TimeoutError:
            if done.cancelled():
                self.log.warning("threads.busy", seconds=within)
                raise DatabaseAwayError from None
            # What had to be quick because of others is no sign of its own.
            if within >= self._patience_s:
                self._overdue.add(cast("Future[object]", done))
            self.log.warning("database.silent", seconds=within, overdue=len(self._overdue))
            if not writes:
                raise DatabaseAwayError from None
            loop = asyncio.get_running_loop()
            done.add_done_callback(lambda end: self._end_late(end, loop))
            raise DatabaseUnsureError from None

    def _patience_for(self, *, writes: bool) -> float:
        self._overdue = {each for each in self._overdue if not each.done()}
        if writes:
            return PATIENCE_TO_WRITE * self._patience_s
        return min(IN_VAIN_S, self._patience_s) if self._overdue else self._patience_s

    def _end_late(self, done: "Future[Any]", loop: asyncio.AbstractEventLoop) -> None:
        """Say what became of a write that nobody waits for, and have its traces read anew."""
        error = done.exception()
        self.log.warning("write.late", error=describe(error) if error else None)
        if not loop.is_closed():
            loop.call_soon_threadsafe(self.recent.forget)

    def _trouble(self, error: Exception, *, writes: bool) -> DatabaseAwayError:
        """Tell apart what passes, what others have in hand, and what will be so again."""
        if writes and is_contention(error):
            self.log.info("database.busy", error=describe(error))
            return DatabaseBusyError()
        if is_passing(error) or is_timeout(error) or isinstance(error, PoolTimeoutError):
            self.log.warning("database.trouble", error=describe(error))
            return DatabaseAwayError()
        self.log.error("database.fault", error=describe(error))
        return DatabaseFaultError()

    async def _look_back(self) -> Kept | None:
        before = self.clock() - EARLIER
        return await self.look(lambda session: latest_snapshot(session, at=before))


def context_of(request: Request) -> Context:
    """The context of the dashboard that got this request."""
    context: Context = request.app.state.context
    return context
