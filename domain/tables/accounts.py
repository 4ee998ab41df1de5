"""Who may sign in to the dashboard, and who is signed in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from domain.tables.base import created, instant, one_of, word


class Role(StrEnum):
    """What an account may do: look; also act on deliveries; also decide about accounts and keys."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class DashboardUser(SQLModel, table=True):
    """An account for the dashboard. Only a slow hash of its password is kept."""

    __tablename__ = "dashboard_users"
    __table_args__ = (one_of("role", Role),)

    id: UUID = Field(primary_key=True)
    # In lower case, so that nobody can pass for Ada by calling themselves ADA.
    name: str = Field(unique=True)
    role: str = word()
    password_hash: str
    created_at: datetime = created()
    # Nobody signs in with it until it is null again; what it did stays said of it.
    disabled_at: datetime | None = instant()


class Via(StrEnum):
    """By which door somebody of ops came."""

    DASHBOARD = "dashboard"
    API = "api"
    COMMAND = "command"


class DashboardSession(SQLModel, table=True):
    """Somebody who signed in. Only a hash of what their cookie or their program holds is kept."""

    __tablename__ = "dashboard_sessions"
    __table_args__ = (one_of("via", Via),)

    token_hash: bytes = Field(primary_key=True)
    # Who is removed is signed out everywhere.
    user_id: UUID = Field(foreign_key="dashboard_users.id", ondelete="CASCADE", index=True)
    # What forms must carry, so that no other site can send them.
    csrf: str
    # The door that it opens, and no other.
    via: str = word(Via.DASHBOARD)
    created_at: datetime = created()
    expires_at: datetime = instant(nullable=False)


class Reveal(SQLModel, table=True):
    """That somebody said why they must see what is personal of one person, and until when."""

    __tablename__ = "reveals"

    # To this session alone; it goes with it.
    token_hash: bytes = Field(
        primary_key=True, foreign_key="dashboard_sessions.token_hash", ondelete="CASCADE"
    )
    person_id: UUID = Field(primary_key=True)
    shown_until: datetime = instant(nullable=False)
