"""Clerk's events as we take them: who, when, and what of somebody's account we use."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.constants import CLOCK_TOLERANCE
from domain.inbox.reading import NotUnderstoodError, not_as, read_object

DELETED: Final = "user.deleted"
CHANGED: Final = ("user.created", "user.updated")
EXPECTED: Final = "an event of Clerk's"
AHEAD: Final = "The event's time lies in the future."
# 1970 to 2200, as everywhere.
LAST_MILLISECOND: Final = 7_258_118_399_999

ClerkId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,200}$")]
Milliseconds = Annotated[int, Field(ge=0, le=LAST_MILLISECOND)]


@dataclass(frozen=True, slots=True)
class ClerkEvent:
    """What happened to an account, and when; `given` is what Clerk knows of somebody by then."""

    id: str
    type: str
    at: datetime
    clerk_id: str | None
    given: dict[str, str]


class _Read(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class _Frame(_Read):
    object: Literal["event"]
    type: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,100}$")]
    timestamp: Milliseconds
    data: dict[str, Any]


class _Gone(_Read):
    # Clerk's own schema doesn't promise it.
    id: ClerkId | None = None


class _Email(_Read):
    id: ClerkId
    email_address: str


class _Phone(_Read):
    id: ClerkId
    phone_number: str


class _User(_Read):
    id: ClerkId
    updated_at: Milliseconds
    last_name: str | None = None
    primary_email_address_id: str | None = None
    primary_phone_number_id: str | None = None
    email_addresses: list[_Email] = []
    phone_numbers: list[_Phone] = []

    def given(self) -> dict[str, str]:
        """Give what Clerk knows; what it doesn't know the app may know, and isn't cleared."""
        emails = {each.id: each.email_address for each in self.email_addresses}
        phones = {each.id: each.phone_number for each in self.phone_numbers}
        said = {
            "email": emails.get(self.primary_email_address_id or ""),
            "phone_number": phones.get(self.primary_phone_number_id or ""),
            "last_name": self.last_name,
        }
        return {name: value for name, value in said.items() if value}


def read_clerk(raw: bytes, identity: str, *, now: datetime) -> ClerkEvent:
    """Read the body of a webhook; `identity` is Svix's id of it. Raises NotUnderstoodError."""
    said = read_object(raw)
    try:
        frame = _Frame.model_validate(said)
        event = _read(frame, identity)
    except ValidationError as error:
        raise not_as(EXPECTED, error) from None
    if event.at > now + CLOCK_TOLERANCE:
        raise NotUnderstoodError(AHEAD)
    return event


def _read(frame: _Frame, identity: str) -> ClerkEvent:
    if frame.type in CHANGED:
        user = _User.model_validate(frame.data)
        at = _time(user.updated_at)
        return ClerkEvent(identity, frame.type, at, user.id, user.given())
    gone = _Gone.model_validate(frame.data) if frame.type == DELETED else _Gone()
    return ClerkEvent(identity, frame.type, _time(frame.timestamp), gone.id, {})


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)
