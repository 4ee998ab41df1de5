"""What ops did about deliveries: the log of it, what can be undone, and what is done in bulk."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Integer, SmallInteger, text
from sqlmodel import Field, SQLModel

from domain.tables.accounts import Via
from domain.tables.base import created, document, instant, one_of, word
from domain.tables.ledger import ASSIGNED, BY_BYTES


class BulkKind(StrEnum):
    """What is done to each of many deliveries."""

    RETRY = "retry"
    DISCARD = "discard"
    RESTORE = "restore"


class BulkState(StrEnum):
    """How far a bulk operation has come.

    `canary`: the first one is tried, and the rest waits for how it goes. `stopped`: too many
    failed again. From done, stopped and cancelled nothing leads.
    """

    CANARY = "canary"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class ItemResult(StrEnum):
    """What became of one delivery of a bulk operation.

    `trying`: it was made due and has no outcome yet. `skipped`: somebody else had settled it, or
    the operation ended before its turn.
    """

    WAITING = "waiting"
    TRYING = "trying"
    RETRIED = "retried"
    FAILED = "failed"
    DISCARDED = "discarded"
    RESTORED = "restored"
    SKIPPED = "skipped"


class AuditEntry(SQLModel, table=True):
    """Something that somebody of ops did, written in the transaction in which it was done."""

    __tablename__ = "audit_log"
    __table_args__ = (
        one_of("via", Via),
        # By whom, and what was done about one domain event: each the newest first.
        Index("audit_log_actor_idx", "actor", "id"),
        Index("audit_log_action_idx", "action", "id"),
        Index("audit_log_seq_idx", "seq", "id", postgresql_where=text("seq IS NOT NULL")),
        Index("audit_log_thing_idx", "thing", "id", postgresql_where=text("thing IS NOT NULL")),
    )

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(always=True),))
    at: datetime = instant(nullable=False)
    # The account's name, or whose terminal it was; it stays when the account goes.
    actor: str
    via: str = word()
    # A word such as retry, discard or bulk.start.
    action: str
    # The delivery that it was done to, if to one.
    seq: int | None = Field(default=None, sa_type=BigInteger)
    handler: str | None = None
    bulk_id: UUID | None = None
    # What they gave as their reason.
    why: str | None = None
    # Codes and counts, never a value of a payload.
    details: dict[str, Any] = document(nullable=False)
    # What else it was done to, as `person:<id>`, `key:<id>` or `account:<name>`.
    thing: str | None = None


class PauseRow(SQLModel, table=True):
    """A lane or a handler of which nothing is begun before `until`; then it is as if it weren't."""

    __tablename__ = "pauses"

    # No handler is called like a lane.
    name: str = Field(primary_key=True, sa_type=BY_BYTES)
    since: datetime = instant(nullable=False)
    until: datetime = instant(nullable=False)
    actor: str
    why: str


class Discard(SQLModel, table=True):
    """What a delivery was before it was discarded: as long as its row is here it can be undone."""

    __tablename__ = "discards"
    __table_args__ = (Index("discards_discarded_at_idx", "discarded_at"),)

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=ASSIGNED)
    handler: str = Field(primary_key=True, sa_type=BY_BYTES)
    discarded_at: datetime = instant(nullable=False)
    actor: str
    why: str
    reason: str | None = None
    awaits: str | None = None
    settled_at: datetime | None = instant()


class BulkOperation(SQLModel, table=True):
    """Something done to many deliveries, whose keys are listed when it is confirmed."""

    __tablename__ = "bulk_operations"
    __table_args__ = (
        one_of("kind", BulkKind),
        one_of("state", BulkState),
        one_of("via", Via),
        # What is still to be done.
        Index(
            "bulk_operations_open_idx",
            "created_at",
            postgresql_where=text("state IN ('canary', 'running')"),
        ),
        Index("bulk_operations_created_at_idx", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: str = word()
    state: str = word()
    # In words, the filter by which its deliveries were found.
    selection: str
    why: str
    actor: str
    via: str = word()
    total: int = Field(sa_type=Integer)
    # How many are done in a second.
    rate: int = Field(sa_type=SmallInteger)
    # Why it was stopped, in a word.
    reason: str | None = None
    # The bulk discard whose deliveries this one restores.
    undoes: UUID | None = None
    created_at: datetime = created()
    stepped_at: datetime | None = instant()
    finished_at: datetime | None = instant()


class BulkItem(SQLModel, table=True):
    """A delivery of a bulk operation, and what became of it there."""

    __tablename__ = "bulk_items"
    __table_args__ = (
        one_of("result", ItemResult),
        # What is next, what is being tried, and what came out how: all by place.
        Index("bulk_items_result_idx", "bulk_id", "result", "place"),
        # What was done to one delivery.
        Index("bulk_items_seq_idx", "seq", "handler"),
        # Which operations have one in hand, however many had it before.
        Index(
            "bulk_items_in_hand_idx",
            "seq",
            "handler",
            postgresql_where=text("result IN ('waiting', 'trying')"),
        ),
    )

    bulk_id: UUID = Field(primary_key=True, foreign_key="bulk_operations.id", ondelete="CASCADE")
    place: int = Field(primary_key=True, sa_type=Integer, sa_column_kwargs=ASSIGNED)
    seq: int = Field(sa_type=BigInteger)
    handler: str = Field(sa_type=BY_BYTES)
    result: str = word(ItemResult.WAITING)
    # Why it was skipped, or how it failed: the state that it was found in. Of one that was
    # discarded, that it was restored since, so that it isn't restored by undoing this as well.
    reason: str | None = None
