"""Duos: two people who want to be invited to their next event as a pair."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from domain.tables.base import FactBase, created, fact_key, instant, one_of, word


class DuoStatus(StrEnum):
    """Where a duo stands."""

    PENDING = "pending"
    ACTIVE = "active"
    COMPLETED = "completed"
    EXPIRED = "expired"
    DECLINED = "declined"


class DuoRole(StrEnum):
    """Who asked whom."""

    INITIATOR = "initiator"
    PARTICIPANT = "participant"


class Duo(SQLModel, table=True):
    """A pact of two for the next event."""

    __tablename__ = "duos"
    __table_args__ = (
        one_of("status", DuoStatus),
        # What becomes due: open ones by their end.
        Index(
            "duos_expiry_idx",
            "expires_at",
            "id",
            postgresql_where=text("status IN ('pending', 'active')"),
        ),
        # Of whose end nobody was reminded yet.
        Index(
            "duos_remind_idx",
            "expires_at",
            "id",
            postgresql_where=text(
                "status IN ('pending', 'active') AND reminded_for IS DISTINCT FROM expires_at"
            ),
        ),
    )

    id: UUID = Field(primary_key=True)
    status: str = word(DuoStatus.PENDING)
    expires_at: datetime | None = instant()
    # Rule "duos": nobody is in two open ones. From when until when this one is, or was, open.
    opened_at: datetime = instant(nullable=False)
    open_until: datetime = instant(nullable=False)
    # The clock's: for which expiry both were reminded, or passed over.
    reminded_for: datetime | None = instant()
    created_at: datetime = created()
    updated_at: datetime = created()


class DuoParticipant(SQLModel, table=True):
    """Somebody in a duo."""

    __tablename__ = "duo_participants"
    __table_args__ = (one_of("role", DuoRole),)

    duo_id: UUID = Field(primary_key=True, foreign_key="duos.id")
    user_id: UUID = Field(primary_key=True, foreign_key="users.id", index=True)
    role: str = word()
    created_at: datetime = created()


class DuoFact(FactBase, table=True):
    """What was said about a duo, and when."""

    __tablename__ = "duo_facts"
    __table_args__ = (fact_key("duo_id"),)

    duo_id: UUID = Field(foreign_key="duos.id")
