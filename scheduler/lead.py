"""One scheduler leads, by a lock in Postgres that goes with the connection that holds it."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from domain.leading import LEAD_LOCK
from domain.sql import execute, fetch
from workers.log import logger

# How often the lead is confirmed, or tried for.
LOOK_EVERY: Final = timedelta(seconds=2)
# Without a confirmation it isn't trusted for longer; then the server ends the connection, and
# somebody else leads. Both together are less than ten seconds.
TRUSTED: Final = timedelta(seconds=5)
SILENT: Final = timedelta(seconds=6)
ANSWER: Final = timedelta(seconds=3)
# Clocks that differ by more than this deserve a warning.
CLOCKS_DIFFER: Final = timedelta(seconds=5)
_LOG: Final = logger("lead")


class Lead:
    """Tries for the lock, and confirms that its connection lives. `look` is for one thread."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime]) -> None:
        """Connect when first asked; the engine is for nobody else."""
        self._engine = engine
        self._now = now
        self._connection: Connection | None = None
        self._is_held = False
        self._confirmed = 0.0
        self._differs = self._is_away = False
        # By which number the server knows the connection, and how far our clock is ahead of its.
        self.backend_pid = 0
        self.clock_ahead = timedelta()

    @property
    def is_mine(self) -> bool:
        """Whether this scheduler leads, as far as it can know."""
        trusted = time.monotonic() - self._confirmed < TRUSTED.total_seconds()
        return self._is_held and trusted

    def look(self) -> bool:
        """Confirm the lead or try for it; whether it is ours."""
        had_it = self._is_held
        try:
            self._look()
        except (SQLAlchemyError, psycopg.Error) as error:
            self._drop()
            if not self._is_away:
                _LOG.warning("database.away", error=type(error).__name__)
            self._is_away = True
        else:
            self._is_away = False
        if had_it != self._is_held:
            _LOG.info("lead.gained" if self._is_held else "lead.lost")
        return self._is_held

    def release(self) -> None:
        """Let another one lead, at once."""
        if self._is_held:
            _LOG.info("lead.released")
            # The server takes its time over a connection that ends: not over an unlock.
            with suppress(SQLAlchemyError, psycopg.Error), Session(self._connected()) as session:
                fetch(session, "SELECT pg_advisory_unlock(%(lock)s)", lock=LEAD_LOCK)
        self._drop()

    def _look(self) -> None:
        connection = self._connected()
        began = time.monotonic()
        with Session(connection) as session:
            if not self._is_held:
                ((self._is_held,),) = fetch(
                    session, "SELECT pg_try_advisory_lock(%(lock)s)", lock=LEAD_LOCK
                )
            ((theirs,),) = fetch(session, "SELECT clock_timestamp()")
        # By when the server has had word of us for sure.
        self._confirmed = began
        self._compare(theirs)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
            with Session(self._connection) as session:
                for name, limit in (
                    ("idle_session_timeout", SILENT),
                    ("statement_timeout", ANSWER),
                ):
                    milliseconds = int(limit.total_seconds() * 1e3)
                    execute(session, f"SET {name} = {milliseconds}")
                ((self.backend_pid,),) = fetch(session, "SELECT pg_backend_pid()")
        return self._connection

    def _compare(self, theirs: datetime) -> None:
        """Warn once when our clock and the database's differ: what is due is found by ours."""
        self.clock_ahead = self._now() - theirs
        differs = abs(self.clock_ahead) > CLOCKS_DIFFER
        if differs and not self._differs:
            _LOG.warning("clock.differs", ahead_s=round(self.clock_ahead.total_seconds(), 1))
        self._differs = differs

    def _drop(self) -> None:
        """Give the lock up with its connection."""
        connection, self._connection, self._is_held = self._connection, None, False
        if connection is not None:
            with suppress(SQLAlchemyError, psycopg.Error):
                _throw_away(connection)


def _throw_away(connection: Any) -> None:
    connection.invalidate()
    connection.close()
