"""Who may be told, on which channel, when, and why not. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from domain.constants import NEAR_START, SMS_BEFORE_START
from domain.quiet_hours import quiet_until
from domain.tables.notifications import Category, Channel, NotificationStatus, Template
from domain.tables.users import UserStatus

# Whoever has one of these is told of their account and safety, and of nothing else.
MUTED: Final = frozenset(
    {
        UserStatus.PAUSED,
        UserStatus.SUSPENDED,
        UserStatus.BANNED,
        UserStatus.ARCHIVED_FOR_RECYCLING,
    }
)
ALWAYS_TOLD: Final = frozenset(
    {Category.PUSH_ACCOUNT_AND_SAFETY, Category.EMAIL_ACCOUNT_AND_SAFETY}
)
# The line of the table, for each text. Of a changed plan see `categories_of`.
CATEGORIES: Final[dict[Template, tuple[Category, ...]]] = {
    Template.INVITATION: (Category.PUSH_EVENT_INVITATIONS, Category.SMS_INVITATIONS),
    Template.INVITATION_ENDS_SOON: (Category.PUSH_EVENT_INVITATIONS,),
    Template.SEAT_CONFIRMED: (Category.PUSH_EVENT_UPDATES,),
    Template.GUEST_CONFIRMED: (Category.PUSH_EVENT_UPDATES,),
    Template.SEAT_REFUSED: (Category.PUSH_ACCOUNT_AND_SAFETY,),
    Template.PAYMENT_FAILED: (Category.PUSH_ACCOUNT_AND_SAFETY,),
    Template.PAYMENT_REFUNDED: (
        Category.PUSH_ACCOUNT_AND_SAFETY,
        Category.EMAIL_ACCOUNT_AND_SAFETY,
    ),
    Template.PLAN_CHANGED: (Category.PUSH_EVENT_UPDATES, Category.SMS_REMINDERS),
    Template.EVENT_CANCELLED: (Category.PUSH_EVENT_UPDATES, Category.SMS_REMINDERS),
    Template.STARTS_TOMORROW: (Category.PUSH_EVENT_REMINDERS, Category.SMS_REMINDERS),
    Template.STARTS_SOON: (Category.PUSH_EVENT_REMINDERS,),
    Template.EVENT_COMPLETED: (Category.PUSH_SOCIAL,),
    Template.EVENT_FINALIZED: (Category.PUSH_EVENT_UPDATES,),
    Template.KUDOS: (Category.PUSH_SOCIAL,),
    Template.MESSAGE: (Category.PUSH_DIRECT_MESSAGES,),
    Template.EVENT_POST: (Category.PUSH_EVENT_UPDATES,),
    Template.DUO_PROPOSED: (Category.PUSH_SOCIAL,),
    Template.DUO_ACCEPTED: (Category.PUSH_SOCIAL,),
    Template.DUO_ENDS_SOON: (Category.PUSH_SOCIAL,),
    Template.CONNECTION_MUTUAL: (Category.PUSH_SOCIAL,),
    Template.REPORT_FILED: (Category.PUSH_ACCOUNT_AND_SAFETY,),
    Template.REPORT_RESOLVED: (Category.PUSH_ACCOUNT_AND_SAFETY,),
    Template.SUSPENDED: (Category.PUSH_ACCOUNT_AND_SAFETY, Category.EMAIL_ACCOUNT_AND_SAFETY),
    Template.BADGE_ENDS_SOON: (Category.PUSH_SOCIAL,),
    Template.SUBSCRIPTION_ENDS_SOON: (Category.PUSH_ACCOUNT_AND_SAFETY,),
    Template.TICKET_UPDATED: (Category.PUSH_ACCOUNT_AND_SAFETY,),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """What about somebody decides whether and when they may be told something."""

    zone: str
    status: str
    # The settings that are switched off.
    off: Collection[str] = ()
    is_deleted: bool = False
    # By whoever caused it, or the other way round.
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Occasion:
    """When something may be told: not before, and until; and when its event is, if it has one.

    `unconcerned` says why it means nothing to the recipient any more, if it doesn't.
    """

    not_before: datetime
    expires_at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    unconcerned: str | None = None


class Plan(NamedTuple):
    """What is to become of a notification; a reason says why it won't be sent, if so."""

    status: NotificationStatus
    reason: str | None
    send_after: datetime


def categories_of(
    template: Template, starts_at: datetime | None, now: datetime
) -> Sequence[Category]:
    """Give the settings by which something is told; a changed plan by SMS only near the start."""
    listed = CATEGORIES[template]
    if template is not Template.PLAN_CHANGED:
        return listed
    is_near = starts_at is not None and starts_at - now <= SMS_BEFORE_START
    return [each for each in listed if is_near or each.channel is not Channel.SMS]


def why_not(recipient: Recipient, category: Category) -> str | None:
    """Say why somebody may not be told, if they may not: a code for the trace."""
    if recipient.is_deleted:
        return "deleted"
    if recipient.status in MUTED and category not in ALWAYS_TOLD:
        return str(recipient.status)
    if recipient.is_blocked:
        return "blocked"
    if category in recipient.off:
        return "switched_off"
    return None


def plan(recipient: Recipient, category: Category, occasion: Occasion, *, now: datetime) -> Plan:
    """Decide whether somebody is told something, and when.

    The same at the moment of saying it, and again at the moment of sending.
    """
    moment = max(now, occasion.not_before)
    reason = why_not(recipient, category) or occasion.unconcerned
    if reason is not None:
        return Plan(NotificationStatus.SUPPRESSED, reason, moment)
    if moment >= occasion.expires_at:
        return Plan(NotificationStatus.EXPIRED, "too_late", moment)
    send_after = _first_moment(category, occasion, moment, zone=recipient.zone)
    if send_after >= occasion.expires_at:
        return Plan(NotificationStatus.EXPIRED, "quiet_hours", send_after)
    return Plan(NotificationStatus.SCHEDULED, None, send_after)


def _first_moment(
    category: Category, occasion: Occasion, moment: datetime, *, zone: str
) -> datetime:
    """Give when something may go out that could go at `moment`; quiet hours keep no email."""
    if category.channel is Channel.EMAIL or category is Category.PUSH_DIRECT_MESSAGES:
        return moment
    morning = quiet_until(moment, zone)
    if morning is None:
        return moment
    if category.channel is Channel.PUSH and occasion.starts_at is not None:
        near = occasion.starts_at - NEAR_START
        over = occasion.ends_at or occasion.starts_at
        if moment <= over:
            # What concerns an event that is far now may go out when it is near.
            return min(morning, max(moment, near))
    return morning
