"""The timetable: what runs when. Nothing else decides time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from domain.figures.promises import add_up_promises, forget_promises
from domain.inbox.clerk import clerk_arrived
from domain.inbox.keeping import tidy
from domain.inbox.taking import take_arrived
from domain.ops.forgetting import forget
from domain.ops.stepping import step_operations
from domain.schedules import Line
from domain.ticks import planned_time
from scheduler.due import KINDS, publish_due
from scheduler.housekeeping import (
    add_up_measures,
    forget_measures,
    forget_workers,
    make_partitions,
    trim_ticks,
)
from workers.chores.chore import Chore

# publish(session, kinds, *, now, limit): publishes a page of what is due of all of these, in due
# order; gives the count of each, nothing but zeros when nothing more is due.
Publish = Callable[..., dict[str, int]]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something short: `run(session, now)` in one transaction with its tick; gives a count."""

    name: str
    every: timedelta
    sentence: str
    run: Callable[[Session, datetime], int]


ENTRIES = (
    Entry(
        "partitions.make",
        timedelta(hours=6),
        "Makes the partitions of the coming months.",
        make_partitions,
    ),
    Entry(
        "workers.forget",
        timedelta(seconds=30),
        "Removes the rows of workers and other processes that ended without a word.",
        forget_workers,
    ),
    Entry(
        "ticks.trim",
        timedelta(minutes=1),
        "Keeps the last 200 runs of each schedule.",
        trim_ticks,
    ),
    Entry(
        "measures.add_up",
        timedelta(minutes=5),
        "Adds measured minutes up to hours and days.",
        add_up_measures,
    ),
    Entry(
        "measures.forget",
        timedelta(minutes=5),
        "Forgets old measures and kinds of failures, and thins out old snapshots.",
        forget_measures,
    ),
    Entry(
        "promises.add_up",
        timedelta(minutes=1),
        "Adds up how what people are promised was kept in the last half hour.",
        add_up_promises,
    ),
    Entry(
        "promises.forget",
        timedelta(hours=6),
        "Forgets how promises were kept 90 days ago.",
        forget_promises,
    ),
    Entry(
        "inbox.arrived",
        timedelta(seconds=10),
        "Judges again what Stripe told of an event that has been published since.",
        take_arrived,
    ),
    Entry(
        "inbox.registered",
        timedelta(seconds=10),
        "Publishes what Clerk told of people who have registered since.",
        clerk_arrived,
    ),
    Entry(
        "bulk.step",
        timedelta(seconds=1),
        "Takes what ops do in bulk a step further: the next few of each, or its end.",
        step_operations,
    ),
    Entry(
        "bulk.forget",
        timedelta(hours=1),
        "Forgets what was discarded 30 days ago, which can't be undone any more, and bulk"
        " operations of 90 days ago.",
        forget,
    ),
    Entry(
        "inbox.tidy",
        timedelta(hours=1),
        "Shows ops what has waited in the inbox for 7 days, and forgets what is long settled.",
        tidy,
    ),
)


@dataclass(frozen=True, slots=True)
class Timetable:
    """All that the scheduler runs: what becomes due, short entries, and chores."""

    kinds: Sequence[Line] = KINDS
    entries: Sequence[Entry] = ENTRIES
    chores: Sequence[Chore] = ()
    publish: Publish = publish_due

    def __iter__(self) -> Iterator[Line]:
        """Give every line."""
        yield from self.kinds
        yield from self.entries
        yield from self.chores


def place(line: Line) -> timedelta:
    """Give where in its span a line is due."""
    return line.at if isinstance(line, Chore) else timedelta()


def planned(lines: Iterable[Line], now: datetime) -> dict[str, datetime]:
    """Give the newest planned time of each line."""
    return {line.name: planned_time(now, line.every, at=place(line)) for line in lines}
