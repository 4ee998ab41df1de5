"""Invitations, and what was decided about seats."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.tables.base import FALSE, FactBase, created, fact_key, instant, one_of, word


class InvitationStatus(StrEnum):
    """Where an invitation stands."""

    SENT = "sent"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"
    PAYMENT_FAILED = "payment_failed"
    PENDING_RECONFIRMATION = "pending_reconfirmation"
    CANCELLED_EARLY = "cancelled_early"
    CANCELLED_LATE = "cancelled_late"
    CANCELLED = "cancelled"


class DeclineReason(StrEnum):
    """Why somebody said no."""

    BUSY = "busy"
    NOT_INTERESTED = "not_interested"
    WANTS_VARIETY = "wants_variety"
    OTHER = "other"


class Invitation(SQLModel, table=True):
    """Somebody is invited to a gathering, once."""

    __tablename__ = "invitations"
    __table_args__ = (
        one_of("status", InvitationStatus),
        one_of("decline_reason", DeclineReason),
        UniqueConstraint("event_id", "user_id"),
        # What somebody still has to answer: few, however many they have answered.
        Index(
            "invitations_open_idx",
            "user_id",
            postgresql_where=text("status IN ('sent', 'payment_failed', 'pending_reconfirmation')"),
        ),
        # What becomes due: who has not answered, or not reconfirmed.
        Index(
            "invitations_expiry_idx",
            "expires_at",
            "id",
            postgresql_where=text("status IN ('sent', 'payment_failed')"),
        ),
        Index(
            "invitations_reconfirm_idx",
            "reconfirm_by",
            "id",
            postgresql_where=text("status = 'pending_reconfirmation'"),
        ),
        # Of whose expiry nobody was reminded yet.
        Index(
            "invitations_remind_idx",
            "expires_at",
            "id",
            postgresql_where=text(
                "status IN ('sent', 'payment_failed') AND reminded_for IS DISTINCT FROM expires_at"
            ),
        ),
    )

    id: UUID = Field(primary_key=True)
    event_id: UUID = Field(foreign_key="events.id")
    user_id: UUID = Field(foreign_key="users.id", index=True)
    status: str = word(InvitationStatus.SENT)
    decline_reason: str | None = word(nullable=True)
    match_reason: str | None = None
    # Rule "duos": not a foreign key, since old workers don't wait for the duo.
    duo_id: UUID | None = Field(default=None, index=True)
    expires_at: datetime | None = instant()
    confirmed_at: datetime | None = instant()
    # Until when somebody in pending_reconfirmation may answer.
    reconfirm_by: datetime | None = instant()
    # The clock's: for which expiry its person was reminded, or passed over.
    reminded_for: datetime | None = instant()
    created_at: datetime = created()
    updated_at: datetime = created()


class InvitationFact(FactBase, table=True):
    """What was said about an invitation, and when."""

    __tablename__ = "invitation_facts"
    __table_args__ = (fact_key("invitation_id"),)

    invitation_id: UUID = Field(foreign_key="invitations.id")


class SeatDecision(SQLModel, table=True):
    """What was decided when a payment was applied, and stands: rule "decided at the moment".

    Who got the last seat, who was refused, and that a refund was requested depend on what was
    known then. Everything else about an invitation is derived again and again.
    """

    __tablename__ = "seat_decisions"

    payment_id: UUID = Field(primary_key=True)
    invitation_id: UUID = Field(index=True)
    granted: bool = Field(sa_column_kwargs={"server_default": FALSE})
    refund_reason: str | None = None
    created_at: datetime = created()
