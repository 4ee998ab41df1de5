"""What keeps the house: partitions, retention, rows that say nothing any more, and reconciling."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.constants import NOTIFICATIONS_KEPT
from domain.dispatch import is_contention
from domain.figures.keeping import forget_figures, roll_up
from domain.figures.reading_system import MISSED_FOR
from domain.notifications.keeping import expire_overdue, forget_departed, forget_old
from domain.partitions import (
    Partition,
    ensure_partitions,
    have_made,
    partitions,
    wait_briefly,
)
from domain.retention import PAGE, drop_month, held_by, trim_settled, trim_strays
from domain.sql import execute, fetch
from domain.ticks import trim
from scheduler.alarm import reconcile_figures
from scheduler.due import forget_said
from workers.chores.chore import Chore, transaction
from workers.log import logger

# What has not been seen for this long is gone, and its row says nothing any more: a process may be
# missed for a while.
GONE_FOR: Final = {"workers": timedelta(minutes=1), "processes": MISSED_FOR}
# To drop a month everybody else must be out of the table for a moment.
DROP_TRIES: Final = 5
DROP_PAUSE: Final = timedelta(seconds=2)
_LOG: Final = logger("housekeeping")

# Waits for so long unless asked to stop; whether to go on.
Wait = Callable[[timedelta], bool]


def make_partitions(session: Session, now: datetime) -> int:
    """Make the partitions of the coming months; give how many were missing."""
    connection = session.connection()
    wait_briefly(connection)
    return len(ensure_partitions(connection, now, make=have_made))


def forget_workers(session: Session, now: datetime) -> int:
    """Remove the rows of processes that ended without a word; give how many."""
    statement = "DELETE FROM {} WHERE last_seen_at < %(before)s"
    return sum(
        execute(session, statement.format(table), before=now - span)
        for table, span in GONE_FOR.items()
    )


def add_up_measures(session: Session, now: datetime) -> int:
    """Add measured minutes up to hours and days; give how many rows that wrote."""
    del now
    return roll_up(session)


def forget_measures(session: Session, now: datetime) -> int:
    """Forget old measures, failures and snapshots; give how many rows went."""
    del now
    return forget_figures(session)


def trim_ticks(session: Session, now: datetime) -> int:
    """Keep the last runs of each schedule; give how many went."""
    del now
    return trim(session)


def make_housekeeping(retention: timedelta, wait: Wait) -> tuple[Chore, ...]:
    """Give the chores that keep the house, which go on as long as `wait` says so."""
    return (
        Chore(
            "ledger.retain",
            timedelta(hours=1),
            "Removes settled deliveries that are older than the retention, then drops the months"
            " that nothing unsettled refers to.",
            lambda engine, now: retain(engine, by_both_clocks(engine, now) - retention, wait=wait),
        ),
        Chore(
            "notifications.forget",
            timedelta(hours=1),
            "Ends what nobody was told in time; forgets what people were told"
            f" {NOTIFICATIONS_KEPT.days} days ago and more, unless it is still to be settled, and"
            " whatever was written for somebody while they left.",
            lambda engine, now: forget_tellings(engine, by_both_clocks(engine, now), wait=wait),
        ),
        Chore(
            "due.forget",
            timedelta(hours=1),
            "Forgets what was published as due long ago.",
            lambda engine, now: forget_due(engine, now, wait=wait),
        ),
        Chore(
            "figures.reconcile",
            timedelta(days=1),
            "Recomputes every derived figure from its rows; raises an alarm on drift and mends"
            " nothing.",
            lambda engine, _: reconcile_figures(engine, wait=wait),
            # While people in America sleep.
            at=timedelta(hours=9),
        ),
    )


def by_both_clocks(engine: Engine, now: datetime) -> datetime:
    """Give the earlier of `now` and the database's time.

    A clock that is ahead makes things happen early; by it, nothing is removed for good.
    """
    with transaction(engine) as session:
        ((theirs,),) = fetch(session, "SELECT clock_timestamp()")
    earlier: datetime = min(now, theirs)
    return earlier


def forget_due(engine: Engine, now: datetime, *, wait: Wait, limit: int = PAGE) -> int:
    """Forget page by page what was published as due long ago; give how many rows went."""
    return _by_pages(
        engine, lambda session: forget_said(session, now, limit=limit), wait=wait, limit=limit
    )


def forget_tellings(engine: Engine, now: datetime, *, wait: Wait, limit: int = PAGE) -> int:
    """Expire page by page what nobody was told in time, then forget what is old or of the deleted.

    Gives how many rows expired and went.
    """
    return sum(
        _by_pages(engine, partial(step, now=now, limit=limit), wait=wait, limit=limit)
        for step in (expire_overdue, forget_old, forget_departed)
    )


def _by_pages(engine: Engine, forget: Callable[[Session], int], *, wait: Wait, limit: int) -> int:
    """Forget until a page isn't full any more, or somebody wants us to stop."""
    total, forgotten = 0, limit
    while forgotten == limit and wait(timedelta()):
        with transaction(engine) as session:
            forgotten = forget(session)
        total += forgotten
    return total


def retain(engine: Engine, before: datetime, *, wait: Wait) -> int:
    """Keep no settled delivery and no whole month from before; give how many rows and months.

    Raises the database's error when others were in the way each time that a month was to go.
    """
    with transaction(engine) as session:
        months = [month for month in partitions(session.connection()) if month.end <= before]
    total = 0
    for month in months:
        if not wait(timedelta()):
            break
        total += _retain_month(engine, month, wait=wait)
    return total + _retain_strays(engine, before, wait=wait)


def _retain_strays(engine: Engine, before: datetime, *, wait: Wait) -> int:
    """Trim what lies outside all months, page by page."""
    total = 0
    after: int | None = 0
    while after is not None and wait(timedelta()):
        with transaction(engine) as session:
            gone, after = trim_strays(session, before, after=after)
        total += gone
    return total


def _retain_month(engine: Engine, month: Partition, *, wait: Wait) -> int:
    """Trim a month page by page, then drop it unless something refers to it."""
    total = 0
    trimmed = PAGE
    while trimmed == PAGE and wait(timedelta()):
        with transaction(engine) as session:
            trimmed = trim_settled(session, month)
        total += trimmed
    if trimmed == PAGE:
        return total
    return total + _drop(engine, month, wait=wait)


def _drop(engine: Engine, month: Partition, *, wait: Wait) -> bool:
    """Drop a month, trying again while others are in the way; say whether it went."""
    for tries_left in reversed(range(DROP_TRIES)):
        try:
            with transaction(engine) as session:
                is_gone = drop_month(session, month)
                held = 0 if is_gone else held_by(session, month)
        except DBAPIError as error:
            if not (tries_left and is_contention(error) and wait(DROP_PAUSE)):
                raise
            continue
        if is_gone:
            _LOG.info("month.dropped", partition=month.name)
        else:
            _LOG.warning("month.held", partition=month.name, by=held)
        return is_gone
    return False
