"""Tells of what the workers themselves say, and of what the clock does.

What other topics' handlers apply is told of in their own transactions: see `TOLD_BY`.
"""

from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.connections.payloads import ConnectionMutual
from domain.duos.payloads import DuoExpiryNear
from domain.gatherings.payloads import (
    EventReconfirmationRequested,
    EventReminderDue,
    EventSettled,
)
from domain.invitations.payloads import (
    InvitationConfirmed,
    InvitationExpiryNear,
    InvitationRefused,
)
from domain.notifications.telling import tell
from domain.payload import Payload
from domain.profiles.payloads import PhotoBadgeEndNear
from domain.safety.payloads import UserSuspended
from domain.tables.notifications import Template
from domain.users.payloads import SubscriptionEndNear


def apply_invitation_confirmed(
    session: Session, batch: Batch[InvitationConfirmed], now: datetime
) -> Effects:
    """Tell the guest and the host that a seat was taken."""
    return _tell(session, batch, now, Template.SEAT_CONFIRMED, Template.GUEST_CONFIRMED)


def apply_invitation_refused(
    session: Session, batch: Batch[InvitationRefused], now: datetime
) -> Effects:
    """Tell whoever paid that there is no seat for it."""
    return _tell(session, batch, now, Template.SEAT_REFUSED)


def apply_invitation_expiry_near(
    session: Session, batch: Batch[InvitationExpiryNear], now: datetime
) -> Effects:
    """Remind the invited of what they haven't answered."""
    return _tell(session, batch, now, Template.INVITATION_ENDS_SOON)


def apply_event_reconfirmation_requested(
    session: Session, batch: Batch[EventReconfirmationRequested], now: datetime
) -> Effects:
    """Tell who has a seat that the plan has changed."""
    return _tell(session, batch, now, Template.PLAN_CHANGED)


def apply_event_reminder_due(
    session: Session, batch: Batch[EventReminderDue], now: datetime
) -> Effects:
    """Remind who has a seat of the start."""
    return _tell(session, batch, now, Template.STARTS_TOMORROW, Template.STARTS_SOON)


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Tell that an event was cancelled, by whatever, or completed, or finalised; each once."""
    return _tell(
        session,
        batch,
        now,
        Template.EVENT_CANCELLED,
        Template.EVENT_COMPLETED,
        Template.EVENT_FINALIZED,
    )


def apply_connection_mutual(
    session: Session, batch: Batch[ConnectionMutual], now: datetime
) -> Effects:
    """Tell both that they want to meet again."""
    return _tell(session, batch, now, Template.CONNECTION_MUTUAL)


def apply_duo_expiry_near(session: Session, batch: Batch[DuoExpiryNear], now: datetime) -> Effects:
    """Tell both that their duo ends."""
    return _tell(session, batch, now, Template.DUO_ENDS_SOON)


def apply_photo_badge_end_near(
    session: Session, batch: Batch[PhotoBadgeEndNear], now: datetime
) -> Effects:
    """Tell owners of authentic photos that their badge ends."""
    return _tell(session, batch, now, Template.BADGE_ENDS_SOON)


def apply_subscription_end_near(
    session: Session, batch: Batch[SubscriptionEndNear], now: datetime
) -> Effects:
    """Tell subscribers that what they pay for ends."""
    return _tell(session, batch, now, Template.SUBSCRIPTION_ENDS_SOON)


def apply_user_suspended(session: Session, batch: Batch[UserSuspended], now: datetime) -> Effects:
    """Tell people that they were suspended."""
    return _tell(session, batch, now, Template.SUSPENDED)


def _tell(session: Session, batch: Batch[Payload], now: datetime, *templates: Template) -> Effects:
    tell(session, templates, batch.domain_events, now=now)
    return Effects()
