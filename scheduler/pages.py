"""Catching up with what is due: a page a transaction, all kinds together, until nothing is."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from domain.schedules import Line
from domain.sql import execute
from domain.tables.schedules import RunResult
from domain.ticks import set_back, take, write
from scheduler.outcome import (
    Timed,
    error_code,
    is_lost,
    log_done,
    log_failed,
    note_runs,
    write_outcome,
)
from scheduler.timetable import Publish
from workers.chores.chore import transaction

# So many domain events are published in one transaction.
PAGE: Final = 1_000
# After trouble that is nobody's own, such as a deadlock, pages are tried so often.
TRIES: Final = 3
LOCK_PATIENCE: Final = "2s"


class Pages:
    """One catching up: pages of all kinds in due order, until nothing is due."""

    def __init__(
        self,
        engine: Engine,
        runs: Mapping[str, Timed],
        *,
        publish: Publish,
        going: Callable[[], bool],
    ) -> None:
        """Publish nothing yet; `runs` says of each kind which planned time is met."""
        self._engine = engine
        self._runs = runs
        self._publish = publish
        self._going = going
        self._kinds: Sequence[Line] = ()
        self._is_taken = False
        self._counts = dict.fromkeys(runs, 0)
        self._tries = 0

    def run(self, kinds: Sequence[Line], *, is_taken: bool) -> None:
        """Publish all that is due of these, as far as nobody else has met their times.

        Raises the database's error when it is in trouble itself; what was published stays so.
        """
        self._kinds, self._is_taken = kinds, is_taken
        while self._kinds:
            if not self._going():
                self._interrupt()
                return
            try:
                if not self._page():
                    break
            except Exception as error:
                if is_lost(error):
                    with suppress(SQLAlchemyError, psycopg.Error):
                        self._interrupt()
                    raise
                self._leave_out(error)
        for name, count in self._counts.items():
            log_done(self._runs[name].run, count)

    def _page(self) -> bool:
        """Publish a page; say whether there may be another."""
        with transaction(self._engine) as session:
            _wait_briefly(session)
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
            write_outcome(session, runs, is_durable=has_more)
        self._kinds, self._is_taken = kinds, True
        self._counts |= counts
        return has_more

    def _take(self, session: Session) -> Sequence[Line]:
        """Give those kinds whose ticks are ours.

        Where the clock was ahead and was put right, planned times are met before they have come;
        what is due is published all the same, since of that nothing is published twice.
        """
        if self._is_taken:
            return self._kinds
        planned = {kind.name: self._runs[kind.name].run.planned_at for kind in self._kinds}
        mine = take(session, planned, now=self._now())
        mine |= set_back(session, planned, now=self._now())
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
            log_failed(self._runs[name].run, code)
        runs = [
            self._runs[name].ended(RunResult.FAILED, self._counts[name], error=code)
            for name, code in codes.items()
        ]
        with transaction(self._engine) as session:
            write(session, runs)
        note_runs(runs)
        self._kinds = [kind for kind in self._kinds if kind.name not in codes]

    def _try_alone(self, kind: Line) -> str | None:
        """Publish a page of one kind and roll it back; the code of what it raised, if it did."""
        try:
            with Session(self._engine) as session:
                _wait_briefly(session)
                self._publish(session, (kind,), now=self._now(), limit=PAGE)
                session.rollback()
        except Exception as error:
            if is_lost(error):
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


def _wait_briefly(session: Session) -> None:
    """Have one kind that waits for a lock not hold up all others for long."""
    execute(session, f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'")
