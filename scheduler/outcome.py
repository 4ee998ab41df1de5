"""How a run went, and how that is written down."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.dispatch import is_contention, is_passing
from domain.sql import execute
from domain.tables.schedules import RunResult
from domain.ticks import Run, write
from workers.log import logger
from workers.measuring import MEASURES

_LOG: Final = logger("scheduler")


class Timed:
    """A run, and since when by a clock that nobody moves."""

    def __init__(self, run: Run) -> None:
        """Begin now."""
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


def is_lost(error: Exception) -> bool:
    """Say whether the database itself is in trouble, so that nobody could do any better."""
    return is_passing(error) and not is_contention(error)


def write_outcome(session: Session, runs: Sequence[Run], *, is_durable: bool) -> None:
    """Write how it went; where nothing else was done, without waiting for the disk."""
    write(session, runs)
    note_runs(runs)
    if not is_durable:
        forgettable(session)


def note_runs(runs: Iterable[Run]) -> None:
    """Count runs that have ended."""
    for run in runs:
        if run.result is not None:
            MEASURES.ran(run.schedule, run.result, took_s=run.took_ms / 1e3)


def forgettable(session: Session) -> None:
    """Let a crash of the server forget this transaction: a tick that is lost is taken again."""
    execute(session, "SET LOCAL synchronous_commit = off")


def log_failed(run: Run, code: str) -> None:
    """Say what went wrong."""
    _LOG.warning("run.failed", schedule=run.schedule, error=code)


def log_done(run: Run, count: int) -> None:
    """Say what was done, if anything was."""
    if count:
        _LOG.info("run.done", schedule=run.schedule, count=count)
