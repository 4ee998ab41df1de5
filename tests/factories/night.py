"""A day in which thousands of things become due, told with all that comes before it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from domain.duos.payloads import DuoProposed
from domain.envelope import Envelope, enclose
from domain.gatherings.payloads import (
    EventCompleted,
    EventPublished,
    EventUpdated,
    LocationAdded,
    Stop,
)
from domain.invitations.payloads import InvitationDeclined, InvitationSent
from domain.payload import Payload
from domain.payments.payloads import PaymentSucceeded
from domain.profiles.payloads import ProfilePhotoAdded
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import PresenceChanged, SubscriptionChanged, UserRegistered
from tests.helpers.pages import DAY, HOUR, START, an_id

LASTS: Final = DAY
# Of so many people of each event's guests the first ones have paid.
SEATED: Final = 3
BEFORE_THE_START: Final = 0.9
MORNING: Final = START + LASTS
PLACE: Final = an_id("place")
# Who has something ahead in the morning.
GUESTS: Final = ("Ada", "Bo", "Cy", "Di", "Em", "Fay")


class Night:
    """Tells it for so many people, with an event for each fifty of them."""

    def __init__(self, people: int) -> None:
        self._people = [an_id(f"person {number}") for number in range(people)]
        self._events = [an_id(f"event {number}") for number in range(max(6, people // 50))]
        self._draw = Random(people)

    def tell(self) -> list[Envelope]:
        """Everything, in the order in which things refer to one another."""
        return [
            enclose(payload, source="/test", time=time, id=self._id())
            for payload, time in self._story()
        ]

    def meanwhile(self) -> list[Envelope]:
        """What people do in that night, in order; what is still ahead then is changed by it."""
        changes = sorted(self._changes(), key=lambda change: change[1])
        return [
            enclose(payload, source="/test", time=time, id=f"meanwhile {number}")
            for number, (payload, time) in enumerate(changes)
        ]

    def _id(self) -> str:
        return str(UUID(int=self._draw.getrandbits(128)))

    def _sometime(self) -> datetime:
        """A moment of the night, to the second."""
        return START + timedelta(seconds=self._draw.randrange(int(LASTS.total_seconds())))

    def _story(self) -> Iterator[tuple[Payload, datetime]]:
        for number, person in enumerate(self._people):
            registered = UserRegistered(
                user_id=person, clerk_id=f"night {number}", birth_date=date(1990, 5, 1)
            )
            yield registered, START - 500 * DAY
        yield from self._lives()
        yield from self._pairs()
        yield LocationAdded(location_id=PLACE, name="Bar", latitude=40, longitude=-74), START - DAY
        for number, event in enumerate(self._events):
            yield from self._evening(number, event)
        yield from self._ahead()

    def _lives(self) -> Iterator[tuple[Payload, datetime]]:
        """Who is online, pays, and has an authentic photo."""
        for number, person in enumerate(self._people):
            yield PresenceChanged(user_id=person, is_online=True), self._sometime() - DAY
            # Of one half it ends; the other is to be told that it will.
            ends = self._sometime() + (-3 * DAY if number % 2 else 3 * DAY)
            paid = SubscriptionChanged(
                user_id=person,
                subscription_status=SubscriptionStatus.PREMIUM,
                subscription_ends=ends,
            )
            yield paid, START - 30 * DAY
            added = self._sometime()
            photo = ProfilePhotoAdded(
                photo_id=self._id(), user_id=person, url="https://a.b/c", is_authentic=True
            )
            yield photo, added.replace(year=added.year - 1)

    def _pairs(self) -> Iterator[tuple[Payload, datetime]]:
        for one, other in zip(self._people[::2], self._people[1::2], strict=False):
            proposed = DuoProposed(
                duo_id=self._id(),
                initiator_id=one,
                partner_id=other,
                expires_at=self._sometime(),
            )
            yield proposed, START - 6 * DAY

    def _ahead(self) -> Iterator[tuple[Payload, datetime]]:
        """What is still to come when the night is over, and is to be reminded of."""
        ada, bo = an_id("Ada"), an_id("Bo")
        for person in map(an_id, GUESTS):
            registered = UserRegistered(
                user_id=person, clerk_id=person, birth_date=date(1990, 5, 1)
            )
            yield registered, START - 500 * DAY
        proposed = DuoProposed(
            duo_id=self._id(), initiator_id=ada, partner_id=bo, expires_at=MORNING + HOUR
        )
        yield proposed, START - 6 * DAY
        photo = ProfilePhotoAdded(
            photo_id=self._id(), user_id=ada, url="https://a.b/c", is_authentic=True
        )
        added = MORNING + 13 * DAY
        yield photo, added.replace(year=added.year - 1)
        for event, hours in (("brunch", 2), ("picnic", 6), ("dinner", 10), ("walk", 14)):
            yield self._published(an_id(event), ada, MORNING + hours * HOUR, least=1)
        for guest in GUESTS[1:3]:
            yield (
                InvitationSent(
                    invitation_id=an_id(f"brunch {guest}"),
                    event_id=an_id("brunch"),
                    user_id=an_id(guest),
                    expires_at=MORNING + HOUR,
                ),
                START - 25 * DAY,
            )

    def _changes(self) -> Iterator[tuple[Payload, datetime]]:
        """Of each kind something in time for its reminder, and something too late for it."""
        yield self._published(an_id("supper"), an_id("Ada"), MORNING + 8 * HOUR, hours_before=29)
        yield self._published(an_id("show"), an_id("Ada"), MORNING + 9 * HOUR, hours_before=21)
        for event, later, hour in (("picnic", 12, 5), ("walk", 16, 20)):
            stop = _stop(MORNING + later * HOUR)
            yield EventUpdated(event_id=an_id(event), itinerary=[stop]), START + hour * HOUR
        for guest, hour in (("Em", 2), ("Fay", 22)):
            yield (
                InvitationSent(
                    invitation_id=an_id(f"dinner {guest}"),
                    event_id=an_id("dinner"),
                    user_id=an_id(guest),
                    expires_at=MORNING + 2 * HOUR,
                ),
                START + hour * HOUR,
            )
        yield InvitationDeclined(invitation_id=an_id("brunch Cy")), START + 21 * HOUR
        for pair, hour in ((("Cy", "Di"), 4), (("Em", "Fay"), 6)):
            one, other = map(an_id, pair)
            yield (
                DuoProposed(
                    duo_id=an_id(f"pair {hour}"),
                    initiator_id=one,
                    partner_id=other,
                    expires_at=MORNING + 5 * HOUR,
                ),
                START + hour * HOUR,
            )
        for guest, hour in (("Cy", 6), ("Di", 12)):
            yield (
                SubscriptionChanged(
                    user_id=an_id(guest),
                    subscription_status=SubscriptionStatus.PREMIUM,
                    subscription_ends=START + 3 * DAY + 10 * HOUR,
                ),
                START + hour * HOUR,
            )

    def _published(
        self,
        event: str,
        host: str,
        starts_at: datetime,
        *,
        least: int = 1,
        hours_before: int = 30 * 24,
    ) -> tuple[Payload, datetime]:
        published = EventPublished(
            event_id=event,
            host_id=host,
            title="Drinks",
            description="In company",
            min_attendees=least,
            max_attendees=1_000,
            confirmation_fee=500,
            itinerary=[_stop(starts_at)],
        )
        return published, starts_at - hours_before * HOUR

    def _evening(self, number: int, event: str) -> Iterator[tuple[Payload, datetime]]:
        """One event in the night; of each six, two have too few, one moves and one is over."""
        starts_at = self._sometime() - (2 * DAY if number % 6 == 0 else timedelta(0))
        host = self._people[number % len(self._people)]
        least = SEATED + (1 if number % 6 in (1, 2) else 0)
        yield self._published(event, host, starts_at, least=least)
        guests = [self._people[(number + 1 + 7 * k) % len(self._people)] for k in range(100)]
        for place, guest in enumerate(dict.fromkeys(guests)):
            if guest != host:
                seated = place <= SEATED
                yield from self._invited(event, guest, starts_at, seated=seated and place > 0)
        if number % 6 == 3:
            moved = EventUpdated(event_id=event, itinerary=[_stop(starts_at + HOUR)])
            yield moved, starts_at - 20 * HOUR
        if number % 6 == 0:
            yield EventCompleted(event_id=event), starts_at + 5 * HOUR

    def _expiry(self, starts_at: datetime) -> datetime:
        """Mostly before the start; one in ten may be answered whenever."""
        expires_at = self._sometime()
        if self._draw.random() < BEFORE_THE_START:
            expires_at = min(expires_at, max(START, starts_at - HOUR))
        return expires_at

    def _invited(
        self,
        event: str,
        guest: str,
        starts_at: datetime,
        *,
        seated: bool,
        expires_at: datetime | None = None,
    ) -> Iterator[tuple[Payload, datetime]]:
        invitation = self._id()
        sent = InvitationSent(
            invitation_id=invitation,
            event_id=event,
            user_id=guest,
            expires_at=expires_at or self._expiry(starts_at),
        )
        yield sent, starts_at - 25 * DAY
        if seated:
            paid = PaymentSucceeded(
                payment_id=self._id(),
                user_id=guest,
                event_id=event,
                invitation_id=invitation,
                amount_in_cents=500,
                currency="usd",
                stripe_payment_intent_id=f"pi_{invitation}",
                stripe_charge_id=f"ch_{invitation}",
            )
            yield paid, starts_at - 24 * DAY


def _stop(starts_at: datetime) -> Stop:
    return Stop(
        location_id=PLACE,
        order=1,
        title="Bar",
        start_time=starts_at,
        end_time=starts_at + 2 * HOUR,
    )
