"""The clock's machinery: what is scheduled, which planned times were met, and who leads."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Double, Identity, Index, Interval
from sqlmodel import Field, SQLModel

from domain.tables.base import TRUE, instant, one_of, word


class RunResult(StrEnum):
    """How a run ended. One that has not ended yet has none."""

    DONE = "done"
    FAILED = "failed"
    # It did what it should, and found figures that aren't what their rows say.
    DRIFT = "drift"
    # Its process was stopped or killed, or lost the lead.
    INTERRUPTED = "interrupted"


class Schedule(SQLModel, table=True):
    """A line of the timetable, written by the scheduler that leads, and what ops said about it."""

    __tablename__ = "schedules"

    name: str = Field(primary_key=True)
    every: timedelta = Field(sa_type=Interval)
    # Where in that span it is due, counted from the epoch.
    at: timedelta = Field(sa_type=Interval)
    sentence: str
    # When its pause ends, or ended.
    paused_until: datetime | None = instant()
    paused_why: str | None = None
    # When somebody asked for a run at once that nobody has begun yet.
    asked_at: datetime | None = instant()
    # Whether the one that leads runs it. One that it doesn't know stays as long as it is paused.
    is_listed: bool = Field(default=True, sa_column_kwargs={"server_default": TRUE})


class Tick(SQLModel, table=True):
    """A planned time of a schedule that somebody has met, so that nobody else does."""

    __tablename__ = "ticks"
    __table_args__ = (
        one_of("result", RunResult),
        Index("ticks_newest_idx", "schedule", "number"),
    )

    schedule: str = Field(primary_key=True)
    planned_at: datetime = instant(primary_key=True, nullable=False)
    # In the order in which they were made, whatever a clock said.
    number: int = Field(sa_type=BigInteger, sa_column_args=[Identity(always=False)])
    started_at: datetime = instant(nullable=False)
    took_ms: float | None = Field(default=None, sa_type=Double)
    count: int | None = Field(default=None, sa_type=BigInteger)
    result: str | None = word(nullable=True)
    # The class of what was raised and its SQLSTATE, never a text that may quote values.
    error: str | None = None


class SchedulerLead(SQLModel, table=True):
    """Which scheduler led last. It leads still if `backend_pid` holds the lock."""

    __tablename__ = "scheduler_lead"

    lock: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    backend_pid: int
    pid: int
    host: str
    since: datetime = instant(nullable=False)
    # How far its clock is ahead of the database's.
    clock_ahead_s: float = Field(sa_type=Double)
