"""What changes by the clock alone: invitations, duos, presence, subscriptions and badges."""

from typing import Final

from domain.constants import OFFLINE_AFTER, SUBSCRIPTION_GRACE
from domain.duos.payloads import DuoExpired
from domain.invitations.payloads import InvitationExpired
from domain.payload import Payload
from domain.profiles.payloads import PhotoBadgeEnded
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import PresenceChanged, SubscriptionChanged
from scheduler.due.kind import Kind
from scheduler.due.reminders import PAYING


def _expired(invitation: str) -> Payload:
    return InvitationExpired(invitation_id=invitation)


def _gone(person: str) -> Payload:
    return PresenceChanged(user_id=person, is_online=False)


def _free(person: str) -> Payload:
    return SubscriptionChanged(user_id=person, subscription_status=SubscriptionStatus.FREE)


# Of what is said of a subscription the newest word stands: one that comes when its end is long over
# (a payment that was tried again) makes it free right after that word, not before it.
_AFTER_THE_NEWEST_WORD: Final = """(
    SELECT max(said.time) + interval '1 microsecond' FROM user_facts AS said
    WHERE said.user_id = thing.id AND said.kind = 'subscription.changed'
)"""

STATES: Final = (
    Kind(
        name="invitations.expire",
        sentence="An invitation that nobody has answered or paid for by its expiry expires.",
        payload=_expired,
        table="invitations",
        moment="expires_at",
        stands="thing.status IN ('sent', 'payment_failed')",
    ),
    Kind(
        name="reconfirmations.lapse",
        sentence="A seat that wasn't confirmed again by the deadline after a change is given up.",
        payload=_expired,
        table="invitations",
        moment="reconfirm_by",
        stands="thing.status = 'pending_reconfirmation'",
    ),
    Kind(
        name="duos.expire",
        sentence="A duo that is still open at its expiry expires.",
        payload=lambda duo: DuoExpired(duo_id=duo),
        table="duos",
        moment="expires_at",
        stands="thing.status IN ('pending', 'active')",
    ),
    Kind(
        name="presence.end",
        sentence="Somebody who has been online without activity for 5 minutes is offline.",
        payload=_gone,
        table="users",
        moment="last_active_at",
        stands="thing.is_online",
        after=OFFLINE_AFTER,
    ),
    Kind(
        name="subscriptions.end",
        sentence="A premium or past_due subscription becomes free 3 days after its end.",
        payload=_free,
        table="users",
        moment="subscription_ends",
        stands=PAYING,
        after=SUBSCRIPTION_GRACE,
        not_before=_AFTER_THE_NEWEST_WORD,
    ),
    # No rule reads that it ended, so a photo remembers that it was said, as of reminders.
    Kind(
        name="badges.end",
        sentence="The badge of an authentic photo ends 12 months after the photo was added.",
        payload=lambda photo, person: PhotoBadgeEnded(photo_id=photo, user_id=person),
        table="profile_photos",
        moment="authentic_expires_at",
        stands="thing.is_authentic",
        ids=("id", "user_id"),
        said_for="badge_ended_for",
    ),
)
