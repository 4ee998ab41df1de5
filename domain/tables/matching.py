"""What matching works with: what is still to be made, where people go out, who was proposed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Double, Identity, Index, SmallInteger
from sqlmodel import Field, SQLModel

from domain.tables.base import created, instant, one_of, word


class RequestKind(StrEnum):
    """What is to be made anew: a vector from a text, one from other vectors, or proposals."""

    INTEREST = "interest"
    EVENT = "event"
    PROFILE = "profile"
    POSITIVE = "positive"
    PERSONA = "persona"
    NEGATIVE = "negative"
    ATTRACTION = "attraction"
    PROPOSALS = "proposals"


class MatchingRequest(SQLModel, table=True):
    """Something that may be stale. A row for each cause, so that none hides another.

    `target` is the id of an event or a person, or an interest's name. `cause` is the number of the
    domain event that changed it: once the other handlers of that one are through, it can be made.
    """

    __tablename__ = "matching_requests"
    __table_args__ = (
        one_of("kind", RequestKind),
        Index("matching_requests_due_idx", "kind", "due_at"),
        Index("matching_requests_target_idx", "target", "kind"),
    )

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=False)])
    kind: str = word()
    target: str
    cause: int | None = Field(default=None, sa_type=BigInteger)
    # How often it was refused; such a one is tried alone, after a pause that grows.
    attempts: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    # When it is tried next. Whoever has it in hand moves this on by a lease.
    due_at: datetime = instant(nullable=False)
    created_at: datetime = created()


class Embedding(SQLModel, table=True):
    """From which text and by which model a vector was made: what tells a stale one."""

    __tablename__ = "embeddings"
    __table_args__ = (
        Index("embeddings_model_idx", "model"),
        # Whatever was made of somebody, when they are erased.
        Index("embeddings_target_idx", "target"),
    )

    kind: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    model: str
    text_hash: str
    updated_at: datetime = created()


class PortRest(SQLModel, table=True):
    """A service outside that failed, and until when it isn't asked again."""

    __tablename__ = "port_rests"

    port: str = Field(primary_key=True)
    failures: int = Field(sa_type=SmallInteger)
    until: datetime = instant(nullable=False)
    # A code such as http_401 or timeout, never what anybody wrote.
    reason: str
    since: datetime = instant(nullable=False)


class UserPlace(SQLModel, table=True):
    """Where somebody was last at a gathering: its first stop. From there distances are measured."""

    __tablename__ = "user_places"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    event_id: UUID = Field(foreign_key="events.id")
    latitude: float = Field(sa_type=Double)
    longitude: float = Field(sa_type=Double)
    created_at: datetime = created()
    updated_at: datetime = created()


class EventCandidate(SQLModel, table=True):
    """Somebody who was proposed for a gathering: a snapshot of the moment it could be matched."""

    __tablename__ = "event_candidates"

    event_id: UUID = Field(primary_key=True, foreign_key="events.id")
    user_id: UUID = Field(primary_key=True, foreign_key="users.id", index=True)
    rank: int
    score: float = Field(sa_type=Double)
    match_reason: str
    duo_id: UUID | None = None
    proposed_at: datetime = instant(nullable=False)
