"""Ratings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.tables.base import FALSE, FactBase, created, fact_key, instant


class Rating(SQLModel, table=True):
    """What a guest thinks of an event and its host, as it stands."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("event_id", "rater_id"),
        CheckConstraint("host_rating_value BETWEEN 1 AND 5", name="host_rating_value"),
        CheckConstraint("event_rating_value BETWEEN 1 AND 5", name="event_rating_value"),
        # What people wrote about a host, in order. Averages are kept with events and hosts.
        Index(
            "ratings_comments_idx",
            "host_id",
            "rated_at",
            "id",
            postgresql_where=text("counts AND comment IS NOT NULL"),
        ),
        # Whatever somebody left here, when they are erased.
        Index("ratings_rater_id_idx", "rater_id"),
    )

    id: UUID = Field(primary_key=True)
    event_id: UUID = Field(foreign_key="events.id")
    rater_id: UUID = Field(foreign_key="users.id")
    host_id: UUID = Field(foreign_key="users.id")
    host_rating_value: int = Field(sa_type=SmallInteger)
    event_rating_value: int = Field(sa_type=SmallInteger)
    comment: str | None = None
    counts: bool = Field(sa_column_kwargs={"server_default": FALSE})
    rated_at: datetime | None = instant()
    created_at: datetime = created()
    updated_at: datetime = created()


class RatingFact(FactBase, table=True):
    """Each rating that was submitted; which one stands depends on the event's schedule."""

    __tablename__ = "rating_facts"
    __table_args__ = (
        fact_key("event_id", "rater_id"),
        # Whatever somebody left here, when they are erased.
        Index("rating_facts_rater_id_idx", "rater_id"),
    )

    event_id: UUID = Field(foreign_key="events.id")
    rater_id: UUID = Field(foreign_key="users.id")


class FeedbackSummary(SQLModel, table=True):
    """That an event's comments are to be summed up, and what came of it.

    There is a row exactly while there are enough comments. Of other comments than these (by their
    hash) the summary says nothing, so it is null from then on until it is made anew.
    """

    __tablename__ = "feedback_summaries"
    __table_args__ = (
        Index("feedback_summaries_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    event_id: UUID = Field(primary_key=True, foreign_key="events.id")
    comments_hash: str
    summary: str | None = None
    # How often it was refused, and when it is tried next; null once it is made.
    attempts: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    due_at: datetime | None = instant()
    created_at: datetime = created()
    updated_at: datetime = created()
