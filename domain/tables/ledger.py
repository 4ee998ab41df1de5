"""The ledger: domain events, what is still to be routed, and what became of each delivery."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE
from sqlmodel import Field, SQLModel

from domain.tables.base import created, document, instant, one_of, word

# Keys that are given, never counted up by the database.
ASSIGNED = {"autoincrement": False}
# Codes are compared by their bytes: faster, and the same on every server.
BY_BYTES = Text(collation="C")


class DeliveryState(StrEnum):
    """What became of one domain event in one handler."""

    PENDING = "pending"
    DONE = "done"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    FAILED = "failed"
    DEAD = "dead"
    DISCARDED = "discarded"


class DomainEventRow(SQLModel, table=True):
    """Something that happened, as its publisher said it. Append-only, partitioned by month.

    Its (source, id) is unique through domain_event_keys, since a unique key can't cross
    partitions.
    """

    __tablename__ = "domain_events"
    __table_args__ = (
        # Which domain events followed from one: a question of `momento trace`.
        Index("domain_events_cause_idx", "cause", postgresql_where=text("cause IS NOT NULL")),
        # What was said of one thing or one person, the newest last: what ops ask for.
        Index("domain_events_subject_idx", "subject", "seq"),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=ASSIGNED)
    received_at: datetime = instant(primary_key=True, nullable=False, default_now=True)
    source: str
    id: str
    type: str
    subject: str
    time: datetime = instant(nullable=False)
    data: dict[str, Any] = document(nullable=False)
    traceparent: str | None = None
    tracestate: str | None = None
    actor: str | None = None
    cause: int | None = Field(default=None, sa_type=BigInteger)
    # What the envelope said beyond the attributes above; kept, never read.
    attributes: dict[str, Any] | None = document()


class DomainEventKey(SQLModel, table=True):
    """Who has said what already: (source, id) identifies a domain event for ever."""

    __tablename__ = "domain_event_keys"

    source: str = Field(primary_key=True, sa_type=BY_BYTES)
    id: str = Field(primary_key=True, sa_type=BY_BYTES)
    seq: int = Field(sa_type=BigInteger)
    received_at: datetime = instant(nullable=False)


class PersonalKey(SQLModel, table=True):
    """The key with which somebody's personal values in the ledger are sealed; null: destroyed.

    A row stays for whoever was erased, so that nothing more is kept of what comes late.
    """

    __tablename__ = "personal_keys"

    person: UUID = Field(primary_key=True)
    key: bytes | None = None
    destroyed_at: datetime | None = instant()
    created_at: datetime = created()


class Outbox(SQLModel, table=True):
    """Domain events that no relay has routed yet. Small and hot."""

    __tablename__ = "outbox"

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=ASSIGNED)
    received_at: datetime = instant(nullable=False)
    type: str


class Delivery(SQLModel, table=True):
    """One domain event for one handler, and what became of it.

    `due_at` is when it is tried next and null once it is settled, so that the index that claims
    read holds just what still has to be done.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", DeliveryState),
        Index(
            "deliveries_due_idx", "handler", "due_at", postgresql_where=text("due_at IS NOT NULL")
        ),
        Index("deliveries_awaits_idx", "awaits", postgresql_where=text("awaits IS NOT NULL")),
        Index(
            "deliveries_trouble_idx",
            "state",
            "handler",
            postgresql_where=text("state IN ('failed', 'dead')"),
        ),
        # What is dead by handler and kind of error, the newest last: to be counted and listed.
        Index(
            "deliveries_dead_idx",
            "handler",
            "fingerprint",
            "settled_at",
            "seq",
            postgresql_where=text("state = 'dead'"),
        ),
        # What is not as usual, by number; most are pending or done, which stand in no index here.
        Index(
            "deliveries_unusual_idx",
            "state",
            "seq",
            "handler",
            postgresql_where=text("state NOT IN ('pending', 'done')"),
        ),
    )

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=ASSIGNED)
    handler: str = Field(primary_key=True, sa_type=BY_BYTES)
    lane: str
    received_at: datetime = instant(nullable=False)
    state: str = word(DeliveryState.PENDING)
    # Tries that raised, and tries that took their process with them.
    attempts: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    deaths: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    looks: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    due_at: datetime | None = instant()
    awaits: str | None = None
    reason: str | None = None
    error: str | None = None
    # What all errors of a kind have in common; empty where nothing has failed.
    fingerprint: str = Field(default="", sa_type=BY_BYTES, sa_column_kwargs={"server_default": ""})
    settled_at: datetime | None = instant()


class DueSaid(SQLModel, table=True):
    """What the scheduler has published because it became due, so that nobody looks at it again.

    What may be published only once is so by its id, for ever; these rows are trimmed.
    """

    __tablename__ = "due_said"

    kind: str = Field(primary_key=True, sa_type=BY_BYTES)
    due_at: datetime = instant(primary_key=True, nullable=False)
    subject: UUID = Field(primary_key=True)


class Refusal(SQLModel, table=True):
    """A thing that will not exist because its own domain event was rejected."""

    __tablename__ = "refusals"

    thing: str = Field(primary_key=True)
    reason: str


class InHand(SQLModel, table=True):
    """What a worker's connection is busy with: the evidence when its process is killed.

    The connection is known by its server process and that one's start, so the database itself
    can say whether it still lives; no clock and no heartbeat is trusted.
    """

    __tablename__ = "in_hand"

    backend_pid: int = Field(primary_key=True, sa_column_kwargs=ASSIGNED)
    backend_start: datetime = instant(primary_key=True, nullable=False)
    handler: str
    seqs: Any = Field(sa_type=INT8MULTIRANGE)
    noted_at: datetime = instant(nullable=False)


class Worker(SQLModel, table=True):
    """A process that applies deliveries, for `momento status` and the dashboard."""

    __tablename__ = "workers"

    id: UUID = Field(primary_key=True)
    pid: int
    host: str
    lanes: list[str] = Field(sa_type=ARRAY(Text))
    started_at: datetime = instant(nullable=False)
    last_seen_at: datetime = instant(nullable=False)
