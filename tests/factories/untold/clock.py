"""What the clock and the workers say of the city's events and people, which only tells somebody."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from domain.duos.payloads import DuoExpiryNear
from domain.envelope import Envelope
from domain.gatherings.payloads import EventReconfirmationRequested, EventReminderDue
from domain.invitations.payloads import InvitationExpiryNear
from domain.payload import Payload
from domain.profiles.payloads import PhotoBadgeEndNear
from domain.safety.payloads import UserSuspended
from domain.users.payloads import SubscriptionEndNear
from tests.factories.untold.saying import say

INVITATIONS = 5
HOUR = timedelta(hours=1)


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Remind people of events, of a few invitations, and of what they have that ends.

    Not in every city does a plan change after somebody has a seat, nor is anybody suspended.
    """
    until = max(page.time for page in city)
    told: list[Envelope] = []
    for page in _of("event.published", city):
        for hours in (24, 2):
            said = EventReminderDue(event_id=page.subject, hours_before=hours)
            told.append(say(said, at=_starts(page) - hours * HOUR, name=f"{hours} hours"))
    invitations = _of("invitation.sent", city)
    for page in draw.sample(invitations, min(INVITATIONS, len(invitations))):
        near = InvitationExpiryNear(invitation_id=page.subject)
        told.append(say(near, at=page.time + 42 * HOUR, name="near"))
        told.append(say(_asked_again(page), at=page.time + HOUR, name="again"))
    person = draw.choice(_of("user.registered", city)).subject
    of_somebody: tuple[Payload, ...] = (
        DuoExpiryNear(duo_id=person),
        PhotoBadgeEndNear(photo_id=person, user_id=person),
        SubscriptionEndNear(user_id=person),
        UserSuspended(user_id=person, report_id=person),
    )
    told += [say(said, at=until, name="ends") for said in of_somebody]
    return [page for page in told if page.time <= until]


def _asked_again(sent: Envelope) -> Payload:
    data = json.loads(sent.data)
    return EventReconfirmationRequested(
        invitation_id=sent.subject,
        event_id=data["event_id"],
        user_id=data["user_id"],
        deadline=sent.time + 12 * HOUR,
    )


def _of(name: str, city: Sequence[Envelope]) -> list[Envelope]:
    return [page for page in city if page.type == f"app.momento.{name}.v1"]


def _starts(published: Envelope) -> datetime:
    stops = json.loads(published.data)["itinerary"]
    return min(datetime.fromisoformat(stop["start_time"]) for stop in stops)
