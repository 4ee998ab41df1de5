"""What a domain event about a rating carries."""

from typing import Annotated

from pydantic import Field

from domain.payload import EventId, Id, Payload, Text, UserId
from domain.personal import Private

RatingValue = Annotated[int, Field(ge=1, le=5)]


class RatingSubmitted(Payload, name="rating.submitted", person="rater_id"):
    """A guest rated an event and its host."""

    rating_id: Id
    event_id: EventId
    rater_id: UserId
    host_rating_value: RatingValue
    event_rating_value: RatingValue
    comment: Private[Text | None] = None


class HostRatingChanged(Payload, name="host_rating.changed", follow_up=True):
    """A host's average rating is another one now."""

    host_id: UserId
