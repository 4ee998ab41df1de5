"""What a domain event about what somebody shows of themselves carries."""

from typing import Annotated

from pydantic import Field

from domain.payload import Name, Payload, UserId

Names = Annotated[list[Name], Field(max_length=200)]


class InterestsSelected(Payload, name="interests.selected"):
    """Somebody chose what they are interested in; what they chose before is gone."""

    user_id: UserId
    interests: Names


class PersonaUpdated(Payload, name="persona.updated"):
    """Somebody said who they are just now."""

    user_id: UserId
    career: Name | None = None
    interests: Names | None = None
    mood: Name | None = None


class ProfileLiked(Payload, name="profile.liked"):
    """Somebody likes somebody's profile."""

    liker_id: UserId
    liked_id: UserId
