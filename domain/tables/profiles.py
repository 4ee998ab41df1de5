"""What people show of themselves: photos, interests, likes, links; and the phones they use."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import Identity, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.constants import VECTOR_DIMENSIONS
from domain.tables.base import (
    FALSE,
    FactBase,
    StampedBase,
    created,
    fact_key,
    instant,
    one_of,
    word,
)


class HostPhotoType(StrEnum):
    """What a host's photo shows."""

    LOGO = "logo"
    VENUE = "venue"
    PROMOTIONAL = "promotional"


class Platform(StrEnum):
    """What kind of phone a push token is for."""

    IOS = "ios"
    ANDROID = "android"


class InterestVectorType(StrEnum):
    """What a vector of somebody's interests speaks of."""

    POSITIVE = "positive_v1"
    NEGATIVE = "negative_v1"
    PERSONA = "persona_v1"


class ProfilePhoto(StampedBase, table=True):
    """A photo of somebody; an authentic one was taken with the app's own camera."""

    __tablename__ = "profile_photos"
    __table_args__ = (
        Index("profile_photos_user_id_idx", "user_id"),
        # What becomes due: badges by their end, of which it wasn't told yet.
        Index(
            "profile_photos_remind_idx",
            "authentic_expires_at",
            "id",
            postgresql_where=text(
                "is_authentic AND badge_reminded_for IS DISTINCT FROM authentic_expires_at"
            ),
        ),
        Index(
            "profile_photos_ended_idx",
            "authentic_expires_at",
            "id",
            postgresql_where=text(
                "is_authentic AND badge_ended_for IS DISTINCT FROM authentic_expires_at"
            ),
        ),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="users.id")
    url: str
    is_authentic: bool = Field(sa_column_kwargs={"server_default": FALSE})
    # Rule "an authentic photo's badge ends 12 months after it was added".
    authentic_expires_at: datetime | None = instant()
    # The clock's: for which end its owner was told that it is near, and that it has come.
    badge_reminded_for: datetime | None = instant()
    badge_ended_for: datetime | None = instant()
    created_at: datetime = created()


class HostPhoto(StampedBase, table=True):
    """A photo of a host's place or brand."""

    __tablename__ = "host_photos"
    __table_args__ = (
        one_of("photo_type", HostPhotoType),
        Index("host_photos_host_id_idx", "host_id"),
    )

    id: UUID = Field(primary_key=True)
    host_id: UUID = Field(foreign_key="users.id")
    url: str
    photo_type: str = word()
    caption: str | None = None
    created_at: datetime = created()


class FaceCardUnlock(SQLModel, table=True):
    """A look of the face card that somebody has earned, e.g. `style:vintage`."""

    __tablename__ = "face_card_unlocks"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    customization: str = Field(primary_key=True)
    # Set by whoever has shown it to them. A look that is lost and earned again keeps it.
    notified: bool = Field(sa_column_kwargs={"server_default": FALSE})
    created_at: datetime = created()


class FaceCardNotice(SQLModel, table=True):
    """A look that somebody was told of and has lost since, so that they aren't told again."""

    __tablename__ = "face_card_notices"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    customization: str = Field(primary_key=True)
    created_at: datetime = created()


class Interest(SQLModel, table=True):
    """Something that people can be interested in."""

    __tablename__ = "interests"

    id: int = Field(primary_key=True, sa_column_args=[Identity(always=False)])
    name: str = Field(unique=True)
    vector: Any = Field(default=None, nullable=True, sa_type=Vector(VECTOR_DIMENSIONS))
    created_at: datetime = created()


class ProfileInterest(SQLModel, table=True):
    """Somebody is interested in something."""

    __tablename__ = "profile_interests"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    interest_id: int = Field(primary_key=True, foreign_key="interests.id", index=True)
    created_at: datetime = created()


class ProfileLike(SQLModel, table=True):
    """Somebody likes somebody's profile."""

    __tablename__ = "profile_likes"

    liker_id: UUID = Field(primary_key=True, foreign_key="users.id")
    liked_id: UUID = Field(primary_key=True, foreign_key="users.id", index=True)
    created_at: datetime = created()


class UserInterestVector(SQLModel, table=True):
    """What somebody is, or is not, interested in, as a point that matching compares."""

    __tablename__ = "user_interest_vectors"
    __table_args__ = (
        one_of("vector_type", InterestVectorType),
        UniqueConstraint(
            "user_id", "vector_type", "persona_name", postgresql_nulls_not_distinct=True
        ),
        # Finds those whose taste is nearest to an event: see domain/matching/statements.py.
        Index(
            "user_interest_vectors_positive_idx",
            "vector",
            postgresql_using="hnsw",
            postgresql_ops={"vector": "vector_cosine_ops"},
            postgresql_where=text("vector_type = 'positive_v1'"),
        ),
    )

    id: UUID = Field(
        primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    user_id: UUID = Field(foreign_key="users.id")
    vector: Any = Field(sa_type=Vector(VECTOR_DIMENSIONS))
    vector_type: str = word()
    persona_name: str | None = None
    created_at: datetime = created()
    updated_at: datetime = created()


class UserSocialLink(StampedBase, table=True):
    """Where else somebody is to be found; private unless shared."""

    __tablename__ = "user_social_links"
    __table_args__ = (Index("user_social_links_user_id_idx", "user_id"),)

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="users.id")
    platform: str
    url: str
    is_public_on_host_profile: bool = Field(sa_column_kwargs={"server_default": FALSE})
    created_at: datetime = created()


class SocialConnection(SQLModel, table=True):
    """Somebody let somebody else see a link of theirs; silent."""

    __tablename__ = "social_connections"

    sharer_id: UUID = Field(primary_key=True, foreign_key="users.id")
    receiver_id: UUID = Field(primary_key=True, foreign_key="users.id", index=True)
    platform: str = Field(primary_key=True)
    # A snapshot of the link.
    shared_url: str
    created_at: datetime = created()


class PushNotificationToken(StampedBase, table=True):
    """The address of an app on a phone; one that another user had moves to the newer."""

    __tablename__ = "push_notification_tokens"
    __table_args__ = (
        one_of("platform", Platform),
        Index("push_notification_tokens_user_id_idx", "user_id"),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="users.id")
    token: str = Field(unique=True)
    platform: str = word()
    disabled_at: datetime | None = instant()
    disabled_reason: str | None = None
    created_at: datetime = created()
    updated_at: datetime = created()


class PushTokenFact(FactBase, table=True):
    """Who registered a push token, and who removed it, and when.

    A token is known here by the SHA-256 of its text: that somebody deleted was the last to have it
    must stay known, or it would fall back to whoever had that phone before, while the token itself
    (`data`) is erased.
    """

    __tablename__ = "push_token_facts"
    __table_args__ = (
        fact_key("token_hash"),
        Index("push_token_facts_user_id_idx", "user_id"),
        # Rule "a unique key that another id has taken": one token_id means one token.
        Index("push_token_facts_token_id_idx", "token_id"),
    )

    token_hash: str
    user_id: UUID = Field(foreign_key="users.id")
    # Null for a removal.
    token_id: UUID | None = None
