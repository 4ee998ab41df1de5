"""API keys: who may publish what over HTTP, how much of it, and what was done to each key."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Identity, Text
from sqlmodel import Field, SQLModel

from domain.tables.base import created, instant, one_of


class ApiKey(SQLModel, table=True):
    """Who may publish, and which types. Only a hash of the key is kept.

    A key that was rotated is followed by another of the same name; both work until the first ends.
    """

    __tablename__ = "api_keys"

    id: UUID = Field(primary_key=True)
    name: str
    key_hash: bytes = Field(unique=True)
    # Names such as kudos.given or payment.*; one "*" means every type.
    types: list[str] = Field(sa_type=ARRAY(Text))
    # Domain events a second, and how many at once after a pause; null: no limit of its own.
    rate: int | None = None
    burst: int | None = None
    # The first of those that followed one another; they share one rate. Null: itself.
    first_id: UUID | None = None
    created_at: datetime = created()
    # When a rotated key stops; null: not rotated.
    ends_at: datetime | None = instant()
    revoked_at: datetime | None = instant()
    # To the minute.
    last_used_at: datetime | None = instant()


class KeyDeed(StrEnum):
    """What can be done to an API key."""

    CREATED = "created"
    ROTATED = "rotated"
    REVOKED = "revoked"


class ApiKeyChange(SQLModel, table=True):
    """What was done to API keys, when, and by whom: kept for good."""

    __tablename__ = "api_key_changes"
    __table_args__ = (one_of("deed", KeyDeed),)

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=False)])
    key_id: UUID
    deed: str = Field(sa_type=Text)
    # An account of the machine, or what did it by itself.
    by: str
    at: datetime = created()
