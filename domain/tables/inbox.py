"""What providers told us of money and accounts, and what we know by their names for things."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, PrimaryKeyConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from domain.tables.base import created, document, instant, one_of, word


class Provider(StrEnum):
    """Who told us."""

    STRIPE = "stripe"
    CLERK = "clerk"


class InboxState(StrEnum):
    """What became of something that a provider told us.

    `waiting`: what it is about isn't known yet. `held`: somebody has to look at it. `ignored`: it
    is about nothing of ours.
    """

    DONE = "done"
    WAITING = "waiting"
    HELD = "held"
    IGNORED = "ignored"


class InboxEntry(SQLModel, table=True):
    """Something that a provider told us, by the provider's own id: a second time it is known.

    Kept is what it is judged by, ids and amounts and words of the provider's, and nothing personal.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        one_of("provider", Provider),
        one_of("state", InboxState),
        PrimaryKeyConstraint("provider", "id"),
        # What is to be judged again once a name is known.
        Index(
            "inbox_awaits_idx", "provider", "awaits", postgresql_where=text("awaits IS NOT NULL")
        ),
        # What somebody has to look at, and what has waited too long.
        Index(
            "inbox_open_idx",
            "received_at",
            postgresql_where=text("state IN ('waiting', 'held')"),
        ),
        # What may be forgotten.
        Index("inbox_settled_idx", "settled_at"),
    )

    provider: str = word()
    id: str
    type: str
    # The provider's id of what it is about.
    object_id: str | None = None
    # When it happened, as the provider says.
    said_at: datetime = instant(nullable=False)
    said: dict[str, Any] | None = document()
    state: str = word()
    # A code of ours, never a text.
    reason: str | None = None
    awaits: str | None = None
    received_at: datetime = created()
    settled_at: datetime | None = instant()


class StripeLink(SQLModel, table=True):
    """What a name of Stripe's stands for: a payment intent, a charge, an invoice, a subscription.

    Nothing is ever taken back or changed here, only added.
    """

    __tablename__ = "stripe_links"

    name: str = Field(primary_key=True)
    user_id: UUID | None = None
    event_id: UUID | None = None
    invitation_id: UUID | None = None
    # Of a payment that was published, by its charge or by itself: the payment intent.
    payment_intent: str | None = None
    created_at: datetime = created()


class StripeSubscription(SQLModel, table=True):
    """A subscription as Stripe's newest events have it."""

    __tablename__ = "stripe_subscriptions"
    __table_args__ = (
        # What was somebody's, and isn't any more.
        Index(
            "stripe_subscriptions_others_idx",
            "others",
            postgresql_using="gin",
            postgresql_where=text("others <> '{}'"),
        ),
    )

    id: str = Field(primary_key=True)
    # Whose it is by the newest word, and everybody whose it was by an older one.
    user_id: UUID = Field(index=True)
    others: list[UUID] = Field(sa_type=ARRAY(Uuid), sa_column_kwargs={"server_default": "{}"})
    # Of the newest second in which Stripe said something: all that it said. Stripe's times have no
    # parts of a second, so which of these is the newest is judged anew with each.
    said_at: datetime = instant(nullable=False)
    said: list[Any] = document(nullable=False)
    # How much was heard of it: what is published later has a later time.
    heard: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "0"})
    updated_at: datetime = created()
