"""What a domain event about a duo carries."""

from domain.payload import DuoId, Id, Instant, Payload, UserId


class DuoProposed(Payload, name="duo.proposed", creates="duo"):
    """Somebody asked somebody else to be invited to their next event as a pair."""

    duo_id: DuoId
    initiator_id: UserId
    partner_id: UserId
    expires_at: Instant | None = None


class DuoAccepted(Payload, name="duo.accepted"):
    """The other one agreed."""

    duo_id: DuoId


class DuoDeclined(Payload, name="duo.declined"):
    """One of the two doesn't want to, or no longer."""

    duo_id: DuoId


class DuoExpired(Payload, name="duo.expired"):
    """The time for the next event ran out."""

    duo_id: DuoId


class DuoCompleted(Payload, name="duo.completed", follow_up=True):
    """The two came to an event to which they were invited as a pair. Once for a duo."""

    duo_id: Id
    event_id: Id


class DuoExpiryNear(Payload, name="duo.expiry_near", follow_up=True):
    """An open duo expires in 24 hours."""

    duo_id: Id
