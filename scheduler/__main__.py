"""Starts the scheduler: a metronome, a lead, and the timetable."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NoReturn

from scheduler.housekeeping import Wait, make_housekeeping
from scheduler.lead import LOOK_EVERY, Lead
from scheduler.metronome import Keeper, Metronome
from scheduler.term import Term
from scheduler.ticker import Ticker
from scheduler.timetable import Timetable
from workers.chores import make_chores
from workers.clock import utc_now
from workers.database import make_engine
from workers.exposition import serve_figures
from workers.lifetime import begin, finish
from workers.log import logger
from workers.providers import make_ports
from workers.providers.senders import make_till
from workers.refunding.catching_up import make_catching_up
from workers.reporting import Presence, Reporter, make_reporter
from workers.settings import Settings

# What is at work when asked to stop has so long to end; what takes longer is done again.
GRACE: Final = timedelta(seconds=4)
# Things that may be at work at once, and a connection for each.
MOST_TRACKS: Final = 10


class Scheduler:
    """The process: whoever leads does what is due, and the others are ready to."""

    def __init__(
        self,
        database_url: str,
        make_timetable: Callable[[Wait], Timetable],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Put it together; nothing runs yet."""
        # A connection for each track and for whoever says that it leads, and for bulk operations,
        # of which each has a transaction of its own beside its tick's. It is opened when needed.
        self._engine = make_engine(database_url, process="scheduler", pool_size=MOST_TRACKS + 2)
        lead_engine = make_engine(database_url, process="scheduler", pool_size=1)
        self._term = Term(self._engine, Lead(lead_engine, now=now), now=now)
        self._timetable = make_timetable(self._term.wait)
        ticker = Ticker(self._engine, self._timetable, now=now, going=self._term.going)
        self._metronome = Metronome(threads=MOST_TRACKS)
        for name, (every, call) in ticker.tracks().items():
            self._metronome.add(name, call, every=every)
        self._keeper = Keeper(self._keep, every=LOOK_EVERY)

    def run(self) -> None:
        """Run until stopped, then let another one lead at once."""
        self._keeper.start()
        self._metronome.run()
        self._metronome.wait_until_idle(GRACE)
        self._keeper.stop(GRACE / 2)
        self._term.release()

    def stop(self) -> None:
        """Begin nothing more."""
        self._term.stop()
        self._metronome.stop()

    def _keep(self) -> None:
        self._term.look(self._timetable)
        self._metronome.catch_up(utc_now())


def our_timetable(settings: Settings, wait: Wait) -> Timetable:
    """Give the timetable with all chores, which ask the ports that the settings name."""
    retention = timedelta(days=settings.momento_ledger_retention_days)
    chores = make_chores(make_ports(settings))
    catching_up = make_catching_up(make_till(settings), wait)
    return Timetable(chores=(*chores, catching_up, *make_housekeeping(retention, wait)))


def main() -> NoReturn:
    """Run until asked to stop."""
    settings = begin("scheduler")
    if settings.database_url is None:
        sys.exit("DATABASE_URL must be set: start the scheduler with momento up")
    # A chore that waits for a service misses beats, which is as it should be.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    url = settings.database_url.get_secret_value()
    own = Presence("scheduler", metrics_at=serve_figures(settings, "scheduler"))
    scheduler = Scheduler(url, lambda wait: our_timetable(settings, wait))
    serve(scheduler, make_reporter(url, own))


def serve(scheduler: Scheduler, reporter: Reporter | None = None) -> NoReturn:
    """Run a scheduler until this process is asked to stop, and end the process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a thread: what this one is waiting for just now takes a lock to be told of.
        signal.signal(number, lambda *_: threading.Thread(target=scheduler.stop).start())
    if reporter is not None:
        reporter.start()
    logger("scheduler").info("scheduler.started")
    scheduler.run()
    if reporter is not None:
        reporter.stop()
    logger("scheduler").info("scheduler.stopped")
    finish()
    # A service may take longer to answer than a stop may last. What it was asked is asked again.
    os._exit(0)


if __name__ == "__main__":
    main()
