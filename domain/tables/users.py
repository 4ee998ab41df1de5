"""People, their profiles and what is derived about them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Computed,
    Double,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from domain.constants import (
    ATTENDANCE_CREDIT,
    GRATITUDE_UNIT_BITS,
    KIND_GIVERS,
    KIND_KUDOS,
    VECTOR_DIMENSIONS,
)
from domain.tables.base import (
    FALSE,
    TRUE,
    FactBase,
    created,
    document,
    fact_key,
    instant,
    one_of,
    word,
)

# What full-text search reads of somebody: career before interests before mood.
SEARCH_DOCUMENT = (
    "setweight(to_tsvector('english'::regconfig, coalesce(career, '')), 'A')"
    " || setweight(to_tsvector('english'::regconfig, coalesce(interests, '[]'::jsonb)), 'B')"
    " || setweight(to_tsvector('english'::regconfig, coalesce(mood, '')), 'C')"
)


class UserStatus(StrEnum):
    """What an account may do."""

    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    VERIFICATION_PENDING = "verification_pending"
    BANNED = "banned"
    ARCHIVED_FOR_RECYCLING = "archived_for_recycling"
    PENDING_ONBOARDING = "pending_onboarding"


class ActiveRole(StrEnum):
    """As what a hybrid user last used the app."""

    SOCIAL = "social"
    HOST = "host"


class SubscriptionStatus(StrEnum):
    """What somebody pays for."""

    FREE = "free"
    PREMIUM = "premium"
    PAST_DUE = "past_due"


class HostType(StrEnum):
    """A person who hosts, or a place that does."""

    USER = "user"
    COMMUNITY = "community"


class User(SQLModel, table=True):
    """Somebody, with what only Momento may see."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("status", UserStatus),
        one_of("active_role", ActiveRole),
        one_of("subscription_status", SubscriptionStatus),
        # Only those whom others may find: whoever is paused, banned or gone isn't read past.
        Index(
            "users_search_document_idx",
            "search_document",
            postgresql_using="gin",
            postgresql_where=text("status = 'active'"),
        ),
        # Whose it is, when somebody calls who doesn't get what they should.
        Index(
            "users_phone_number_idx",
            "phone_number",
            postgresql_where=text("phone_number IS NOT NULL"),
        ),
        Index("users_email_idx", text("lower(email)"), postgresql_where=text("email IS NOT NULL")),
        # Which time zones there are: matching asks what time an event is in each.
        Index("users_timezone_idx", "timezone"),
        # What becomes due: who has gone without a word, and whose subscription ends.
        Index("users_activity_idx", "last_active_at", "id", postgresql_where=text("is_online")),
        Index(
            "users_subscription_idx",
            "subscription_ends",
            "id",
            postgresql_where=text(
                "subscription_status IN ('premium', 'past_due') AND deleted_at IS NULL"
            ),
        ),
        # Who wasn't told yet that it will.
        Index(
            "users_remind_idx",
            "subscription_ends",
            "id",
            postgresql_where=text(
                "subscription_status IN ('premium', 'past_due') AND deleted_at IS NULL"
                " AND subscription_reminded_for IS DISTINCT FROM subscription_ends"
            ),
        ),
    )

    id: UUID = Field(primary_key=True)
    clerk_id: str = Field(unique=True)
    phone_number: str | None = None
    email: str | None = None
    last_name: str | None = None
    birth_date: date
    timezone: str = Field(sa_column_kwargs={"server_default": "America/New_York"})
    is_verified: bool = Field(sa_column_kwargs={"server_default": FALSE})
    status: str = word(UserStatus.PENDING_ONBOARDING)
    active_role: str = word(ActiveRole.SOCIAL)
    last_active_at: datetime | None = instant()
    is_online: bool = Field(sa_column_kwargs={"server_default": FALSE})
    user_number: int = Field(
        sa_type=BigInteger, unique=True, sa_column_args=[Identity(always=False, start=1)]
    )
    payment_customer_id: str | None = None
    min_lead_time_days: int = Field(sa_column_kwargs={"server_default": "3"})
    availability_preferences: dict[str, Any] | None = document()
    distance_preference: int = Field(sa_column_kwargs={"server_default": "25"})
    price_sensitivity: int | None = Field(default=None, sa_type=SmallInteger)
    person_attraction_vector: Any = Field(
        default=None, nullable=True, sa_type=Vector(VECTOR_DIMENSIONS)
    )
    career: str | None = None
    interests: list[Any] | None = document()
    mood: str | None = None
    search_document: Any = Field(
        default=None,
        sa_type=TSVECTOR,
        nullable=True,
        sa_column_args=[Computed(SEARCH_DOCUMENT, persisted=True)],
    )
    subscription_status: str = word(SubscriptionStatus.FREE)
    subscription_ends: datetime | None = instant()
    stripe_subscription_id: str | None = None
    # The clock's: for which end of the subscription somebody was reminded, or passed over.
    subscription_reminded_for: datetime | None = instant()
    contextual_nudges: dict[str, Any] | None = document()
    # Which presence.changed the presence comes from: there are too many of them to keep as facts.
    presence_time: datetime | None = instant()
    presence_id: str | None = None
    presence_source: str | None = None
    # Rule "user.deleted is final": when; what happened later has no effect.
    deleted_at: datetime | None = instant()
    created_at: datetime = created()
    updated_at: datetime = created()


