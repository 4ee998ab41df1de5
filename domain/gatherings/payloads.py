"""What a domain event about a gathering carries."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.payload import Cents, EventId, Id, Instant, LocationId, Name, Payload, Text, UserId
from domain.personal import Private, PrivateText

Seats = Annotated[int, Field(ge=1, le=100_000)]
Age = Annotated[int, Field(ge=18, le=150)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Stop(BaseModel):
    """One stop of an itinerary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location_id: Id
    order: Annotated[int, Field(ge=1, le=1_000)]
    title: Name
    description: Annotated[str, Field(max_length=20_000)] = ""
    start_time: Instant
    end_time: Instant

    @model_validator(mode="after")
    def ends_after_it_starts(self) -> Self:
        """Refuse a stop that ends before it starts."""
        if self.end_time <= self.start_time:
            message = "end_time must be later than start_time"
            raise ValueError(message)
        return self


class Collaborator(BaseModel):
    """Somebody who helps: a Momento user, or a person by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    # Whose the names are; those of somebody who is no user go with the event's host.
    PERSON: ClassVar[str] = "user_id"

    role: Name
    user_id: Id | None = None
    first_name: PrivateText[Name | None] = None
    last_name: Private[Name | None] = None
    phone_number: Private[Name | None] = None

    @model_validator(mode="after")
    def is_somebody(self) -> Self:
        """Refuse a collaborator who is neither a user nor has a name."""
        if self.user_id is None and self.first_name is None:
            message = "give a user_id or a first_name"
            raise ValueError(message)
        return self


Itinerary = Annotated[list[Stop], Field(min_length=1, max_length=50)]
Collaborators = Annotated[list[Collaborator], Field(max_length=50)]


class _Plan(Payload):
    """What published and updated share: checks and references of the nested parts."""

    @model_validator(mode="after")
    def hangs_together(self) -> Self:
        """Refuse numbers and stops that contradict one another within this one domain event."""
        said: dict[str, Any] = self.given()
        for low, high in (("min_attendees", "max_attendees"), ("age_min", "age_max")):
            if said.get(low) is not None and said.get(high) is not None and said[low] > said[high]:
                message = f"{low} must not be greater than {high}"
                raise ValueError(message)
        orders = [stop.order for stop in said.get("itinerary") or ()]
        if len(set(orders)) != len(orders):
            message = "two stops of the itinerary have the same order"
            raise ValueError(message)
        return self

    def references(self) -> Iterable[tuple[str, Id]]:
        """Add the places and the people that stops and collaborators name."""
        said = self.given()
        stops, helpers = said.get("itinerary") or (), said.get("collaborators") or ()
        return [
            *super().references(),
            *(("location", stop.location_id) for stop in stops),
            *(("user", helper.user_id) for helper in helpers if helper.user_id is not None),
        ]


class LocationAdded(Payload, name="location.added", creates="location"):
    """A place became known."""

    location_id: LocationId
    name: Name
    address: Name | None = None
    latitude: Latitude
    longitude: Longitude
    google_place_id: Name | None = None


class EventPublished(_Plan, name="event.published", creates="event", person="event_id"):
    """A host announced a gathering."""

    event_id: EventId
    host_id: UserId
    title: Name
    description: Text
    min_attendees: Seats
    max_attendees: Seats
    age_min: Age | None = None
    age_max: Age | None = None
    arrival_signpost: Name | None = None
    confirmation_fee: Cents
    estimated_event_cost: dict[str, Any] | None = None
    itinerary: Itinerary
    collaborators: Collaborators | None = None


class EventUpdated(_Plan, name="event.updated", person="event_id"):
    """A host changed a gathering; what is left out stays, null clears."""

    event_id: EventId
    title: Name = ""
    description: Text = ""
    min_attendees: Seats = 1
    max_attendees: Seats = 100_000
    age_min: Age | None = None
    age_max: Age | None = None
    arrival_signpost: Name | None = None
    confirmation_fee: Cents = 0
    estimated_event_cost: dict[str, Any] | None = None
    itinerary: Itinerary = Field(default_factory=list)
    collaborators: Collaborators | None = None


class CancelledBy(StrEnum):
    """Who may cancel an event."""

    HOST = "host"
    SYSTEM = "system"


class EventCancelled(Payload, name="event.cancelled", person="event_id"):
    """A gathering won't happen."""

    event_id: EventId
    cancelled_by: CancelledBy
    reason: Private[Text | None] = None


class EventCompleted(Payload, name="event.completed"):
    """A gathering is over."""

    event_id: EventId


class EventFinalized(Payload, name="event.finalized"):
    """A day has passed since a gathering was completed: who didn't show up is settled."""

    event_id: EventId


class EventReconfirmationRequested(Payload, name="event.reconfirmation_requested", follow_up=True):
    """A seat holder was asked whether the changed plan still suits."""

    invitation_id: Id
    event_id: Id
    user_id: Id
    deadline: datetime


class EventReminderDue(Payload, name="event.reminder_due", follow_up=True):
    """A gathering starts in 24 or 2 hours: who comes is to be reminded."""

    event_id: Id
    hours_before: int


class EventSettled(Payload, name="event.settled", follow_up=True):
    """An event's plan, status or people changed: what is judged by it is judged again."""

    event_id: EventId
