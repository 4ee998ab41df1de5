"""Starts the scheduler: APScheduler as a metronome for the timetable."""

import signal
import sys
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import Engine

from scheduler.timetable import TIMETABLE, Entry
from workers.clock import utc_now
from workers.database import make_engine
from workers.log import configure_logging, logger
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


def make_scheduler(engine: Engine) -> Any:
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
    return metronome


def main() -> int:
    """Run until asked to stop; the exit code."""
    settings = load_settings()
    configure_logging(settings.log_format, process="scheduler", least=settings.log_level)
    if settings.database_url is None:
        sys.exit("DATABASE_URL must be set: start the scheduler with momento up")
    url = settings.database_url.get_secret_value()
    metronome = make_scheduler(make_engine(url, process="scheduler", pool_size=2))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: metronome.shutdown(wait=False))
    logger("scheduler").info("scheduler.started")
    metronome.start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
