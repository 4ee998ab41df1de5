"""What people are told, each thing once on each channel, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.tables.base import created, document, instant, one_of, word


class Channel(StrEnum):
    """How somebody is told."""

    PUSH = "push"
    SMS = "sms"
    EMAIL = "email"


class Category(StrEnum):
    """The column of user_notification_settings that allows it; it begins with its channel."""

    SMS_INVITATIONS = "sms_invitations"
    SMS_REMINDERS = "sms_reminders"
    PUSH_EVENT_INVITATIONS = "push_event_invitations"
    PUSH_EVENT_UPDATES = "push_event_updates"
    PUSH_EVENT_REMINDERS = "push_event_reminders"
    PUSH_DIRECT_MESSAGES = "push_direct_messages"
    PUSH_SOCIAL = "push_social"
    PUSH_ACCOUNT_AND_SAFETY = "push_account_and_safety"
    EMAIL_ACCOUNT_AND_SAFETY = "email_account_and_safety"

    @property
    def channel(self) -> Channel:
        """The channel that it allows."""
        return Channel(self.partition("_")[0])


class Template(StrEnum):
    """What somebody is told: a text in each language, see domain/notifications/templates."""

    INVITATION = "invitation"
    INVITATION_ENDS_SOON = "invitation_ends_soon"
    SEAT_CONFIRMED = "seat_confirmed"
    GUEST_CONFIRMED = "guest_confirmed"
    SEAT_REFUSED = "seat_refused"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_REFUNDED = "payment_refunded"
    PLAN_CHANGED = "plan_changed"
    EVENT_CANCELLED = "event_cancelled"
    STARTS_TOMORROW = "starts_tomorrow"
    STARTS_SOON = "starts_soon"
    EVENT_COMPLETED = "event_completed"
    EVENT_FINALIZED = "event_finalized"
    KUDOS = "kudos"
    MESSAGE = "message"
    EVENT_POST = "event_post"
    DUO_PROPOSED = "duo_proposed"
    DUO_ACCEPTED = "duo_accepted"
    DUO_ENDS_SOON = "duo_ends_soon"
    CONNECTION_MUTUAL = "connection_mutual"
    REPORT_FILED = "report_filed"
    REPORT_RESOLVED = "report_resolved"
    SUSPENDED = "suspended"
    BADGE_ENDS_SOON = "badge_ends_soon"
    SUBSCRIPTION_ENDS_SOON = "subscription_ends_soon"
    TICKET_UPDATED = "ticket_updated"


class NotificationStatus(StrEnum):
    """What became of a notification. From suppressed, expired, delivered and failed nothing leads.

    `unknown` is one that was handed over, and nobody knows yet whether the provider took it.
    """

    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


_SCHEDULED = text("status = 'scheduled'")


class Notification(SQLModel, table=True):
    """Something that somebody is told on one channel, or deliberately not, and why.

    It holds ids and what isn't personal: names and titles are looked up when it is sent. No foreign
    keys: who is told was read from the table that they would point to.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        one_of("category", Category),
        one_of("template", Template),
        one_of("channel", Channel),
        one_of("status", NotificationStatus),
        # Guarantee G9: nobody is told the same thing twice on a channel.
        UniqueConstraint("user_id", "dedupe_key", "channel"),
        # Rule "unsent ones become one": of a thread one waits to be sent. One that was handed over
        # before, and waits to be tried again, is joined by nothing more.
        Index(
            "notifications_thread_key",
            "user_id",
            "thread",
            "channel",
            unique=True,
            postgresql_where=text("status = 'scheduled' AND attempts = 0 AND thread IS NOT NULL"),
        ),
        # What senders claim, in its order.
        Index("notifications_due_idx", "channel", "send_after", "id", postgresql_where=_SCHEDULED),
        # What was in hand when a sender was killed, and what is still to be asked about.
        Index(
            "notifications_in_hand_idx",
            "channel",
            "updated_at",
            postgresql_where=text("status IN ('sending', 'unknown')"),
        ),
        # What a domain event led to.
        Index("notifications_domain_event_id_idx", "domain_event_id"),
        # What is old enough to go.
        Index("notifications_created_at_idx", "created_at"),
    )

    # Derived from person, key and channel.
    id: UUID = Field(primary_key=True)
    user_id: UUID
    category: str = word()
    template: str = word()
    params: dict[str, Any] = document(nullable=False)
    channel: str = word()
    dedupe_key: str
    # What it becomes one with until it is first handed over: a conversation, a board, kudos.
    thread: str | None = None
    # Whose doing it is: nothing is told across a block.
    caused_by: UUID | None = None
    status: str = word(NotificationStatus.SCHEDULED)
    # Why it was suppressed, expired or failed: a code, never a text with something personal.
    reason: str | None = None
    send_after: datetime = instant(nullable=False)
    # When it was first to go out, by the clock of `created_at`; never changed. Null in old rows.
    planned_at: datetime | None = instant()
    expires_at: datetime = instant(nullable=False)
    # Rule "quiet hours": what concerns an event near its start passes.
    starts_at: datetime | None = instant()
    ends_at: datetime | None = instant()
    provider_id: str | None = None
    # Of an SMS: in how many segments it went.
    segments: int | None = Field(default=None, sa_type=SmallInteger)
    # How often it was handed over, or tried to be.
    attempts: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    # The ledger's number of the domain event that it follows from.
    domain_event_id: int = Field(sa_type=BigInteger)
    created_at: datetime = created()
    updated_at: datetime = created()
