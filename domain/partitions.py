"""Monthly partitions of domain_events: made ahead, so that nothing lands in the default.

What lands there all the same (a server's clock was far ahead, nobody made the months in time)
stays there: a month of which rows lie there can't be made any more, and is left to it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, text

MONTHS_AHEAD = 3
# Only ever added to: pages are frozen and marked as seen by all while they are warm.
STORAGE: Final = "autovacuum_vacuum_insert_scale_factor = 0.05"
DEFAULT: Final = "domain_events_default"
# Whoever publishes or applies waits behind us as long as we wait for the table.
LOCK_PATIENCE: Final = "500ms"
# Beyond this many it doesn't matter how many lie there.
STRAYS_COUNTED: Final = 10_000
# make(connection, start, *, end): makes the partition of one month.
Make = Callable[..., None]
_NAME: Final = re.compile(r"domain_events_([0-9]{4})_([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Partition:
    """The domain events received from `start` up to `end`, which isn't in it."""

    name: str
    start: datetime
    end: datetime


def _month_after(month: datetime, count: int) -> datetime:
    """Give the first moment of the month `count` months later (UTC)."""
    index = month.year * 12 + month.month - 1 + count
    return datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)


def ensure_partitions(
    connection: Connection, now: datetime, *, make: Make | None = None
) -> list[str]:
    """Make the partitions of this month and the next ones where missing; name the new ones.

    `make` makes one; without it the table must be ours. The default partition catches what none
    of them covers, so that publishing never fails for want of a partition. It keeps a month of
    which it has caught something.
    """
    if make is None:
        make = _make_ourselves
        connection.execute(
            text(f"CREATE TABLE IF NOT EXISTS {DEFAULT} PARTITION OF domain_events DEFAULT")
        )
    made = []
    for ahead in range(MONTHS_AHEAD + 1):
        start, end = _month_after(now, ahead), _month_after(now, ahead + 1)
        name = f"domain_events_{start:%Y_%m}"
        exists = connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar()
        if exists is None and not _has_strays(connection, start=start, end=end):
            make(connection, start, end=end)
            made.append(name)
    return made


def _make_ourselves(connection: Connection, start: datetime, *, end: datetime) -> None:
    """Make a month where the table is ours: in a migration."""
    connection.execute(
        text(
            f"CREATE TABLE domain_events_{start:%Y_%m} PARTITION OF domain_events"
            f" FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
            f" WITH ({STORAGE})"
        )
    )


def have_made(connection: Connection, start: datetime, *, end: datetime) -> None:
    """Have a month made by the database, for whoever doesn't own the table."""
    del end
    connection.execute(text("SELECT momento_make_month(:month)"), {"month": start.date()})


def _has_strays(connection: Connection, *, start: datetime, end: datetime) -> bool:
    """Say whether the default partition has rows received from `start` up to `end`."""
    statement = f"SELECT EXISTS (SELECT FROM {DEFAULT} WHERE received_at >= :start"
    period = {"start": start, "end": end}
    found: bool = connection.execute(
        text(f"{statement} AND received_at < :end)"), period
    ).scalar_one()
    return found


def count_strays(connection: Connection) -> int:
    """Count what lies in the default partition; no further than STRAYS_COUNTED."""
    rows = f"SELECT FROM {DEFAULT} LIMIT {STRAYS_COUNTED}"
    count: int = connection.execute(text(f"SELECT count(*) FROM ({rows}) AS strays")).scalar_one()
    return count


def wait_briefly(connection: Connection) -> None:
    """Have this transaction give up soon where it waits for a lock; it is tried another time."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'"))


def partitions(connection: Connection) -> list[Partition]:
    """Give the partitions of whole months, the oldest first; not the default one."""
    return sorted(_months(connection), key=lambda partition: partition.start)


def set_storage(connection: Connection) -> None:
    """Set the storage parameters of the partitions that were made without."""
    for partition in partitions(connection):
        connection.execute(text(f"ALTER TABLE {partition.name} SET ({STORAGE})"))


def _months(connection: Connection) -> Iterator[Partition]:
    rows = connection.execute(
        text(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'domain_events'::regclass"
        )
    )
    for (name,) in rows:
        if found := _NAME.fullmatch(name):
            start = datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)
            yield Partition(name, start, _month_after(start, 1))
