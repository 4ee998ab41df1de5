"""What a domain event about kudos carries."""

from uuid import UUID

from domain.payload import EventId, Payload, UserId
from domain.tables.kudos import Kudo


class KudosGiven(Payload, name="kudos.given"):
    """A guest thanked another for something at an event."""

    kudos_id: UUID
    event_id: EventId
    giver_id: UserId
    receiver_id: UserId
    kudo: Kudo
