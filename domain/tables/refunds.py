"""Refunds that are to be made, and what became of them at Stripe."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from domain.tables.base import FALSE, created, instant, one_of, word


class RefundState(StrEnum):
    """How far a refund has come.

    `due`: Stripe is to be asked, or asked again. `frozen`: the payment is disputed, and nothing is
    asked for as long as it is. `pending`: Stripe has it. `made`: the money went back, by what was
    said of the payment. `refused`: Stripe won't. `failed`: it was made, and the money came back to
    us. `closed`: somebody has settled it in another way.
    """

    DUE = "due"
    FROZEN = "frozen"
    PENDING = "pending"
    MADE = "made"
    REFUSED = "refused"
    FAILED = "failed"
    CLOSED = "closed"


class Refund(SQLModel, table=True):
    """Money that must go back: all of a payment that hasn't gone back yet.

    It is written in the transaction that makes the payment refund_pending. Who asks Stripe writes
    first that they do, and with which key.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("state", RefundState),
        # What is to be done by now.
        Index("refunds_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        # What somebody has to look at.
        Index(
            "refunds_open_idx", "state", postgresql_where=text("state NOT IN ('made', 'closed')")
        ),
    )

    payment_id: UUID = Field(primary_key=True, foreign_key="payments.id")
    # Why the money must go back, as refund.requested has it.
    wish: str
    state: str = word(RefundState.DUE)
    # A code of Stripe's or of ours; of a closed one what somebody wrote.
    reason: str | None = None
    attempts: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    # How often Stripe has refused it for now: for want of money, mostly.
    refusals: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    # The key that Stripe is asked with is made of the payment and this number. With one key a
    # refund is made once; Stripe forgets keys, so it counts from when this one was first used.
    key_number: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "1"})
    keyed_at: datetime | None = instant()
    # Whether Stripe is to be asked first which refunds there are.
    must_look: bool = Field(sa_column_kwargs={"server_default": FALSE})
    # Stripe's id of the refund that we know of, and of those that have failed.
    stripe_refund_id: str | None = None
    failed_ids: list[str] = Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    # When the next step is due; while somebody has it in hand, when they are lost.
    due_at: datetime | None = instant()
    # Who took it in hand is known by when: what another has by now is not theirs to write.
    taken_at: datetime | None = instant()
    requested_at: datetime = created()
    updated_at: datetime = created()


class StripeCursor(SQLModel, table=True):
    """Up to when Stripe's list of events was read, to bring in what no webhook told us."""

    __tablename__ = "stripe_cursors"

    name: str = Field(primary_key=True)
    seen_until: datetime = instant(nullable=False)
    updated_at: datetime = created()
