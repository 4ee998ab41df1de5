"""The collector: one dashboard writes down every five seconds how everything stands.

However many look, it is read once. Which dashboard does it is decided by a lock that goes with the
connection on which it reads. Each part is read by itself, within a time of its own; one that fails
keeps its last value. Should nobody collect, all dashboards say so after fifteen seconds.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from domain.dispatch import describe, is_contention, is_passing
from domain.figures.alarms import find_alerts
from domain.figures.reading import READERS, Reader
from domain.figures.snapshot import BrokerNow, Part, Snapshot
from domain.figures.store import COLLECT_LOCK, keep_snapshot, latest_snapshot
from domain.sql import begin_with, execute, fetch
from workers.log import logger

EVERY: Final = timedelta(seconds=5)
# A part of which a statement takes longer is shown as it was. All together stay below what counts
# as silence.
PART_MS: Final = 1_000
WRITE_MS: Final = 2_000
ALL: Final = timedelta(seconds=7)
LATE: Final = "timeout"
TIMEOUT_CODE: Final = "57014"
_LOG: Final = logger("collector")


class Collector:
    """Collects as long as it leads. `look` is for one thread."""

    def __init__(self, engine: Engine, probe: Callable[[], BrokerNow] | None) -> None:
        """Connect when first needed; the engine is for nobody else."""
        self._engine = engine
        self._probe = probe
        self._connection: Connection | None = None
        self._last: Snapshot | None = None
        self._kept_minute: datetime | None = None
        self._is_away = False

    def start(self) -> None:
        """Collect in a thread from now on."""
        threading.Thread(target=self._run, daemon=True, name="collector").start()

    def look(self) -> bool:
        """Collect once, if it is on us; say whether it was."""
        try:
            if self._connection is None and not self._lead():
                return False
            self._collect()
        except BaseException:
            self._drop()
            raise
        return True

    def release(self) -> None:
        """Let another dashboard collect, at once."""
        if self._connection is not None:
            # The server takes its time over a connection that ends: not over an unlock.
            with (
                suppress(SQLAlchemyError, psycopg.Error),
                _transaction(self._connection, WRITE_MS) as session,
            ):
                fetch(session, "SELECT pg_advisory_unlock(%(lock)s)", lock=COLLECT_LOCK)
        self._drop()

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            try:
                self.look()
                self._is_away = False
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look comes
                self._note(error)
            time.sleep(max(0.0, EVERY.total_seconds() - (time.monotonic() - began)))

    def _lead(self) -> bool:
        """Take the lock, and take up what was collected last."""
        connection = self._engine.connect()
        try:
            with _transaction(connection, WRITE_MS) as session:
                ((is_ours,),) = fetch(
                    session, "SELECT pg_try_advisory_lock(%(lock)s)", lock=COLLECT_LOCK
                )
                last = latest_snapshot(session) if is_ours else None
        except BaseException:
            _throw_away(connection)
            raise
        if not is_ours:
            connection.close()
            return False
        self._connection, self._last = connection, last.snapshot if last else None
        _LOG.info("collector.leads")
        return True

    def _collect(self) -> None:
        assert self._connection is not None
        with _transaction(self._connection, PART_MS) as session:
            ((now,),) = fetch(session, "SELECT clock_timestamp()")
        parts: dict[str, Any] = dict(self._parts(self._connection, now))
        before = self._last.alerts if self._last else ()
        snapshot = Snapshot(at=now, **parts)
        snapshot = replace(snapshot, alerts=find_alerts(snapshot, before, now=now))
        minute = now.replace(second=0, microsecond=0)
        with _transaction(self._connection, WRITE_MS) as session:
            execute(session, "SET LOCAL synchronous_commit = off")
            keep_snapshot(session, snapshot, is_kept=minute != self._kept_minute)
        self._last, self._kept_minute = snapshot, minute

    def _parts(self, connection: Connection, now: datetime) -> Iterator[tuple[str, Part[Any]]]:
        """Read every part; what there is no time for any more is as it was."""
        until = time.monotonic() + ALL.total_seconds()
        for names, reader in READERS.items():
            values, trouble = _read(connection, reader, now=now, until=until)
            for name in names:
                value = values if values is None or len(names) == 1 else getattr(values, name)
                yield name, self._part(name, value, trouble=trouble, now=now)
        if self._probe is not None:
            yield "broker", self._broker(self._probe, now)

    def _broker(self, probe: Callable[[], BrokerNow], now: datetime) -> Part[Any]:
        try:
            return Part(probe(), now)
        except Exception as error:  # noqa: BLE001 - whatever its client raises, it is away
            return self._part("broker", None, trouble=type(error).__name__, now=now)

    def _part(self, name: str, value: Any, *, trouble: str | None, now: datetime) -> Part[Any]:
        """Give a part; one that could not be read as it was."""
        if trouble is None:
            return Part(value, now)
        before: Part[Any] = getattr(self._last, name) if self._last else Part()
        return replace(before, trouble=trouble)

    def _note(self, error: Exception) -> None:
        """Say once that the database is away."""
        if not is_passing(error):
            _LOG.error("collector.failed", error=describe(error))
        elif not self._is_away:
            _LOG.warning("database.away", error=type(error).__name__)
            self._is_away = True

    def _drop(self) -> None:
        """Give the lock up with its connection, however long the server takes over it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            _throw_away(connection)


@contextmanager
def _transaction(connection: Connection, limit_ms: int) -> Iterator[Session]:
    """A transaction of which no statement takes longer."""
    with Session(connection) as session, session.begin():
        begin_with(
            session,
            f"SET LOCAL statement_timeout = {limit_ms}",
            f"SET LOCAL lock_timeout = {limit_ms}",
        )
        yield session


def _read(
    connection: Connection, reader: Reader, *, now: datetime, until: float
) -> tuple[Any, str | None]:
    """Read parts; give what was read, or why not."""
    if time.monotonic() >= until:
        return None, LATE
    try:
        with _transaction(connection, PART_MS) as session:
            return reader(session, now), None
    except Exception as error:
        if is_passing(error) and not is_contention(error):
            raise
        return None, _kind(error)


def _kind(error: Exception) -> str:
    """Say in a word why a part could not be read."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None)
    if code == TIMEOUT_CODE or is_contention(error):
        return LATE
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__


def _throw_away(connection: Connection) -> None:
    with suppress(SQLAlchemyError, psycopg.Error):
        connection.invalidate()
        connection.close()
