"""The timetable: what runs when. Nothing else decides time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.partitions import ensure_partitions

# A worker that has not been seen for this long is gone, and its row says nothing any more.
WORKER_GONE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timetable: `run(connection, now)` every so often, and once at the start."""

    name: str
    every: timedelta
    run: Callable[[Connection, datetime], int]


def make_partitions(connection: Connection, now: datetime) -> int:
    """Make the partitions of the coming months; give how many were missing."""
    return len(ensure_partitions(connection, now))


def forget_workers(connection: Connection, now: datetime) -> int:
    """Remove the rows of workers that ended without a word; give how many."""
    statement = text("DELETE FROM workers WHERE last_seen_at < :before")
    return connection.execute(statement, {"before": now - WORKER_GONE}).rowcount


TIMETABLE = (
    Entry("partitions.make", timedelta(hours=6), make_partitions),
    Entry("workers.forget", timedelta(seconds=30), forget_workers),
)
