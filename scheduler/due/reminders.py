"""What is to be reminded of: published while what it reminds of is still ahead.

A reminder changes nothing in the tables, so what was reminded of stays among what is looked at.
To read no more than what is new, it is looked for from a little before the newest that was
published, however many came before.
"""

from datetime import timedelta
from functools import partial
from typing import Any, Final

from domain.constants import (
    BADGE_REMINDER,
    DUO_REMINDER,
    INVITATION_REMINDER,
    REMINDER_LATENESS,
    START_REMINDERS,
    SUBSCRIPTION_REMINDER,
)
from domain.duos.payloads import DuoExpiryNear
from domain.gatherings.payloads import EventReminderDue
from domain.invitations.payloads import InvitationExpiryNear
from domain.payload import Payload
from domain.profiles.payloads import PhotoBadgeEndNear
from domain.users.payloads import SubscriptionEndNear
from scheduler.due.kind import NOW_AND_THEN, Kind

PAYING: Final = "thing.subscription_status IN ('premium', 'past_due') AND thing.deleted_at IS NULL"
REMINDING: Final = {"lateness": REMINDER_LATENESS}
# Should the clock have been ahead, the newest may lie in what is the future now.
NOT_BEFORE_THE_NEWEST: Final = """
    AND thing.{moment} > (
        SELECT least(coalesce(max(newest.due_at), '-infinity'), %(now)s) - %(lateness)s
        FROM due_said AS newest WHERE newest.kind = %(kind)s
    ) - %(after)s::interval
"""
_AHEAD: Final = "AND thing.{moment} > %(now)s" + NOT_BEFORE_THE_NEWEST
# One that was made with less time than that was never to be reminded of.
_SENT_BEFORE: Final = """
    AND EXISTS (
        SELECT FROM invitation_facts AS fact
        WHERE fact.invitation_id = thing.id AND fact.kind = 'invitation.sent'
            AND fact.time <= thing.expires_at + %(after)s::interval
    )
"""


def _remind(before: timedelta, *, moment: str, further: str = "", **rest: Any) -> Kind:
    """Make a kind that is due so long before a moment."""
    return Kind(
        every=NOW_AND_THEN,
        moment=moment,
        after=-before,
        further=_AHEAD.format(moment=moment) + further,
        parameters=REMINDING,
        **rest,
    )


def _starts(event: str, *, hours: int) -> Payload:
    return EventReminderDue(event_id=event, hours_before=hours)


def _start_reminder(before: timedelta) -> Kind:
    hours = before // timedelta(hours=1)
    return _remind(
        before,
        name=f"events.remind_{hours}h",
        sentence=f"Who comes to an event is reminded {hours} hours before it starts.",
        payload=partial(_starts, hours=hours),
        table="events",
        moment="starts_at",
        stands="thing.status = 'published'",
        # An event that moves by 22 hours has both reminders at the same time.
        mark=str(hours),
    )


REMINDERS: Final = (
    *(_start_reminder(before) for before in START_REMINDERS),
    _remind(
        INVITATION_REMINDER,
        name="invitations.remind",
        sentence="Who has not answered an invitation is reminded 6 hours before it expires.",
        payload=lambda invitation: InvitationExpiryNear(invitation_id=invitation),
        table="invitations",
        moment="expires_at",
        stands="thing.status IN ('sent', 'payment_failed')",
        further=_SENT_BEFORE,
    ),
    _remind(
        DUO_REMINDER,
        name="duos.remind",
        sentence="Both of an open duo are reminded 24 hours before it expires.",
        payload=lambda duo: DuoExpiryNear(duo_id=duo),
        table="duos",
        moment="expires_at",
        stands="thing.status IN ('pending', 'active')",
        further="AND thing.opened_at <= thing.expires_at + %(after)s::interval",
    ),
    _remind(
        BADGE_REMINDER,
        name="badges.remind",
        sentence="The owner of an authentic photo is told 14 days before its badge ends.",
        payload=lambda photo, person: PhotoBadgeEndNear(photo_id=photo, user_id=person),
        table="profile_photos",
        moment="authentic_expires_at",
        stands="thing.is_authentic",
        ids=("id", "user_id"),
    ),
    _remind(
        SUBSCRIPTION_REMINDER,
        name="subscriptions.remind",
        sentence="Who pays for a subscription is told 3 days before it ends.",
        payload=lambda person: SubscriptionEndNear(user_id=person),
        table="users",
        moment="subscription_ends",
        stands=PAYING,
    ),
)
