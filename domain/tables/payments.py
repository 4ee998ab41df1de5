"""Payments."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from domain.tables.base import FactBase, created, fact_key, one_of, word


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class PaymentPurpose(StrEnum):
    """What was paid for."""

    CONFIRMATION_FEE = "confirmation_fee"
    SUBSCRIPTION = "subscription"


class DisputeOutcome(StrEnum):
    """How a dispute ended: with the money back at us, with it gone, or before it was one."""

    WON = "won"
    LOST = "lost"
    WARNING_CLOSED = "warning_closed"


class Payment(SQLModel, table=True):
    """Money. It refers to nothing by foreign key: it is kept whatever it was meant for."""

    __tablename__ = "payments"
    __table_args__ = (
        one_of("status", PaymentStatus),
        one_of("purpose", PaymentPurpose),
        # What waits for its refund.
        Index(
            "payments_refund_pending_idx",
            "id",
            postgresql_where=text("status = 'refund_pending'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(index=True)
    event_id: UUID | None = None
    invitation_id: UUID | None = Field(default=None, index=True)
    purpose: str = word(PaymentPurpose.CONFIRMATION_FEE)
    amount_in_cents: int
    currency: str
    status: str = word(PaymentStatus.PENDING)
    stripe_payment_intent_id: str | None = None
    stripe_charge_id: str | None = Field(default=None, unique=True)
    created_at: datetime = created()
    updated_at: datetime = created()


class PaymentFact(FactBase, table=True):
    """What was said about a payment, and when."""

    __tablename__ = "payment_facts"
    __table_args__ = (fact_key("payment_id"),)

    payment_id: UUID = Field(foreign_key="payments.id")
