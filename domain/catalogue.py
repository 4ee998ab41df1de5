"""The catalogue: which domain event goes to which handlers, on which lane. Read this first.

A new domain event is a payload class, a handler and one line here. The module checks itself when
it is imported: a process with an incomplete catalogue doesn't start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.attendance import handlers as attendance
from domain.attendance import payloads as attending
from domain.batch import Batch, Effects
from domain.boards import handlers as boards
from domain.boards import payloads as posting
from domain.connections import handlers as connections
from domain.connections import payloads as remembering
from domain.duos import handlers as duos
from domain.duos import payloads as pairing
from domain.gatherings import handlers as gatherings
from domain.gatherings import payloads as gathering
from domain.invitations import handlers as invitations
from domain.invitations import payloads as inviting
from domain.kudos import handlers as kudos
from domain.kudos import payloads as thanking
from domain.lanes import AFTERWARDS, LANES, PLANS, SEATS
from domain.matching import handlers as matching
from domain.messaging import handlers as messaging
from domain.messaging import payloads as talking
from domain.notifications import handlers as notifications
from domain.payload import Payload
from domain.payments import handlers as payments
from domain.payments import payloads as paying
from domain.privacy import handlers as privacy
from domain.profiles import handlers as profiles
from domain.profiles import payloads as showing
from domain.ratings import handlers as ratings
from domain.ratings import payloads as rating
from domain.safety import handlers as safety
from domain.safety import payloads as guarding
from domain.support import handlers as support
from domain.support import payloads as asking
from domain.things import TABLES, Hold
from domain.users import handlers as users
from domain.users import payloads as people

Apply = Callable[[Session, Batch[Any], datetime], Effects]


@dataclass(frozen=True, slots=True)
class Handler:
    """One effect of a domain event: the function, its lane, and what it locks by reference.

    Of several handlers of a domain event that creates a thing, the first makes it.
    """

    apply: Apply
    lane: str
    holds: Mapping[str, Hold] = field(default_factory=dict)
    payload: type[Payload] = Payload
    creates: str | None = None

    @property
    def name(self) -> str:
        """Say which function this is, e.g. `kudos.apply_kudos_given`: kept in deliveries."""
        return f"{self.apply.__module__.split('.')[-2]}.{self.apply.__name__}"


def _on(lane: str, *functions: Apply, **holds: Hold) -> tuple[Handler, ...]:
    """List the handlers of one domain event that share a lane and locks."""
    return tuple(Handler(function, lane, holds) for function in functions)


_SHARE, _CHANGE = Hold.SHARE, Hold.CHANGE

CATALOGUE: dict[type[Payload], tuple[Handler, ...]] = {
    # People
    people.UserRegistered: _on(PLANS, users.apply_user_registered),
    people.UserUpdated: _on(PLANS, users.apply_user_updated, user=_CHANGE),
    people.UserVerified: _on(PLANS, users.apply_user_verified, user=_CHANGE),
    people.UserStatusChanged: _on(PLANS, users.apply_user_status_changed, user=_CHANGE),
    people.UserDeleted: _on(PLANS, users.apply_user_deleted, user=_CHANGE),
    people.SocialProfileUpdated: (
        *_on(PLANS, users.apply_social_profile_updated, user=_CHANGE),
        *_on(AFTERWARDS, matching.apply_social_profile_updated),
    ),
    people.HostProfileUpdated: _on(PLANS, users.apply_host_profile_updated, user=_CHANGE),
    people.NotificationSettingsUpdated: _on(
        PLANS, users.apply_notification_settings_updated, user=_CHANGE
    ),
    people.SubscriptionChanged: _on(PLANS, users.apply_subscription_changed, user=_CHANGE),
    people.SubscriptionEndNear: _on(AFTERWARDS, notifications.apply_subscription_end_near),
    # There are many, and nobody waits for them.
    people.PresenceChanged: _on(AFTERWARDS, users.apply_presence_changed, user=_CHANGE),
    people.UserDeparted: (
        *_on(PLANS, gatherings.apply_user_departed, profiles.apply_user_departed),
        *_on(SEATS, invitations.apply_user_departed),
        *_on(PLANS, privacy.apply_user_departed),
        *_on(SEATS, duos.apply_user_departed),
        *_on(PLANS, safety.apply_user_departed, user=_CHANGE),
        *_on(AFTERWARDS, connections.apply_user_departed),
        *_on(AFTERWARDS, matching.apply_user_departed, user=_CHANGE),
    ),
    showing.ProfilePhotoAdded: _on(PLANS, profiles.apply_profile_photo_added, user=_CHANGE),
    showing.PhotoBadgeEnded: (),
    showing.PhotoBadgeEndNear: _on(AFTERWARDS, notifications.apply_photo_badge_end_near),
    showing.HostPhotoAdded: _on(PLANS, profiles.apply_host_photo_added, user=_SHARE),
    showing.InterestsSelected: (
        *_on(PLANS, profiles.apply_interests_selected, user=_CHANGE),
        *_on(AFTERWARDS, matching.apply_interests_selected),
    ),
    showing.PersonaUpdated: (
        *_on(PLANS, profiles.apply_persona_updated, user=_CHANGE),
        *_on(AFTERWARDS, matching.apply_persona_updated),
    ),
    showing.ProfileLiked: _on(AFTERWARDS, profiles.apply_profile_liked, user=_SHARE),
    showing.PushTokenRegistered: _on(PLANS, profiles.apply_push_token_registered, user=_CHANGE),
    showing.PushTokenRemoved: _on(PLANS, profiles.apply_push_token_removed, user=_CHANGE),
    showing.SocialLinkAdded: _on(PLANS, profiles.apply_social_link_added, user=_CHANGE),
    # Gatherings
    gathering.LocationAdded: _on(PLANS, gatherings.apply_location_added),
    gathering.EventPublished: (
        *_on(PLANS, gatherings.apply_event_published, user=_SHARE, location=_SHARE),
        *_on(AFTERWARDS, matching.apply_event_published),
    ),
    gathering.EventUpdated: (
        *_on(PLANS, gatherings.apply_event_updated, location=_SHARE, event=_CHANGE),
        *_on(AFTERWARDS, matching.apply_event_updated),
    ),
    gathering.EventCancelled: _on(PLANS, gatherings.apply_event_cancelled, event=_CHANGE),
    gathering.EventCompleted: _on(PLANS, gatherings.apply_event_completed, event=_CHANGE),
    gathering.EventFinalized: _on(PLANS, gatherings.apply_event_finalized, event=_CHANGE),
    gathering.EventReconfirmationRequested: _on(
        AFTERWARDS, notifications.apply_event_reconfirmation_requested
    ),
    gathering.EventReminderDue: _on(AFTERWARDS, notifications.apply_event_reminder_due),
    gathering.EventSettled: (
        *_on(SEATS, invitations.apply_event_settled, event=_CHANGE),
        *_on(SEATS, attendance.apply_event_settled, event=_CHANGE),
        *_on(AFTERWARDS, ratings.apply_event_settled, event=_CHANGE),
        *_on(AFTERWARDS, kudos.apply_event_settled, event=_SHARE),
        *_on(AFTERWARDS, connections.apply_event_settled, event=_CHANGE),
        *_on(AFTERWARDS, duos.apply_event_settled),
        *_on(AFTERWARDS, safety.apply_event_settled),
        *_on(AFTERWARDS, matching.apply_event_settled),
        *_on(AFTERWARDS, notifications.apply_event_settled),
    ),
    posting.EventPostCreated: _on(AFTERWARDS, boards.apply_event_post_created, event=_SHARE),
    posting.EventPhotoUploaded: _on(AFTERWARDS, boards.apply_event_photo_uploaded, event=_SHARE),
    posting.EventPhotoModerated: _on(
        AFTERWARDS, boards.apply_event_photo_moderated, event_photo=_CHANGE
    ),
    # Invitations, payment, attendance
    inviting.InvitationSent: _on(
        SEATS, invitations.apply_invitation_sent, user=_SHARE, event=_CHANGE
    ),
    inviting.InvitationDeclined: (
        *_on(SEATS, invitations.apply_invitation_declined),
        *_on(AFTERWARDS, matching.apply_invitation_declined),
    ),
    inviting.InvitationCancelled: _on(SEATS, invitations.apply_invitation_cancelled),
    inviting.InvitationReconfirmed: _on(SEATS, invitations.apply_invitation_reconfirmed),
    inviting.InvitationExpired: _on(SEATS, invitations.apply_invitation_expired),
    inviting.InvitationExpiryNear: _on(AFTERWARDS, notifications.apply_invitation_expiry_near),
    inviting.InvitationConfirmed: _on(AFTERWARDS, notifications.apply_invitation_confirmed),
    inviting.InvitationRefused: _on(AFTERWARDS, notifications.apply_invitation_refused),
    inviting.InvitationSettled: (
        *_on(SEATS, attendance.apply_invitation_settled, event=_CHANGE),
        *_on(AFTERWARDS, duos.apply_invitation_settled),
    ),
    paying.PaymentSucceeded: _on(
        SEATS, payments.apply_payment_succeeded, invitations.apply_payment_succeeded
    ),
    paying.PaymentFailed: _on(
        SEATS, payments.apply_payment_failed, invitations.apply_payment_failed
    ),
    paying.PaymentRefunded: _on(SEATS, payments.apply_payment_refunded),
    paying.PaymentDisputed: _on(SEATS, payments.apply_payment_disputed),
    paying.PaymentDisputeClosed: _on(SEATS, payments.apply_payment_dispute_closed),
    paying.PaymentRefundFailed: _on(SEATS, payments.apply_payment_refund_failed),
    paying.RefundRequested: _on(SEATS, payments.apply_refund_requested),
    attending.AttendeeCheckedIn: _on(SEATS, attendance.apply_attendee_checked_in, event=_CHANGE),
    attending.AttendanceReported: _on(SEATS, attendance.apply_attendance_reported, event=_CHANGE),
    attending.AttendanceSettled: (
        *_on(AFTERWARDS, ratings.apply_attendance_settled, event=_CHANGE),
        *_on(AFTERWARDS, kudos.apply_attendance_settled, event=_SHARE),
        *_on(AFTERWARDS, profiles.apply_attendance_settled, user=_CHANGE),
        *_on(AFTERWARDS, connections.apply_attendance_settled, event=_CHANGE),
        *_on(AFTERWARDS, duos.apply_attendance_settled),
        *_on(AFTERWARDS, matching.apply_attendance_settled, user=_CHANGE),
    ),
    # Afterwards
    rating.RatingSubmitted: _on(AFTERWARDS, ratings.apply_rating_submitted, event=_CHANGE),
    rating.HostRatingChanged: _on(AFTERWARDS, safety.apply_host_rating_changed, user=_CHANGE),
    thanking.KudosGiven: _on(AFTERWARDS, kudos.apply_kudos_given, event=_SHARE),
    thanking.KudosSettled: _on(AFTERWARDS, profiles.apply_kudos_settled, user=_CHANGE),
    showing.SocialLinkShared: _on(AFTERWARDS, profiles.apply_social_link_shared, user=_SHARE),
    # Duos, safety, support
    pairing.DuoProposed: _on(SEATS, duos.apply_duo_proposed, user=_CHANGE),
    pairing.DuoAccepted: _on(SEATS, duos.apply_duo_accepted, duo=_CHANGE),
    pairing.DuoDeclined: _on(SEATS, duos.apply_duo_declined, duo=_CHANGE),
    pairing.DuoExpired: _on(SEATS, duos.apply_duo_expired, duo=_CHANGE),
    pairing.DuoExpiryNear: _on(AFTERWARDS, notifications.apply_duo_expiry_near),
    pairing.DuoCompleted: (),
    guarding.UserBlocked: _on(PLANS, safety.apply_user_blocked, user=_CHANGE),
    guarding.UserUnblocked: _on(PLANS, safety.apply_user_unblocked, user=_CHANGE),
    guarding.BlockSettled: _on(
        AFTERWARDS, kudos.apply_block_settled, connections.apply_block_settled
    )
    + _on(SEATS, duos.apply_block_settled, user=_SHARE),
    guarding.ReportFiled: _on(PLANS, safety.apply_report_filed),
    guarding.ReportResolved: _on(PLANS, safety.apply_report_resolved, report=_CHANGE),
    guarding.ReportSettled: _on(PLANS, users.apply_report_settled, user=_CHANGE),
    guarding.UserSuspended: _on(AFTERWARDS, notifications.apply_user_suspended),
    guarding.HostFlagged: (),
    asking.SupportTicketOpened: _on(PLANS, support.apply_support_ticket_opened),
    asking.SupportTicketUpdated: _on(PLANS, support.apply_support_ticket_updated, ticket=_CHANGE),
    remembering.ConnectionUpdated: _on(
        AFTERWARDS, connections.apply_connection_updated, user=_SHARE, event=_CHANGE
    ),
    remembering.ConnectionMutual: _on(AFTERWARDS, notifications.apply_connection_mutual),
    talking.ConversationStarted: _on(AFTERWARDS, messaging.apply_conversation_started),
    talking.MessageSent: _on(AFTERWARDS, messaging.apply_message_sent, conversation=_CHANGE),
}


def _named() -> dict[tuple[str, str], Handler]:
    """Index the handlers by (type, name) and bind each to its payload."""
    return {
        (payload.TYPE, handler.name): replace(
            handler, payload=payload, creates=None if place else payload.CREATES
        )
        for payload, handlers in CATALOGUE.items()
        for place, handler in enumerate(handlers)
    }


TYPES: dict[str, type[Payload]] = {payload.TYPE: payload for payload in CATALOGUE}
PUBLIC_TYPES = {name: payload for name, payload in TYPES.items() if not payload.FOLLOW_UP}
HANDLERS: dict[str, Handler] = {name: handler for (_, name), handler in _named().items()}


def check_catalogue() -> None:
    """Refuse a catalogue that contradicts itself; raises ValueError that says where."""
    if len(TYPES) != len(CATALOGUE):
        message = "two payload classes have the same name"
        raise ValueError(message)
    if len(HANDLERS) != len(_named()):
        message = "two domain events share a handler: give each its own function"
        raise ValueError(message)
    for name, handler in HANDLERS.items():
        if handler.lane not in LANES:
            message = f"{name} is on an unknown lane, {handler.lane}"
            raise ValueError(message)
        if not set(handler.holds) <= set(TABLES):
            message = f"{name} holds an unknown kind of thing: {set(handler.holds)}"
            raise ValueError(message)
    for payload in CATALOGUE:
        if payload.CREATES is not None and payload.CREATES not in TABLES:
            message = f"{payload.NAME} creates an unknown kind of thing, {payload.CREATES}"
            raise ValueError(message)


check_catalogue()
