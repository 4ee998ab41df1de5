"""What a domain event about kudos carries."""

from domain.payload import EventId, Id, Payload, UserId
from domain.tables.kudos import Kudo


class KudosGiven(Payload, name="kudos.given"):
    """A guest thanked another for something at an event."""

    kudos_id: Id
    event_id: EventId
    giver_id: UserId
    receiver_id: UserId
    kudo: Kudo


class KudosSettled(Payload, name="kudos.settled", follow_up=True):
    """Somebody has come to be widely thanked, or is so no longer: see user_internal_metrics."""

    user_id: UserId
