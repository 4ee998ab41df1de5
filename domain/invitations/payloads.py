"""What a domain event about an invitation carries."""

from domain.payload import DuoId, EventId, Id, Instant, InvitationId, Payload, Text, UserId
from domain.personal import Private
from domain.tables.invitations import DeclineReason


class InvitationSent(Payload, name="invitation.sent", creates="invitation", person="user_id"):
    """Somebody was invited to a gathering."""

    invitation_id: InvitationId
    event_id: EventId
    user_id: UserId
    match_reason: Private[Text | None] = None
    duo_id: DuoId | None = None
    expires_at: Instant | None = None


class InvitationDeclined(Payload, name="invitation.declined"):
    """Somebody said no."""

    invitation_id: InvitationId
    decline_reason: DeclineReason | None = None


class InvitationCancelled(Payload, name="invitation.cancelled"):
    """Somebody who had a seat won't come."""

    invitation_id: InvitationId


class InvitationReconfirmed(Payload, name="invitation.reconfirmed"):
    """Somebody will come although the plan has changed."""

    invitation_id: InvitationId


class InvitationExpired(Payload, name="invitation.expired"):
    """The time to answer, or to reconfirm, ran out."""

    invitation_id: InvitationId


class InvitationConfirmed(Payload, name="invitation.confirmed", follow_up=True):
    """A payment took a seat."""

    invitation_id: Id
    event_id: Id
    user_id: Id


class InvitationRefused(Payload, name="invitation.refused", follow_up=True):
    """A payment got no seat and goes back."""

    invitation_id: Id
    payment_id: Id
    reason: str


class InvitationExpiryNear(Payload, name="invitation.expiry_near", follow_up=True):
    """An invitation that nobody has answered expires in 6 hours."""

    invitation_id: Id


class InvitationSettled(Payload, name="invitation.settled", follow_up=True):
    """A seat was taken or given up, or the duo is another: what hangs on it is judged again."""

    invitation_id: InvitationId
    event_id: EventId
    user_id: UserId
