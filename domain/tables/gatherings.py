"""Places and gatherings."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import Double, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.constants import VECTOR_DIMENSIONS
from domain.tables.base import FactBase, created, document, fact_key, instant, one_of, word


class EventStatus(StrEnum):
    """Where a gathering stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CANCELLED_BY_HOST = "cancelled_by_host"


class Location(SQLModel, table=True):
    """A place."""

    __tablename__ = "locations"
    # Places within somebody's reach.
    __table_args__ = (
        Index("locations_point_idx", text("point(longitude, latitude)"), postgresql_using="gist"),
    )

    id: UUID = Field(primary_key=True)
    name: str
    address: str | None = None
    latitude: float = Field(sa_type=Double)
    longitude: float = Field(sa_type=Double)
    google_place_id: str | None = None
    # Which domain event said this, so that of two about one place the newer stands.
    stamp_time: datetime | None = instant()
    stamp_id: str | None = None
    stamp_source: str | None = None
    created_at: datetime = created()


class Event(SQLModel, table=True):
    """A gathering. Its row is the lock under which everything about it is judged."""

    __tablename__ = "events"
    __table_args__ = (
        one_of("status", EventStatus),
        # Which events lie at the same time as another one: matching.
        Index("events_ends_at_idx", "ends_at"),
        # A host's events in order.
        Index("events_host_id_starts_at_id_idx", "host_id", "starts_at", "id"),
        # What becomes due: at and before the start, after the end, and after completion.
        Index("events_start_idx", "starts_at", "id", postgresql_where=text("status = 'published'")),
        Index("events_end_idx", "ends_at", "id", postgresql_where=text("status = 'published'")),
        Index(
            "events_completion_idx",
            "completed_at",
            "id",
            postgresql_where=text("status = 'completed' AND finalized_at IS NULL"),
        ),
        # Of whose start nobody was reminded yet.
        Index(
            "events_remind_24h_idx",
            "starts_at",
            "id",
            postgresql_where=text(
                "status = 'published' AND reminded_24h_for IS DISTINCT FROM starts_at"
            ),
        ),
        Index(
            "events_remind_2h_idx",
            "starts_at",
            "id",
            postgresql_where=text(
                "status = 'published' AND reminded_2h_for IS DISTINCT FROM starts_at"
            ),
        ),
    )

    id: UUID = Field(primary_key=True)
    host_id: UUID = Field(foreign_key="users.id")
    title: str
    description: str
    event_vector: Any = Field(default=None, nullable=True, sa_type=Vector(VECTOR_DIMENSIONS))
    status: str = word(EventStatus.DRAFT)
    min_attendees: int
    max_attendees: int
    age_min: int | None = None
    age_max: int | None = None
    arrival_signpost: str | None = None
    confirmation_fee: int
    estimated_event_cost: dict[str, Any] | None = document()
    event_summary: dict[str, Any] | None = document()
    completed_at: datetime | None = instant()
    finalized_at: datetime | None = instant()
    # Rule "events": the first stop's start and the last stop's end, as they finally stand.
    starts_at: datetime | None = instant()
    ends_at: datetime | None = instant()
    # Rule "events": when it was cancelled, and the material changes as a list of times.
    cancelled_at: datetime | None = instant()
    material_changes: list[Any] | None = document()
    # The clock's: for which start who comes was reminded, or passed over.
    reminded_24h_for: datetime | None = instant()
    reminded_2h_for: datetime | None = instant()
    # Rule "ratings": what this event adds to its host's rating, and its own.
    rating_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    host_rating_sum: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    event_rating_sum: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = created()
    updated_at: datetime = created()


class EventFact(FactBase, table=True):
    """What was said about a gathering, and when."""

    __tablename__ = "event_facts"
    __table_args__ = (
        fact_key("event_id"),
        # For erasing somebody: who is named as a helper.
        Index(
            "event_facts_collaborators_idx",
            text("(data -> 'collaborators')"),
            postgresql_using="gin",
            postgresql_where=text("data ? 'collaborators'"),
        ),
    )

    event_id: UUID = Field(foreign_key="events.id")


class EventItineraryStop(SQLModel, table=True):
    """A stop of a gathering, as its plan finally stands."""

    __tablename__ = "event_itinerary_stops"
    __table_args__ = (
        UniqueConstraint("event_id", "order"),
        # What is still to come at a place.
        Index("event_itinerary_stops_location_id_start_time_idx", "location_id", "start_time"),
    )

    id: UUID = Field(primary_key=True)
    event_id: UUID = Field(foreign_key="events.id")
    location_id: UUID = Field(foreign_key="locations.id")
    order: int
    title: str
    description: str
    start_time: datetime = instant(nullable=False)
    end_time: datetime = instant(nullable=False)
    created_at: datetime = created()


class EventCollaborator(SQLModel, table=True):
    """Somebody who helps with a gathering."""

    __tablename__ = "event_collaborators"
    __table_args__ = (
        # Where somebody helps, when they are erased. Most helpers are no users.
        Index(
            "event_collaborators_user_id_idx",
            "user_id",
            postgresql_where=text("user_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    event_id: UUID = Field(foreign_key="events.id", index=True)
    user_id: UUID | None = Field(default=None, foreign_key="users.id")
    role: str
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    created_at: datetime = created()
