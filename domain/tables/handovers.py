"""Tries to hand notifications to providers, and what the owners of addresses want."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.tables.base import created, instant, one_of, word
from domain.tables.notifications import Channel


class HandoverState(StrEnum):
    """How far a handover has come.

    `put_back`: the provider surely has not taken it, and may be asked again. `unknown`: it may
    have, and must not be asked again before that is known.
    """

    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    PUT_BACK = "put_back"
    UNKNOWN = "unknown"


class Handover(SQLModel, table=True):
    """One try to hand a notification to a provider for one address: a phone, a number, a mailbox.

    It is written before the provider is asked, so that a crash leaves a trace of what may have been
    sent.
    """

    __tablename__ = "handovers"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("state", HandoverState),
        UniqueConstraint(
            "notification_id", "attempt", "token_id", postgresql_nulls_not_distinct=True
        ),
        # What a provider is to be asked about.
        Index(
            "handovers_ask_idx", "channel", "ask_at", postgresql_where=text("ask_at IS NOT NULL")
        ),
        # What was in hand when a sender died.
        Index(
            "handovers_in_hand_idx",
            "handed_over_at",
            postgresql_where=text("state = 'sending'"),
        ),
        # What was sent to a number: one message is never taken for two.
        Index(
            "handovers_address_hash_idx",
            "address_hash",
            "handed_over_at",
            postgresql_where=text("address_hash IS NOT NULL"),
        ),
        # By what a provider names it.
        Index(
            "handovers_provider_id_idx",
            "provider_id",
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
    )

    # Drawn at random: whoever knows it has read the mail, and may say that they want no more.
    id: UUID = Field(
        primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    notification_id: UUID = Field(foreign_key="notifications.id", ondelete="CASCADE")
    channel: str = word()
    attempt: int = Field(sa_type=SmallInteger)
    # Of a push: which phone.
    token_id: UUID | None = None
    # SHA-256 of a number, and of the text that it was sent: by these it is found at the provider.
    address_hash: str | None = None
    body_hash: str | None = None
    state: str = word(HandoverState.SENDING)
    # A code of the provider's or of ours, never a text.
    reason: str | None = None
    provider_id: str | None = None
    handed_over_at: datetime = instant(nullable=False)
    # When the provider is asked next what became of it, and how often it was.
    ask_at: datetime | None = instant()
    asked: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    updated_at: datetime = created()


class AddressFactKind(StrEnum):
    """What became known of an address."""

    # Its owner wants nothing from us there (STOP), and wants it again (START).
    STOP = "stop"
    START = "start"
    # The provider says that nothing can be reached there.
    UNREACHABLE = "unreachable"


class AddressFact(SQLModel, table=True):
    """Something that became known of a number or a mailbox, whoever has it; the newest stands.

    An address is known here by the SHA-256 of its text: that somebody wants no SMS outlives their
    account, and the number itself isn't needed for that.
    """

    __tablename__ = "address_facts"
    __table_args__ = (
        one_of("kind", AddressFactKind),
        Index("address_facts_address_idx", "address_hash", "said_at", "id"),
    )

    # The provider's id of the message that said so, or that of the handover that was refused.
    id: str = Field(primary_key=True)
    address_hash: str
    kind: str = word()
    said_at: datetime = instant(nullable=False)


class ChannelPace(SQLModel, table=True):
    """When the next message may go out on a channel, so that all senders keep to one rate."""

    __tablename__ = "channel_paces"
    __table_args__ = (one_of("channel", Channel),)

    channel: str = Field(primary_key=True)
    next_at: datetime = instant(nullable=False)
