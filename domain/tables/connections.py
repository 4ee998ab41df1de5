"""The memory book."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from domain.tables.base import FALSE, FactBase, created, fact_key


class Connection(SQLModel, table=True):
    """What one person keeps of another whom they met at an event."""

    __tablename__ = "connections"
    __table_args__ = (
        Index("connections_event_id_idx", "event_id"),
        # Who doesn't want to meet somebody again, asked from that one's side: matching.
        Index(
            "connections_unwanted_idx",
            "connected_user_id",
            postgresql_where=text("does_not_want_to_connect_again"),
        ),
        # Somebody's memory book in order.
        Index(
            "connections_memory_book_idx",
            "owner_id",
            "created_at",
            "connected_user_id",
            "event_id",
        ),
        # In whose memory books somebody is, when they are erased.
        Index("connections_connected_user_id_idx", "connected_user_id"),
    )

    owner_id: UUID = Field(primary_key=True, foreign_key="users.id")
    connected_user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    event_id: UUID = Field(primary_key=True, foreign_key="events.id")
    # Snapshots: taken when the row is made, never changed.
    snapshot_name: str | None = None
    snapshot_face_card_url: str | None = None
    was_photo_authentic: bool = Field(sa_column_kwargs={"server_default": FALSE})
    is_favorite: bool = Field(sa_column_kwargs={"server_default": FALSE})
    wants_to_connect_again: bool = Field(sa_column_kwargs={"server_default": FALSE})
    does_not_want_to_connect_again: bool = Field(sa_column_kwargs={"server_default": FALSE})
    private_notes: str | None = None
    created_at: datetime = created()
    updated_at: datetime = created()


class ConnectionFact(FactBase, table=True):
    """What an owner wrote about somebody in the memory book, and when."""

    __tablename__ = "connection_facts"
    __table_args__ = (
        fact_key("owner_id", "connected_user_id", "event_id"),
        Index("connection_facts_event_id_idx", "event_id"),
    )

    owner_id: UUID = Field(foreign_key="users.id")
    connected_user_id: UUID = Field(foreign_key="users.id")
    event_id: UUID = Field(foreign_key="events.id")
