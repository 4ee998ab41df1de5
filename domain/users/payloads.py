"""What a domain event about a person carries."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.constants import DEFAULT_ZONE, NO_BIRTH_DATE
from domain.payload import FullDate, Id, Instant, LocationId, Name, Payload, Text, UserId
from domain.personal import Personal, Private
from domain.tables.users import ActiveRole, HostType, SubscriptionStatus, UserStatus
from domain.zones import ZONES


def _known_zone(zone: str) -> str:
    """Refuse a time zone that the tz database doesn't know."""
    if zone not in ZONES:
        message = f"{zone!r} is not an IANA time zone such as America/New_York"
        raise ValueError(message)
    return zone


Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=320)]
Zone = Annotated[str, AfterValidator(_known_zone)]
BirthDate = Annotated[FullDate, Field(ge=date.fromisoformat(NO_BIRTH_DATE), lt=date(2200, 1, 1))]
# Erased, it is the earliest that there is.
PrivateBirthDate = Annotated[BirthDate, Personal(NO_BIRTH_DATE)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2_000)]


class Gender(StrEnum):
    """How people describe themselves, and whom they want to meet."""

    WOMAN = "Woman"
    MAN = "Man"
    NON_BINARY = "Non-binary"
    TRANSGENDER_WOMAN = "Transgender Woman"
    TRANSGENDER_MAN = "Transgender Man"
    GENDERQUEER = "Genderqueer"
    GENDERFLUID = "Genderfluid"
    AGENDER = "Agender"


class Availability(StrEnum):
    """When somebody can come on a day of the week."""

    ANY = "any"
    EVENING = "evening"
    DAYTIME = "daytime"
    UNAVAILABLE = "unavailable"


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class UserRegistered(Payload, name="user.registered", creates="user", person="user_id"):
    """Somebody signed up."""

    user_id: UserId
    clerk_id: Name
    birth_date: PrivateBirthDate
    phone_number: Private[Phone | None] = None
    email: Private[Email | None] = None
    last_name: Private[Name | None] = None
    timezone: Zone = DEFAULT_ZONE
    first_name: Private[Name | None] = None
    gender: Private[Gender | None] = None
    interested_in: Private[list[Gender] | None] = None


class UserUpdated(Payload, name="user.updated", person="user_id"):
    """Somebody changed their account or preferences."""

    user_id: UserId
    phone_number: Private[Phone | None] = None
    email: Private[Email | None] = None
    last_name: Private[Name | None] = None
    timezone: Zone | None = None
    min_lead_time_days: Annotated[int, Field(ge=0, le=365)] | None = None
    distance_preference: Annotated[int, Field(ge=0, le=25_000)] | None = None
    price_sensitivity: Annotated[int, Field(ge=1, le=4)] | None = None
    availability_preferences: dict[Weekday, Availability] | None = None
    active_role: ActiveRole | None = None


class UserVerified(Payload, name="user.verified"):
    """Somebody's identity was checked."""

    user_id: UserId


class UserStatusChanged(Payload, name="user.status_changed", person="user_id"):
    """Somebody's account was paused, banned or made active."""

    user_id: UserId
    status: UserStatus
    reason: Private[Text | None] = None


class UserDeleted(Payload, name="user.deleted"):
    """Somebody left for good and is to be forgotten."""

    user_id: UserId


class SocialProfileUpdated(Payload, name="social_profile.updated", person="user_id"):
    """Somebody changed what other guests see of them."""

    user_id: UserId
    first_name: Private[Name | None] = None
    preferred_name: Private[Name | None] = None
    bio: Private[Text | None] = None
    gender: Private[Gender | None] = None
    pronouns: Private[Name | None] = None
    interested_in: Private[list[Gender] | None] = None
    occupation: Private[Name | None] = None
    location: Private[Name | None] = None


class HostProfileUpdated(Payload, name="host_profile.updated", person="user_id"):
    """Somebody changed what guests see of them as a host."""

    user_id: UserId
    host_type: HostType | None = None
    host_name: Private[Name | None] = None
    host_bio: Private[Text | None] = None
    location_id: LocationId | None = None
    address: Private[Name | None] = None
    website_url: Private[Url | None] = None


class NotificationSettingsUpdated(Payload, name="notification_settings.updated"):
    """Somebody changed what they want to be told, and on which channel; null means on again."""

    user_id: UserId
    sms_invitations: bool | None = None
    sms_reminders: bool | None = None
    push_event_invitations: bool | None = None
    push_event_updates: bool | None = None
    push_event_reminders: bool | None = None
    push_direct_messages: bool | None = None
    push_social: bool | None = None
    push_account_and_safety: bool | None = None
    email_account_and_safety: bool | None = None


class SubscriptionChanged(Payload, name="subscription.changed"):
    """Somebody's subscription began, was renewed, lapsed or ended.

    A field left out is unchanged, null clears.
    """

    user_id: UserId
    subscription_status: SubscriptionStatus
    subscription_ends: Instant | None = None
    stripe_subscription_id: Name | None = None


class PresenceChanged(Payload, name="presence.changed"):
    """Somebody opened the app, or went away."""

    user_id: UserId
    is_online: bool


class SubscriptionEndNear(Payload, name="subscription.end_near", follow_up=True):
    """What somebody pays for ends in 3 days."""

    user_id: Id


class UserDeparted(Payload, name="user.departed", follow_up=True):
    """Somebody was deleted or banned: what hangs on them is to be judged again."""

    user_id: UserId
