"""What tests tell: a diary, in which people, their events and their seats go by names."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.attendance.payloads import AttendanceReported, AttendeeCheckedIn
from domain.envelope import Envelope
from domain.gatherings.payloads import (
    Collaborator,
    EventCompleted,
    EventFinalized,
    EventPublished,
    EventUpdated,
    LocationAdded,
    Stop,
)
from domain.invitations.payloads import InvitationCancelled, InvitationDeclined, InvitationSent
from domain.payments.payloads import PaymentSucceeded
from domain.profiles.payloads import PushTokenRegistered
from domain.tables.attendance import AttendanceStatus
from domain.tables.profiles import Platform as PushPlatform
from domain.users.payloads import UserRegistered, UserStatusChanged
from tests.helpers.company import Company
from tests.helpers.pages import DAY, END, HOUR, START, an_id


@dataclass(slots=True)
class Diary(Company):
    """Collects what hosts, guests and the clock do, and what people do with one another."""

    def people(self, *names: str) -> None:
        """Have people sign up."""
        for name in names:
            self.note(
                UserRegistered(
                    user_id=an_id(name),
                    clerk_id=name,
                    birth_date=date(1990, 5, 1),
                    first_name=name,
                    phone_number="+4915112345678",
                ),
                START - 60 * DAY,
            )
            self.note(
                UserStatusChanged.model_validate({"user_id": an_id(name), "status": "active"}),
                START - 59 * DAY,
            )

    def phone(self, name: str, *, of: str, at: datetime) -> None:
        """Have somebody sign in on a phone; it goes by the name of its first owner."""
        self.note(
            PushTokenRegistered(
                token_id=an_id(f"phone {name} {of}"),
                user_id=an_id(of),
                token=f"ExponentPushToken[{name}]",
                platform=PushPlatform.IOS,
            ),
            at,
        )

    def event(
        self, name: str, *, host: str, seats: int, starts_at: datetime = START, least: int = 1
    ) -> None:
        """Have an event of two stops announced, with Cleo as its co-host."""
        place = an_id("place")
        self.note(
            LocationAdded(location_id=place, name="Bar", latitude=40.0, longitude=-74.0),
            START - 50 * DAY,
        )
        middle, end = starts_at + HOUR, starts_at + 3 * HOUR
        stops = [
            Stop(location_id=place, order=order, title="Stop", start_time=begins, end_time=finishes)
            for order, begins, finishes in ((1, starts_at, middle), (2, middle, end))
        ]
        self.note(
            EventPublished(
                event_id=an_id(name),
                host_id=an_id(host),
                title="Drinks",
                description="In company",
                min_attendees=least,
                max_attendees=seats,
                confirmation_fee=500,
                itinerary=stops,
                collaborators=[Collaborator(role="Co-Host", user_id=an_id("Cleo"))],
            ),
            starts_at - 40 * DAY,
        )

    def moved(
        self, event: str, *, at: datetime, starts_at: datetime = START, ends_at: datetime = END
    ) -> Envelope:
        """Have an event's plan changed to a single stop."""
        stop = Stop(
            location_id=an_id("place"),
            order=1,
            title="Stop",
            start_time=starts_at,
            end_time=ends_at,
        )
        return self.note(EventUpdated(event_id=an_id(event), itinerary=[stop]), at)

    def invited(
        self,
        event: str,
        person: str,
        *,
        at: datetime = START - 4 * DAY,
        expires_at: datetime | None = None,
        duo: str | None = None,
    ) -> None:
        """Have somebody invited, on their own or with a duo of theirs."""
        self.note(
            InvitationSent(
                invitation_id=an_id(f"{event} {person}"),
                event_id=an_id(event),
                user_id=an_id(person),
                duo_id=None if duo is None else an_id(duo),
                expires_at=expires_at,
            ),
            at,
        )

    def paid(self, event: str, person: str, *, at: datetime = START - 3 * DAY) -> None:
        """Have somebody pay for their seat."""
        self.note(
            PaymentSucceeded(
                payment_id=an_id(f"payment {event} {person}"),
                user_id=an_id(person),
                event_id=an_id(event),
                invitation_id=an_id(f"{event} {person}"),
                amount_in_cents=500,
                currency="usd",
                stripe_payment_intent_id=f"pi_{event}_{person}",
                stripe_charge_id=f"ch_{event}_{person}",
            ),
            at,
        )

    def seated(self, event: str, *people: str, duo: str | None = None) -> None:
        """Have people invited, and pay for their seats."""
        for person in people:
            self.invited(event, person, duo=duo)
            self.paid(event, person)

    def attended(self, event: str, *people: str, duo: str | None = None) -> None:
        """Have people take seats and come, as Hanna says, who hosts."""
        for person in people:
            self.seated(event, person, duo=duo)
            self.reported(event, person, by="Hanna", status="attended")

    def declined(self, event: str, person: str, *, at: datetime) -> None:
        """Have somebody say no."""
        self.note(InvitationDeclined(invitation_id=an_id(f"{event} {person}")), at)

    def cancelled(self, event: str, person: str, *, at: datetime) -> None:
        """Have somebody give up their seat."""
        self.note(InvitationCancelled(invitation_id=an_id(f"{event} {person}")), at)

    def checked_in(self, event: str, person: str, *, at: datetime) -> None:
        """Have somebody check in at the door."""
        self.note(
            AttendeeCheckedIn(
                event_id=an_id(event), user_id=an_id(person), latitude=40.001, longitude=-74.0
            ),
            at,
        )

    def reported(
        self, event: str, person: str, *, by: str, status: str, at: datetime = END
    ) -> None:
        """Have somebody say whether somebody came."""
        self.note(
            AttendanceReported.model_validate(
                {
                    "event_id": an_id(event),
                    "user_id": an_id(person),
                    "reporter_id": an_id(by),
                    "status": AttendanceStatus(status),
                }
            ),
            at,
        )

    def ended(self, event: str, *, ends_at: datetime = END) -> None:
        """Have an event completed and finalised."""
        self.note(EventCompleted(event_id=an_id(event)), ends_at + 2 * HOUR)
        self.note(EventFinalized(event_id=an_id(event)), ends_at + 26 * HOUR)
