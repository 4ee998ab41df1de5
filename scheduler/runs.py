"""How a run goes: its tick is taken, the work is done, and what came of it is written.

Whatever a run raises is its result, and nobody else's trouble. A lost connection is the database's
trouble, and is raised.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from domain.schedules import Line
from domain.tables.schedules import RunResult
from domain.ticks import Run, take
from scheduler.alarm import DriftError, StoppedError
from scheduler.outcome import (
    Timed,
    error_code,
    forgettable,
    is_lost,
    log_done,
    log_failed,
    write_outcome,
)
from scheduler.pages import Pages
from scheduler.timetable import Entry, Publish
from workers.chores.chore import Chore, transaction


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
        # How chores went whose result could not be written, because the database was away.
        self._unwritten: dict[str, Run] = {}

    def entry(self, entry: Entry, planned_at: datetime, *, is_taken: bool = False) -> None:
        """Do something short in one transaction with its tick."""
        one = Timed(Run(entry.name, planned_at, self._now()))
        try:
            with transaction(self._engine) as session:
                if not (is_taken or self._take(session, one)):
                    return
                count = entry.run(session, one.run.started_at)
                write_outcome(session, [one.ended(RunResult.DONE, count)], is_durable=count > 0)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this run's result
            self._write(self._failed(one, error))
            return
        log_done(one.run, count)

    def chore(self, chore: Chore, planned_at: datetime, *, is_taken: bool = False) -> None:
        """Do something that holds its own transactions; its tick is taken and written in others."""
        self._write_late(chore.name)
        one = Timed(Run(chore.name, planned_at, self._now()))
        if not is_taken:
            with transaction(self._engine) as session:
                if not self._take(session, one):
                    return
                forgettable(session)
        try:
            count = chore.run(self._engine, one.run.started_at)
        except DriftError as alarm:
            self._keep(one.ended(RunResult.DRIFT, alarm.count))
        except StoppedError:
            self._keep(one.ended(RunResult.INTERRUPTED))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this run's result
            self._keep(self._failed(one, error))
        else:
            self._keep(one.ended(RunResult.DONE, count))
            log_done(one.run, count)

    def due(
        self, kinds: Sequence[Line], planned: Mapping[str, datetime], *, is_taken: bool = False
    ) -> None:
        """Publish all that is due of these kinds, together, a page a transaction."""
        now = self._now()
        runs = {kind.name: Timed(Run(kind.name, planned[kind.name], now)) for kind in kinds}
        pages = Pages(self._engine, runs, publish=self._publish, going=self._going)
        pages.run(kinds, is_taken=is_taken)

    def _take(self, session: Session, one: Timed) -> bool:
        run = one.run
        return bool(take(session, {run.schedule: run.planned_at}, now=run.started_at))

    def _failed(self, one: Timed, error: Exception) -> Run:
        code = error_code(error)
        log_failed(one.run, code)
        return one.ended(RunResult.FAILED, error=code)

    def _keep(self, run: Run) -> None:
        """Write how a chore went, whose tick stands already: it doesn't stay without a result.

        A result that can't be written is a failure. While the database is away it waits here.
        """
        try:
            self._write(run)
        except Exception as error:
            if is_lost(error):
                self._unwritten[run.schedule] = run
                raise
            code = error_code(error)
            log_failed(run, code)
            self._write(replace(run, count=0, result=RunResult.FAILED, error=code))

    def _write_late(self, schedule: str) -> None:
        if run := self._unwritten.get(schedule):
            self._write(run)
            del self._unwritten[schedule]

    def _write(self, run: Run) -> None:
        with transaction(self._engine) as session:
            write_outcome(session, [run], is_durable=run.result is not RunResult.DONE)
