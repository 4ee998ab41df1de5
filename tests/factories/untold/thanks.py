"""An evening after which somebody is widely thanked, somebody else nearly so."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import cycle, islice
from random import Random
from typing import Any

from domain.catalogue import TYPES
from domain.envelope import Envelope
from domain.invitations.payloads import InvitationSent
from domain.tables.kudos import Kudo
from domain.tables.users import UserStatus
from domain.users.payloads import UserDeleted, UserStatusChanged
from tests.factories.untold.safety import blocked_pairs
from tests.factories.untold.saying import say
from tests.helpers.pages import an_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BARRING = {UserStatus.PAUSED, UserStatus.SUSPENDED, UserStatus.BANNED}
# Who is thanked: by how many others, and how often in all.
THANKS = ((5, 10), (6, 14), (4, 12), (5, 9))


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have people who are asked elsewhere in the city meet once more."""
    left = {page.subject for page in city if page.type == UserDeleted.TYPE}
    barred = {
        page.subject
        for page in city
        if page.type == UserStatusChanged.TYPE
        and UserStatusChanged.parse(page.data).status in BARRING
    }
    asked = {
        InvitationSent.parse(page.data).user_id for page in city if page.type == InvitationSent.TYPE
    }
    # Whom a block bars from an invitation is decided when that is heard of.
    blocked = {person for pair in blocked_pairs(city) for person in pair}
    host = draw.choice(sorted(asked - barred - left - blocked))
    guests = draw.sample(sorted(asked - barred - left - {host}), 7)
    start = city[-1].time.replace(minute=0, second=0, microsecond=0) - 4 * DAY
    evening = _Evening(host, guests, start, an_id(f"evening of thanks {host} {draw.random()}"))
    return [*evening.announced(), *evening.attended(draw), *evening.thanked(draw)]


class _Evening:
    def __init__(self, host: str, guests: list[str], start: datetime, event: str) -> None:
        self.host, self.guests, self.start, self.event = host, guests, start, event
        self._number = 0

    def announced(self) -> Iterator[Envelope]:
        place = self._id("place")
        spot = {"name": "Hall", "latitude": 40.5, "longitude": -73.5}
        yield self._say("location.added", -20 * DAY, location_id=place, **spot)
        stop = {"location_id": place, "order": 1, "title": "Hall"}
        times = {"start_time": self.start, "end_time": self.start + 3 * HOUR}
        yield self._say(
            "event.published",
            -20 * DAY,
            event_id=self.event,
            host_id=self.host,
            title="Thanks",
            description="A dinner",
            min_attendees=2,
            max_attendees=12,
            confirmation_fee=500,
            itinerary=[{**stop, **times}],
        )

    def attended(self, draw: Random) -> Iterator[Envelope]:
        for guest in self.guests:
            asked = {"invitation_id": self._id(f"invitation {guest}"), "event_id": self.event}
            yield self._say("invitation.sent", -19 * DAY, **asked, user_id=guest)
            charge = {"amount_in_cents": 500, "currency": "usd", "stripe_payment_intent_id": "pi"}
            yield self._say(
                "payment.succeeded",
                -18 * DAY,
                payment_id=self._id(f"payment {guest}"),
                user_id=guest,
                **asked,
                **charge,
                stripe_charge_id=self._id(f"charge {guest}"),
            )
            yield self._report(guest, "attended", 2 * HOUR)
        if draw.random() < 0.5:
            yield self._report(draw.choice(self.guests), "no_show", 50 * HOUR)
        yield self._say("event.completed", 5 * HOUR, event_id=self.event)

    def thanked(self, draw: Random) -> Iterator[Envelope]:
        for receiver, (others, kudos) in zip(self.guests, THANKS, strict=False):
            givers = draw.sample(sorted({self.host, *self.guests} - {receiver}), others)
            for number, giver in enumerate(islice(cycle(givers), kudos)):
                yield self._say(
                    "kudos.given",
                    (5 + number) * HOUR,
                    kudos_id=self._id(f"kudos {receiver} {number}"),
                    event_id=self.event,
                    giver_id=giver,
                    receiver_id=receiver,
                    kudo=list(Kudo)[number // others],
                )

    def _report(self, guest: str, status: str, after: timedelta) -> Envelope:
        about = {"event_id": self.event, "user_id": guest, "reporter_id": self.host}
        return self._say("attendance.reported", after, **about, status=status)

    def _say(self, name: str, after: timedelta, /, **said: Any) -> Envelope:
        payload = TYPES[f"app.momento.{name}.v1"].model_validate(said)
        self._number += 1
        return say(payload, at=self.start + after, name=f"thanks {self._number}")

    def _id(self, name: str) -> str:
        return an_id(f"{self.event} {name}")
