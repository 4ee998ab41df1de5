"""What a domain event about what people show of themselves carries."""

from hashlib import sha256
from typing import Annotated

from pydantic import Field

from domain.constants import INTERESTS_AT_MOST
from domain.payload import CONTROL, Id, Name, OneLine, Payload, UserId
from domain.personal import Personal, Private, PrivateUrl
from domain.tables.profiles import HostPhotoType, Platform
from domain.users.payloads import Url

# Something but spaces; what stands around it is left away when names are compared.
InterestName = Annotated[
    str,
    Field(pattern=r"\S", max_length=100),
    OneLine(rf"^[^{CONTROL}]*[^{CONTROL}\s][^{CONTROL}]*$"),
]
InterestNames = Annotated[list[InterestName], Field(max_length=INTERESTS_AT_MOST)]
# As Expo makes them; an app may have either, by the age of its library.
PushToken = Annotated[
    str, Field(pattern=r"^(ExponentPushToken|ExpoPushToken)\[[^\[\]\s]{1,200}\]$")
]

_ERASED = "ExponentPushToken[erased-"


def token_hash(token: str) -> str:
    """Give the SHA-256 of a token's text in hexadecimal digits, also when only that is left."""
    if token.startswith(_ERASED):
        return token.removeprefix(_ERASED).rstrip("]")
    return sha256(token.encode()).hexdigest()


def _erase_token(token: str) -> str:
    return f"{_ERASED}{token_hash(token)}]"


# Erased, a token can still be told from others: it must not fall back to whoever had it before.
PrivateToken = Annotated[PushToken, Personal(_erase_token)]
# A word for machines, so that two spellings don't make two platforms.
LinkPlatform = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Caption = Annotated[str, Field(min_length=1, max_length=2_000)]


class ProfilePhotoAdded(Payload, name="profile_photo.added", person="user_id"):
    """Somebody showed a photo of themselves; an authentic one was taken with the app's camera."""

    photo_id: Id
    user_id: UserId
    url: PrivateUrl[Url]
    is_authentic: bool


class PhotoBadgeEnded(Payload, name="photo_badge.ended", follow_up=True):
    """An authentic photo lost its badge: 12 months have passed."""

    photo_id: Id
    user_id: Id


class PhotoBadgeEndNear(Payload, name="photo_badge.end_near", follow_up=True):
    """An authentic photo loses its badge in 14 days."""

    photo_id: Id
    user_id: Id


class HostPhotoAdded(Payload, name="host_photo.added", person="host_id"):
    """A host showed a photo of their place or brand."""

    photo_id: Id
    host_id: UserId
    url: PrivateUrl[Url]
    photo_type: HostPhotoType
    caption: Private[Caption | None] = None


class InterestsSelected(Payload, name="interests.selected", person="user_id"):
    """Somebody said what they are interested in, all of it."""

    user_id: UserId
    interests: Annotated[InterestNames, Personal(())]


class PersonaUpdated(Payload, name="persona.updated", person="user_id"):
    """Somebody changed what full-text search finds them by; null clears."""

    user_id: UserId
    career: Private[Name | None] = None
    interests: Private[InterestNames | None] = None
    mood: Private[Name | None] = None


class ProfileLiked(Payload, name="profile.liked"):
    """Somebody likes somebody's profile."""

    liker_id: UserId
    liked_id: UserId


class PushTokenRegistered(Payload, name="push_token.registered", person="user_id"):
    """The app on somebody's phone said where it can be reached."""

    token_id: Id
    user_id: UserId
    token: PrivateToken
    platform: Platform


class PushTokenRemoved(Payload, name="push_token.removed", person="user_id"):
    """Somebody signed out on a phone, or doesn't want to be told there."""

    user_id: UserId
    token: PrivateToken


class SocialLinkAdded(Payload, name="social_link.added", person="user_id"):
    """Somebody said where else they are to be found."""

    link_id: Id
    user_id: UserId
    platform: LinkPlatform
    url: PrivateUrl[Url]
    is_public_on_host_profile: bool = False


class SocialLinkShared(Payload, name="social_link.shared"):
    """Somebody let somebody else see their link; nobody is told."""

    sharer_id: UserId
    receiver_id: UserId
    platform: LinkPlatform
