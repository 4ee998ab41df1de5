"""What people ask Momento for help with."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity
from sqlmodel import Field, SQLModel

from domain.tables.base import FactBase, created, document, fact_key, one_of, word

FIRST_TICKET_NUMBER = 1001


class TicketStatus(StrEnum):
    """How far a question has been answered."""

    NEW = "new"
    OPEN = "open"
    RESOLVED = "resolved"
    CLOSED = "closed"


class SupportTicket(SQLModel, table=True):
    """A question to Momento's own people."""

    __tablename__ = "support_tickets"
    __table_args__ = (one_of("status", TicketStatus),)

    id: UUID = Field(primary_key=True)
    ticket_number: int = Field(
        sa_type=BigInteger,
        unique=True,
        sa_column_args=[Identity(always=False, start=FIRST_TICKET_NUMBER)],
    )
    submitter_id: UUID = Field(foreign_key="users.id", index=True)
    reply_to_email: str
    category: str
    body: str
    status: str = word(TicketStatus.NEW)
    # What it is about, as the person says: nobody's question waits until that is known.
    associated_event_id: UUID | None = None
    associated_payment_id: UUID | None = None
    # Not called so in Python: SQLModel keeps the tables themselves under this name.
    details: dict[str, Any] | None = document(name="metadata")
    created_at: datetime = created()
    updated_at: datetime = created()


class TicketFact(FactBase, table=True):
    """What was said about a ticket, and when."""

    __tablename__ = "ticket_facts"
    __table_args__ = (fact_key("ticket_id"),)

    ticket_id: UUID = Field(foreign_key="support_tickets.id")
