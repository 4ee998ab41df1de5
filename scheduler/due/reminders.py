"""What is to be reminded of: published while what it reminds of is still ahead.

A reminder changes nothing in the tables, so a thing remembers itself for which moment it was
reminded of. Whether one is due is decided by that thing alone: its moment minus the lead time has
come, its moment is ahead, and the word by which it has that moment isn't later than the due time.
"""

from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

from domain.constants import (
    BADGE_REMINDER,
    DUO_REMINDER,
    INVITATION_REMINDER,
    START_REMINDERS,
    SUBSCRIPTION_REMINDER,
)
from domain.duos.payloads import DuoExpiryNear
from domain.gatherings.payloads import EventReminderDue
from domain.invitations.payloads import InvitationExpiryNear
from domain.payload import Payload
from domain.profiles.payloads import PhotoBadgeEndNear
from domain.users.payloads import SubscriptionEndNear
from scheduler.due.kind import Kind

PAYING: Final = "thing.subscription_status IN ('premium', 'past_due') AND thing.deleted_at IS NULL"
_AHEAD: Final = "AND thing.{moment} > %(now)s + %(until)s::interval"
# By the due time it was published, and the newest word about its plan had it start when it does.
# Up to then none was refused for being later than its end.
_STARTED_THEN: Final = """(
    EXISTS (
        SELECT FROM event_facts AS fact
        WHERE fact.event_id = thing.id AND fact.kind = 'event.published'
            AND fact.time <= thing.starts_at + %(after)s::interval
    ) AND thing.starts_at = (
        SELECT (
            SELECT (stop ->> 'start_time')::timestamptz
            FROM jsonb_array_elements(fact.data -> 'itinerary') AS stop
            ORDER BY (stop ->> 'order')::int LIMIT 1
        )
        FROM event_facts AS fact
        WHERE fact.event_id = thing.id AND fact.kind IN ('event.published', 'event.updated')
            AND fact.data ? 'itinerary' AND fact.time <= thing.starts_at + %(after)s::interval
        ORDER BY fact.kind = 'event.updated' DESC,
            fact.time DESC, fact.id COLLATE "C" DESC, fact.source COLLATE "C" DESC
        LIMIT 1
    )
)"""
_SENT_BEFORE: Final = """EXISTS (
    SELECT FROM invitation_facts AS fact
    WHERE fact.invitation_id = thing.id AND fact.kind = 'invitation.sent'
        AND fact.time <= thing.expires_at + %(after)s::interval
)"""
_ENDED_THEN: Final = """(
    thing.subscription_ends = (
        SELECT (fact.data ->> 'subscription_ends')::timestamptz FROM user_facts AS fact
        WHERE fact.user_id = thing.id AND fact.kind = 'subscription.changed'
            AND fact.data ? 'subscription_ends'
            AND fact.time <= thing.subscription_ends + %(after)s::interval
        ORDER BY fact.time DESC, fact.id COLLATE "C" DESC, fact.source COLLATE "C" DESC
        LIMIT 1
    )
)"""


def _remind(
    before: timedelta, *, moment: str, until: timedelta = timedelta(0), **rest: Any
) -> Kind:
    """Make a kind that is due so long before a moment, and no longer once `until` is left of it."""
    return Kind(
        moment=moment,
        after=-before,
        further=_AHEAD.format(moment=moment),
        parameters={"until": until},
        **rest,
    )


def _starts(event: str, *, hours: int) -> Payload:
    return EventReminderDue(event_id=event, hours_before=hours)


def _start_reminder(before: timedelta, until: timedelta) -> Kind:
    hours = before // timedelta(hours=1)
    return _remind(
        before,
        until=until,
        name=f"events.remind_{hours}h",
        sentence=f"Who comes to an event is reminded {hours} hours before it starts.",
        payload=partial(_starts, hours=hours),
        table="events",
        moment="starts_at",
        stands="thing.status = 'published'",
        said_for=f"reminded_{hours}h_for",
        worthwhile=_STARTED_THEN,
        # An event that moves by 22 hours has both reminders at the same time.
        mark=str(hours),
    )


REMINDERS: Final = (
    # The next one takes the place of one that was slept through.
    *(_start_reminder(*each) for each in pairwise((*START_REMINDERS, timedelta(0)))),
    _remind(
        INVITATION_REMINDER,
        name="invitations.remind",
        sentence="Who has not answered an invitation is reminded 6 hours before it expires.",
        payload=lambda invitation: InvitationExpiryNear(invitation_id=invitation),
        table="invitations",
        moment="expires_at",
        stands="thing.status IN ('sent', 'payment_failed')",
        said_for="reminded_for",
        worthwhile=_SENT_BEFORE,
    ),
    _remind(
        DUO_REMINDER,
        name="duos.remind",
        sentence="Both of an open duo are reminded 24 hours before it expires.",
        payload=lambda duo: DuoExpiryNear(duo_id=duo),
        table="duos",
        moment="expires_at",
        stands="thing.status IN ('pending', 'active')",
        said_for="reminded_for",
        worthwhile="thing.opened_at <= thing.expires_at + %(after)s::interval",
    ),
    # Every badge is given long before.
    _remind(
        BADGE_REMINDER,
        name="badges.remind",
        sentence="The owner of an authentic photo is told 14 days before its badge ends.",
        payload=lambda photo, person: PhotoBadgeEndNear(photo_id=photo, user_id=person),
        table="profile_photos",
        moment="authentic_expires_at",
        stands="thing.is_authentic",
        ids=("id", "user_id"),
        said_for="badge_reminded_for",
    ),
    _remind(
        SUBSCRIPTION_REMINDER,
        name="subscriptions.remind",
        sentence="Who pays for a subscription is told 3 days before it ends.",
        payload=lambda person: SubscriptionEndNear(user_id=person),
        table="users",
        moment="subscription_ends",
        stands=PAYING,
        said_for="subscription_reminded_for",
        worthwhile=_ENDED_THEN,
    ),
)
