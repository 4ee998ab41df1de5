"""How a run goes: its tick is taken, the work is done, and what came of it is written.

Whatever a run raises is its result, and nobody else's trouble. A lost connection is the database's
trouble, and is raised.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import Session

from domain.dispatch import is_contention, is_passing
from domain.schedules import Line
from domain.sql import execute
from domain.tables.schedules import RunResult
from domain.ticks import Run, take, write
from scheduler.alarm import DriftError, StoppedError
from scheduler.timetable import Entry, Publish
from workers.chores.chore import Chore, transaction
from workers.log import logger

# So many domain events are published in one transaction.
PAGE: Final = 1_000
# After trouble that is nobody's own, such as a deadlock, pages are tried so often.
TRIES: Final = 3
_LOG: Final = logger("scheduler")


class Runs:
    """Runs lines of the timetable for their planned times, each at most once."""

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime],
        going: Callable[[], bool],
        publish: Publish,
    ) -> None:
        """Work on this database by this clock, as long as `going` says so."""
        self._engine = engine
        self._now = now
        self._going = going
        self._publish = publish

    def entry(self, entry: Entry, planned_at: datetime, *, is_taken: bool = False) -> None:
        """Do something short in one transaction with its tick."""
        one = _Timed(Run(entry.name, planned_at, self._now()))
        try:
            with transaction(self._engine) as session:
                if not (is_taken or self._take(session, one)):
                    return
                count = entry.run(session, one.run.started_at)
                _write_durably_if(session, [one.ended(RunResult.DONE, count)], is_durable=count > 0)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this run's result
            self._fail(one, error)
            return
        _log_done(one.run, count)

    def chore(self, chore: Chore, planned_at: datetime, *, is_taken: bool = False) -> None:
        """Do something that holds its own transactions; its tick is taken and written in others."""
        one = _Timed(Run(chore.name, planned_at, self._now()))
        if not is_taken:
            with transaction(self._engine) as session:
                if not self._take(session, one):
                    return
                _not_durably(session)
        try:
            count = chore.run(self._engine, one.run.started_at)
        except DriftError as alarm:
            self._keep(one.ended(RunResult.DRIFT, alarm.count))
        except StoppedError:
            self._keep(one.ended(RunResult.INTERRUPTED))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this run's result
            self._fail(one, error)
        else:
            self._keep(one.ended(RunResult.DONE, count))
            _log_done(one.run, count)

    def due(
        self, kinds: Sequence[Line], planned: Mapping[str, datetime], *, is_taken: bool = False
    ) -> None:
        """Publish all that is due of these kinds, together, a page a transaction."""
        now = self._now()
        runs = {kind.name: _Timed(Run(kind.name, planned[kind.name], now)) for kind in kinds}
        pages = _Pages(self._engine, runs, publish=self._publish, going=self._going)
        pages.run(kinds, is_taken=is_taken)

    def _take(self, session: Session, one: "_Timed") -> bool:
        run = one.run
        return bool(take(session, {run.schedule: run.planned_at}, now=run.started_at))

    def _fail(self, one: "_Timed", error: Exception) -> None:
        code = error_code(error)
        _LOG.warning("run.failed", schedule=one.run.schedule, error=code)
        self._keep(one.ended(RunResult.FAILED, error=code))

    def _keep(self, run: Run) -> None:
        with transaction(self._engine) as session:
            _write_durably_if(session, [run], is_durable=run.result is not RunResult.DONE)


class _Pages:
    """One catching up: pages of all kinds in due order, until nothing is due."""

    def __init__(
        self,
        engine: Engine,
        runs: Mapping[str, "_Timed"],
        *,
        publish: Publish,
        going: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._runs = runs
        self._publish = publish
        self._going = going
        self._kinds: Sequence[Line] = ()
        self._is_taken = False
        self._counts = dict.fromkeys(runs, 0)
        self._tries = 0

    def run(self, kinds: Sequence[Line], *, is_taken: bool) -> None:
        self._kinds, self._is_taken = kinds, is_taken
        while self._kinds:
            if not self._going():
                self._interrupt()
                return
            try:
                if not self._page():
                    break
            except Exception as error:
                if _is_lost(error):
                    with suppress(SQLAlchemyError, psycopg.Error):
                        self._interrupt()
                    raise
                self._leave_out(error)
        for name, count in self._counts.items():
            _log_done(self._runs[name].run, count)

    def _page(self) -> bool:
        """Publish a page; say whether there may be another."""
        with transaction(self._engine) as session:
            kinds = self._take(session)
            if not kinds:
                self._kinds = []
                return False
            now = self._now()
            page = self._publish(session, kinds, now=now, limit=PAGE)
            counts = {kind.name: self._counts[kind.name] + page.get(kind.name, 0) for kind in kinds}
            has_more = any(page.values())
            result = None if has_more else RunResult.DONE
            runs = [self._runs[name].ended(result, count) for name, count in counts.items()]
            _write_durably_if(session, runs, is_durable=has_more)
        self._kinds, self._is_taken = kinds, True
        self._counts |= counts
        return has_more

    def _take(self, session: Session) -> Sequence[Line]:
        """Give those kinds whose ticks are ours."""
        if self._is_taken:
            return self._kinds
        planned = {kind.name: self._runs[kind.name].run.planned_at for kind in self._kinds}
        mine = take(session, planned, now=self._now())
        return [kind for kind in self._kinds if kind.name in mine]

    def _now(self) -> datetime:
        return next(iter(self._runs.values())).run.started_at

    def _leave_out(self, error: Exception) -> None:
        """Record trouble with whoever makes it, and go on with the others."""
        self._tries += 1
        culprits = {kind.name: found for kind in self._kinds if (found := self._try_alone(kind))}
        if not culprits and self._tries < TRIES:
            return
        codes = culprits or dict.fromkeys((kind.name for kind in self._kinds), error_code(error))
        for name, code in codes.items():
            _LOG.warning("run.failed", schedule=name, error=code)
        with transaction(self._engine) as session:
            write(
                session,
                [
                    self._runs[name].ended(RunResult.FAILED, self._counts[name], error=code)
                    for name, code in codes.items()
                ],
            )
        self._kinds = [kind for kind in self._kinds if kind.name not in codes]

    def _try_alone(self, kind: Line) -> str | None:
        """Publish a page of one kind and roll it back; the code of what it raised, if it did."""
        try:
            with Session(self._engine) as session:
                self._publish(session, (kind,), now=self._now(), limit=PAGE)
                session.rollback()
        except Exception as error:
            if _is_lost(error):
                raise
            return error_code(error)
        return None

    def _interrupt(self) -> None:
        """Stop here; what is left is due still, and whoever leads next takes it up."""
        if not self._is_taken:
            return
        runs = [
            self._runs[kind.name].ended(RunResult.INTERRUPTED, self._counts[kind.name])
            for kind in self._kinds
        ]
        with transaction(self._engine) as session:
            write(session, runs)


class _Timed:
    """A run, and since when by a clock that nobody moves."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._began = time.monotonic()

    def ended(self, result: RunResult | None, count: int = 0, *, error: str | None = None) -> Run:
        """Give how it stands now."""
        took_ms = round((time.monotonic() - self._began) * 1e3, 3)
        return replace(self.run, took_ms=took_ms, count=count, result=result, error=error)


def error_code(error: Exception) -> str:
    """Name an error without its text, which may quote values: its class and SQLSTATE."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = getattr(cause, "sqlstate", None)
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__


def _is_lost(error: Exception) -> bool:
    """Say whether the database itself is in trouble, so that nobody could do any better."""
    return is_passing(error) and not is_contention(error)


def _write_durably_if(session: Session, runs: Sequence[Run], *, is_durable: bool) -> None:
    """Write how it went; where nothing else was done, without waiting for the disk."""
    write(session, runs)
    if not is_durable:
        _not_durably(session)


def _not_durably(session: Session) -> None:
    """Let a crash of the server forget this transaction: a tick that is lost is taken again."""
    execute(session, "SET LOCAL synchronous_commit = off")


def _log_done(run: Run, count: int) -> None:
    if count:
        _LOG.info("run.done", schedule=run.schedule, count=count)
