"""The metronome: APScheduler beats, and what a beat means is decided elsewhere.

Beats that were missed become one, however late it is. A beat that finds the one before it still at
work is left out.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers import SchedulerNotRunningError
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy.exc import SQLAlchemyError

from domain.dispatch import describe, is_passing
from workers.clock import utc_now
from workers.log import logger

# A beat that is planned for later than this was planned before the clock was set back.
TOO_FAR: Final = timedelta(seconds=10)
_LOG: Final = logger("scheduler")


class Metronome:
    """Calls functions again and again, each in a thread of its own, until stopped."""

    def __init__(self, *, threads: int) -> None:
        """Beat nothing yet."""
        self._scheduler: Any = BlockingScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(threads)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._busy = 0
        self._changed = threading.Condition()
        self._is_away = False
        self._is_stopped = False

    def add(self, name: str, call: Callable[[], object], *, every: timedelta) -> None:
        """Have something called every so often, and once at the start."""
        self._scheduler.add_job(
            self._beat,
            "interval",
            args=(name, call),
            seconds=every.total_seconds(),
            id=name,
            next_run_time=utc_now(),
        )

    def run(self) -> None:
        """Beat until stopped."""
        if not self._is_stopped:
            self._scheduler.start()

    def stop(self) -> None:
        """Beat no more; what is at work goes on."""
        self._is_stopped = True
        with suppress(SchedulerNotRunningError):
            self._scheduler.shutdown(wait=False)

    def wait_until_idle(self, patience: timedelta) -> bool:
        """Wait until nothing is at work any more; say whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, patience.total_seconds())

    def catch_up(self, now: datetime) -> None:
        """Have what was planned by a clock that has been set back since happen now.

        APScheduler would wait until that clock's time has come again.
        """
        for job in self._scheduler.get_jobs():
            if job.next_run_time > now + TOO_FAR:
                job.modify(next_run_time=now)

    def _beat(self, name: str, call: Callable[[], object]) -> None:
        with self._changed:
            self._busy += 1
        try:
            call()
        except (SQLAlchemyError, psycopg.Error) as error:
            self._note_trouble(name, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the metronome goes on
            _LOG.error("beat.failed", name=name, error=describe(error))
        else:
            self._is_away = False
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _note_trouble(self, name: str, error: Exception) -> None:
        """Say once that the database is away, not once a beat; anything else is a bug."""
        if not is_passing(error):
            _LOG.error("beat.failed", name=name, error=describe(error))
        elif not self._is_away:
            _LOG.warning("database.away", error=type(error).__name__)
            self._is_away = True


class Keeper:
    """Calls one thing again and again in a thread, by a clock that nobody sets."""

    def __init__(self, call: Callable[[], object], *, every: timedelta) -> None:
        """Start nothing yet."""
        self._call = call
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def stop(self, patience: timedelta) -> None:
        """End after the call at hand, or leave it to itself."""
        self._stopping.set()
        self._thread.join(patience.total_seconds())

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._call()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next call tries again
                _LOG.warning("lead.trouble", error=describe(error))
            rest = self._every.total_seconds() - (time.monotonic() - began)
            self._stopping.wait(max(rest, 0))
