"""Kudos."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.tables.base import FALSE, created, instant, one_of, word


class Kudo(StrEnum):
    """For what one guest can thank another."""

    GREAT_LISTENER = "great_listener"
    WELCOMING_VIBE = "welcoming_vibe"
    GREAT_CONVERSATION = "great_conversation"
    MADE_ME_LAUGH = "made_me_laugh"
    INSPIRING = "inspiring"
    THOUGHTFUL = "thoughtful"
    GREAT_ENERGY = "great_energy"
    HELPFUL = "helpful"


class AttendeeKudos(SQLModel, table=True):
    """One guest thanks another for one thing at one event; never shown with the giver's name.

    No foreign keys: dispatch has seen that event and people exist, their rows are never deleted,
    and checking each again would be more than half of the cost of the busiest insert of all.
    `momento reconcile` looks for strays. See docs/decisions/0007.
    """

    __tablename__ = "attendee_kudos"
    __table_args__ = (
        one_of("kudo", Kudo),
        # Receiver and giver first: one index keeps the key and counts a pair's kudos.
        UniqueConstraint("receiver_id", "giver_id", "event_id", "kudo"),
    )

    id: UUID = Field(primary_key=True)
    event_id: UUID = Field(index=True)
    giver_id: UUID
    receiver_id: UUID
    kudo: str = word()
    counts: bool = Field(sa_column_kwargs={"server_default": FALSE})
    # The time that stands; and, when it was said more than once, every time at which it was said:
    # which of them stands may change with the event's schedule.
    given_at: datetime | None = instant()
    given_times: list[datetime] = Field(
        sa_type=ARRAY(DateTime(timezone=True)),
        sa_column_kwargs={"server_default": text("'{}'")},
    )
    created_at: datetime = created()
