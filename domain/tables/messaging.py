"""What people say and show to one another: messages, and an event's posts and photos."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from domain.tables.base import (
    FactBase,
    StampedBase,
    created,
    fact_key,
    instant,
    one_of,
    word,
)


class MessageType(StrEnum):
    """What a message is."""

    TEXT = "text"
    IMAGE = "image"


class EventPhotoStatus(StrEnum):
    """Who may see a photo of an event."""

    VISIBLE = "visible"
    HIDDEN_BY_HOST = "hidden_by_host"
    PENDING_REVIEW = "pending_review"


class Conversation(SQLModel, table=True):
    """What two people say to one another; `updated_at` is when something was said last."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("user_low", "user_high"),
        CheckConstraint("user_low < user_high", name="pair"),
    )

    id: UUID = Field(primary_key=True)
    # Rule "one conversation for a pair": its participants, the smaller id first.
    user_low: UUID
    user_high: UUID
    # Rule "updated_at is the newest message's time, else the start's".
    started_at: datetime = instant(nullable=False)
    last_message_id: UUID | None = None
    created_at: datetime = created()
    updated_at: datetime = created()


class ConversationParticipant(SQLModel, table=True):
    """Somebody in a conversation."""

    __tablename__ = "conversation_participants"
    __table_args__ = (
        # Whose conversations: read without the rows themselves.
        Index(
            "conversation_participants_user_id_conversation_id_idx", "user_id", "conversation_id"
        ),
    )

    conversation_id: UUID = Field(primary_key=True, foreign_key="conversations.id")
    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    created_at: datetime = created()


class Message(SQLModel, table=True):
    """Something that somebody said; an image lies in the store under `storage_id`."""

    __tablename__ = "messages"
    __table_args__ = (
        one_of("type", MessageType),
        Index("messages_conversation_id_sent_at_id_idx", "conversation_id", "sent_at", "id"),
        # Whatever somebody left here, when they are erased.
        Index("messages_sender_id_idx", "sender_id"),
    )

    id: UUID = Field(primary_key=True)
    conversation_id: UUID = Field(foreign_key="conversations.id")
    sender_id: UUID = Field(foreign_key="users.id")
    content: str
    type: str = word(MessageType.TEXT)
    storage_id: str | None = None
    # Rule "last_message_id is the newest by (time, id)".
    sent_at: datetime | None = instant()
    # The rest of the place in the order, so that of two domain events about one the earlier stands.
    stamp_id: str | None = None
    stamp_source: str | None = None
    created_at: datetime = created()


class EventPost(StampedBase, table=True):
    """What the host or a guest wrote on an event's board."""

    __tablename__ = "event_posts"
    __table_args__ = (
        Index("event_posts_event_id_stamp_time_id_idx", "event_id", "stamp_time", "id"),
        # Whatever somebody left here, when they are erased.
        Index("event_posts_user_id_idx", "user_id"),
    )

    id: UUID = Field(primary_key=True)
    event_id: UUID = Field(foreign_key="events.id")
    user_id: UUID = Field(foreign_key="users.id")
    content: str
    created_at: datetime = created()


class EventPhoto(StampedBase, table=True):
    """A photo in an event's gallery."""

    __tablename__ = "event_photos"
    __table_args__ = (
        one_of("status", EventPhotoStatus),
        Index("event_photos_event_id_stamp_time_id_idx", "event_id", "stamp_time", "id"),
        # Whatever somebody left here, when they are erased.
        Index("event_photos_uploader_id_idx", "uploader_id"),
    )

    id: UUID = Field(primary_key=True)
    event_id: UUID = Field(foreign_key="events.id")
    uploader_id: UUID = Field(foreign_key="users.id")
    image_url: str
    status: str = word(EventPhotoStatus.VISIBLE)
    created_at: datetime = created()
    updated_at: datetime = created()


class EventPhotoFact(FactBase, table=True):
    """What was decided about a photo of an event, and when."""

    __tablename__ = "event_photo_facts"
    __table_args__ = (fact_key("photo_id"),)

    photo_id: UUID = Field(foreign_key="event_photos.id")
