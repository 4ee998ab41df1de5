"""Starts the scheduler: APScheduler as a metronome for the timetable and the chores."""

import logging
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import Engine

from scheduler.timetable import TIMETABLE, Entry
from workers.chores import make_chores
from workers.chores.chore import Chore
from workers.clock import utc_now
from workers.database import make_engine
from workers.log import configure_logging, logger
from workers.providers import make_ports
from workers.settings import load_settings


def run_entry(engine: Engine, entry: Entry) -> None:
    """Run one line of the timetable in a transaction; trouble is logged and ends nothing."""
    log = logger("scheduler")
    try:
        with engine.begin() as connection:
            count = entry.run(connection, utc_now())
    except Exception as error:  # noqa: BLE001 - whatever it is, the metronome goes on
        log.warning("entry.failed", name=entry.name, error=type(error).__name__)
        return
    if count:
        log.info("entry.done", name=entry.name, count=count)


def run_chore(engine: Engine, chore: Chore) -> None:
    """Do a portion of a chore, which opens its own transactions; trouble ends nothing."""
    log = logger("scheduler")
    try:
        count = chore.run(engine, utc_now())
    except Exception as error:  # noqa: BLE001 - whatever it is, the metronome goes on
        log.warning("chore.failed", name=chore.name, error=type(error).__name__)
        return
    if count:
        log.info("chore.done", name=chore.name, count=count)


def make_scheduler(engine: Engine, chores: Iterable[Chore] = ()) -> Any:
    """A metronome: missed ticks become one, however late it is."""
    metronome = BlockingScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None}
    )
    for entry in TIMETABLE:
        metronome.add_job(
            run_entry,
            "interval",
            args=(engine, entry),
            seconds=entry.every.total_seconds(),
            id=entry.name,
            next_run_time=utc_now(),
        )
    for chore in chores:
        metronome.add_job(
            run_chore,
            "interval",
            args=(engine, chore),
            seconds=chore.every.total_seconds(),
            id=chore.name,
            next_run_time=utc_now(),
        )
    return metronome


def main() -> int:
    """Run until asked to stop; the exit code."""
    settings = load_settings()
    configure_logging(settings.log_format, process="scheduler", least=settings.log_level)
    if settings.database_url is None:
        sys.exit("DATABASE_URL must be set: start the scheduler with momento up")
    url = settings.database_url.get_secret_value()
    # A chore that waits for a service misses ticks, which is as it should be.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    engine = make_engine(url, process="scheduler", pool_size=4)
    metronome = make_scheduler(engine, make_chores(make_ports(settings)))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: metronome.shutdown(wait=False))
    logger("scheduler").info("scheduler.started")
    metronome.start()
    return 0


if __name__ == "__main__":
    status = main()
    # A service may take longer to answer than a stop may last. What it was asked is asked again.
    sys.stdout.flush()
    os._exit(status)
