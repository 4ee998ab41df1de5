"""Figures: what processes have measured, what has failed, who runs, and how everything stood."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Double, Index, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

from domain.tables.base import FALSE, NO_WORDS, document, instant, one_of
from domain.tables.ledger import BY_BYTES


class Span(StrEnum):
    """For how long a figure was added up. The longer, the longer it is kept."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class MeasuredFigure(SQLModel, table=True):
    """What all processes have measured of one thing in one minute, hour or day.

    A process adds what it has measured every ten seconds, to the minute in which it does so. When
    it is killed, the figures of its last seconds are lost, and nothing else ever is.
    """

    __tablename__ = "figures"
    __table_args__ = (one_of("span", Span),)

    span: str = Field(primary_key=True, sa_type=BY_BYTES)
    name: str = Field(primary_key=True, sa_type=BY_BYTES)
    # When the minute, hour or day began.
    at: datetime = instant(primary_key=True, nullable=False)
    # Words of the code, in the order in which domain/figures/names.py lists the labels.
    labels: list[str] = Field(primary_key=True, sa_type=ARRAY(Text))
    count: int = Field(sa_type=BigInteger)
    total_s: float = Field(sa_type=Double)
    # Of a histogram: how many in each bucket of domain/figures/buckets.py.
    buckets: list[int] | None = Field(default=None, sa_type=ARRAY(BigInteger))


class FailureKind(SQLModel, table=True):
    """A kind of failure: a handler, and an error without values and line numbers."""

    __tablename__ = "failure_kinds"
    __table_args__ = (Index("failure_kinds_last_idx", "last_at"),)

    fingerprint: str = Field(primary_key=True, sa_type=BY_BYTES)
    handler: str
    error: str
    first_at: datetime = instant(nullable=False)
    last_at: datetime = instant(nullable=False)
    # Which version of ours met it first.
    version: str


class FailureHour(SQLModel, table=True):
    """How often a kind of failure was met in an hour."""

    __tablename__ = "failure_hours"

    fingerprint: str = Field(
        primary_key=True,
        sa_type=BY_BYTES,
        foreign_key="failure_kinds.fingerprint",
        ondelete="CASCADE",
    )
    at: datetime = instant(primary_key=True, nullable=False)
    count: int = Field(sa_type=BigInteger)


class Process(SQLModel, table=True):
    """A process of ours that runs, and what it does just now. It says so every five seconds."""

    __tablename__ = "processes"

    id: UUID = Field(primary_key=True)
    # relay, worker, scheduler, sender, gateway or dashboard.
    name: str
    pid: int
    host: str
    version: str
    started_at: datetime = instant(nullable=False)
    last_seen_at: datetime = instant(nullable=False)
    memory_bytes: int = Field(sa_type=BigInteger)
    # Where it shows its figures to Prometheus, if it does: host:port.
    metrics_at: str | None = None
    # What it takes: the lanes of a worker, the channels of a sender.
    takes: list[str] = Field(sa_type=ARRAY(Text))
    # [{what, count, since}]: what is in hand, in words of the code.
    doing: list[Any] = document(nullable=False)
    # Pauses that it has seen and begins nothing of: name@since.
    obeys: list[str] = Field(
        sa_type=ARRAY(Text), nullable=False, sa_column_kwargs={"server_default": NO_WORDS}
    )


class DeployMark(SQLModel, table=True):
    """Another version of ours has begun to run."""

    __tablename__ = "deploys"

    at: datetime = instant(primary_key=True, nullable=False)
    version: str


class PromiseSlot(SQLModel, table=True):
    """How something that people are promised was kept in ten minutes; `name` as the code has it."""

    __tablename__ = "promises"

    name: str = Field(primary_key=True)
    # When the ten minutes began.
    at: datetime = instant(primary_key=True, nullable=False)
    kept: int = Field(sa_type=BigInteger)
    broken: int = Field(sa_type=BigInteger)


class PromiseProgress(SQLModel, table=True):
    """How far something that people are promised has been added up."""

    __tablename__ = "promise_progress"

    name: str = Field(primary_key=True)
    # What was made before is in the slots.
    until: datetime = instant(nullable=False)


class SnapshotRow(SQLModel, table=True):
    """How everything stood at a moment, as the collector saw it."""

    __tablename__ = "snapshots"
    __table_args__ = (
        # What may be thinned out.
        Index("snapshots_dense_idx", "at", postgresql_where=text("NOT is_kept")),
    )

    at: datetime = instant(primary_key=True, nullable=False)
    version: int = Field(sa_type=SmallInteger)
    data: dict[str, Any] = document(nullable=False)
    # Whether it is the first of its minute, and kept for longer.
    is_kept: bool = Field(default=False, sa_column_kwargs={"server_default": FALSE})
