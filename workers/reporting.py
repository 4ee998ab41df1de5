"""Says every five seconds that a process runs, and every ten what it has measured.

Beside all work, on a connection of its own: nothing waits for it, and what it can't write it keeps
for the next time. A process that is killed takes the figures of its last ten seconds with it.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from typing import Final
from uuid import uuid4

import psutil
from sqlalchemy import Engine
from sqlmodel import Session

from domain.dispatch import describe
from domain.figures.deploys import mark_deploy
from domain.figures.keeping import add_failures, add_figures
from domain.figures.recorder import Key, Tally, added
from domain.pausing import pauses_at
from domain.sql import as_json, execute
from workers.chores.chore import transaction
from workers.clock import utc_now
from workers.database import make_engine
from workers.log import logger
from workers.measuring import MEASURES, Measures
from workers.pausing import Pauses

BEAT_EVERY: Final = timedelta(seconds=5)
# So many beats from one writing of figures to the next.
BEATS_A_WRITE: Final = 2
STOP_WITHIN: Final = timedelta(seconds=1)
STATEMENT_MS: Final = 3_000

_BEAT: Final = """
    INSERT INTO processes AS row (id, name, pid, host, version, started_at, last_seen_at,
        memory_bytes, metrics_at, takes, doing, obeys)
    VALUES (%(id)s, %(name)s, %(pid)s, %(host)s, %(version)s, clock_timestamp(), clock_timestamp(),
        %(memory)s, %(metrics_at)s, %(takes)s, %(doing)s::jsonb, %(obeys)s)
    ON CONFLICT (id) DO UPDATE SET last_seen_at = excluded.last_seen_at,
        memory_bytes = excluded.memory_bytes, doing = excluded.doing,
        obeys = excluded.obeys
"""


@cache
def our_version() -> str:
    """Give the version that runs."""
    return version("momento-workers")


@dataclass(frozen=True, slots=True)
class Presence:
    """What a process says of itself: its name, what it takes, and where it shows its figures."""

    name: str
    takes: tuple[str, ...] = ()
    metrics_at: str | None = None
    # What it holds back, if it is one that begins what can be paused.
    pauses: Pauses | None = None


class Reporter:
    """A thread that says what its process does, from `start` to `stop`."""

    def __init__(self, engine: Engine, own: Presence, *, measures: Measures = MEASURES) -> None:
        """Connect when first needed; the engine needs one connection."""
        self._engine = engine
        self._own = own
        self._measures = measures
        self._id = uuid4()
        self._written: dict[Key, Tally] = {}
        self._has_marked = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="reporter")

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and take the row away; doesn't wait long for a silent server."""
        self._stopping.set()
        self._thread.join(STOP_WITHIN.total_seconds())

    def beat(self) -> None:
        """Say that the process runs."""
        with transaction(self._engine) as session:
            _prepare(session)
            # Before it says what it does: what it begins from now on it begins knowing them.
            pauses = self._own.pauses
            obeys = [] if pauses is None else pauses.take(pauses_at(session, utc_now()))
            execute(
                session,
                _BEAT,
                obeys=obeys,
                id=self._id,
                name=self._own.name,
                pid=os.getpid(),
                host=os.uname().nodename,
                version=our_version(),
                memory=psutil.Process().memory_info().rss,
                metrics_at=self._own.metrics_at,
                takes=list(self._own.takes),
                doing=as_json(asdict(each) for each in self._measures.busy.now()),
            )

    def mark(self) -> None:
        """Say once which version runs from now on."""
        if not self._has_marked:
            with transaction(self._engine) as session:
                _prepare(session)
                mark_deploy(session, our_version())
            self._has_marked = True

    def write(self) -> None:
        """Write what was measured since the last time."""
        totals = self._measures.recorder.totals()
        failures = self._measures.failures.take()
        try:
            with transaction(self._engine) as session:
                _prepare(session)
                add_figures(session, added(totals, self._written))
                add_failures(session, failures, version=our_version())
        except Exception:
            self._measures.failures.put_back(failures)
            raise
        self._written = totals

    def _run(self) -> None:
        beats = 0
        while not self._stopping.is_set():
            self._try(self.beat)
            self._try(self.mark)
            beats += 1
            if beats % BEATS_A_WRITE == 0:
                self._try(self.write)
            self._stopping.wait(BEAT_EVERY.total_seconds())
        self._try(self.write)
        self._try(self._leave)

    def _leave(self) -> None:
        with transaction(self._engine) as session:
            _prepare(session)
            execute(session, "DELETE FROM processes WHERE id = %(id)s", id=self._id)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next beat comes
            logger("reporter").debug("report.missed", error=describe(error))


def make_reporter(database_url: str, own: Presence, *, measures: Measures = MEASURES) -> Reporter:
    """Make one on a connection of its own, with the rights of its process."""
    engine = make_engine(database_url, process=own.name, pool_size=1, called="figures")
    return Reporter(engine, own, measures=measures)


def _prepare(session: Session) -> None:
    # A crash of the server may forget it.
    execute(session, "SET LOCAL synchronous_commit = off")
    execute(session, f"SET LOCAL statement_timeout = {STATEMENT_MS}")