class UserFact(FactBase, table=True):
    """What was said about an account and its profiles, and when."""

    __tablename__ = "user_facts"
    __table_args__ = (fact_key("user_id"),)

    user_id: UUID = Field(foreign_key="users.id")


class UserInternalMetrics(SQLModel, table=True):
    """What is derived about somebody; never shown to them."""

    __tablename__ = "user_internal_metrics"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    absentee_rating: float | None = Field(default=None, sa_type=Double)
    # 0.5 for each attended or late outcome, and the givers' worth: rule "contribution score".
    contribution_score: float = Field(
        sa_type=Double,
        sa_column_args=[
            Computed(
                f"{ATTENDANCE_CREDIT} * outcomes_present"
                f" + gratitude / {2**GRATITUDE_UNIT_BITS}::double precision",
                persisted=True,
            )
        ],
    )
    internal_attractiveness_rating: float | None = Field(default=None, sa_type=Double)
    aggregated_kudos: dict[str, Any] = document(nullable=False)
    # Parts of the score: attended and late outcomes; sum over givers in units of 2**-40.
    outcomes_present: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "0"})
    gratitude: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    # Rule "face card unlocks", frame:kind: how many kudos count, and from how many givers.
    kudos_count: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "0"})
    kudos_givers: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "0"})
    is_widely_thanked: bool = Field(
        sa_column_args=[
            Computed(
                f"kudos_count >= {KIND_KUDOS} AND kudos_givers >= {KIND_GIVERS}", persisted=True
            )
        ],
    )
    updated_at: datetime = created()


class SocialProfile(SQLModel, table=True):
    """What other guests see of somebody.

    Whoever makes one, a trigger asks for its vector (migration 0007): what a persona said before
    there was a profile belongs to it as well.
    """

    __tablename__ = "social_profiles"

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(unique=True, foreign_key="users.id")
    first_name: str | None = None
    preferred_name: str | None = None
    bio: str | None = None
    vibe_summary: str | None = None
    gender: str | None = None
    pronouns: str | None = None
    interested_in: list[str] | None = Field(default=None, sa_type=ARRAY(Text))
    occupation: str | None = None
    location: str | None = None
    social_profile_vector: Any = Field(
        default=None, nullable=True, sa_type=Vector(VECTOR_DIMENSIONS)
    )
    current_photo_url: str | None = None
    current_face_card_photo_url: str | None = None
    face_card_source_photo_url: str | None = None
    created_at: datetime = created()
    updated_at: datetime = created()


class HostProfile(SQLModel, table=True):
    """What guests see of somebody as a host."""

    __tablename__ = "host_profiles"
    __table_args__ = (one_of("host_type", HostType),)

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(unique=True, foreign_key="users.id")
    host_type: str = word(HostType.USER)
    host_name: str | None = None
    host_bio: str | None = None
    location_id: UUID | None = Field(default=None, foreign_key="locations.id")
    address: str | None = None
    website_url: str | None = None
    average_rating: float | None = Field(
        default=None,
        sa_type=Double,
        sa_column_args=[
            Computed("rating_sum::double precision / nullif(rating_count, 0)", persisted=True)
        ],
    )
    rating_count: int = Field(sa_column_kwargs={"server_default": "0"})
    # Rule "ratings": the sum of the counting host_rating_values, moved by differences.
    rating_sum: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = created()
    updated_at: datetime = created()


def _setting() -> Any:
    """Declare one notification setting: on unless said otherwise."""
    return Field(sa_column_kwargs={"server_default": TRUE})


class UserNotificationSettings(SQLModel, table=True):
    """What somebody wants to be told, and on which channel."""

    __tablename__ = "user_notification_settings"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    sms_invitations: bool = _setting()
    sms_reminders: bool = _setting()
    push_event_invitations: bool = _setting()
    push_event_updates: bool = _setting()
    push_event_reminders: bool = _setting()
    push_direct_messages: bool = _setting()
    push_social: bool = _setting()
    push_account_and_safety: bool = _setting()
    email_account_and_safety: bool = _setting()
    created_at: datetime = created()
    updated_at: datetime = created()
