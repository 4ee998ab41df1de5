"""A small evening in a few domain events: enough that every derived figure says something."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Engine
from sqlmodel import Session

from domain.attendance.payloads import AttendanceReported, AttendeeCheckedIn
from domain.boards.payloads import EventPhotoModerated, EventPhotoUploaded, EventPostCreated
from domain.catalogue import HANDLERS
from domain.connections.payloads import ConnectionUpdated
from domain.dispatch import apply_due
from domain.duos.payloads import DuoAccepted, DuoDeclined, DuoExpired, DuoProposed
from domain.envelope import Envelope, enclose
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
from domain.kudos.payloads import KudosGiven
from domain.messaging.payloads import ConversationStarted, MessageSent
from domain.outbox import publish_many
from domain.payload import Payload
from domain.payments.payloads import PaymentRefunded, PaymentSucceeded
from domain.profiles.payloads import (
    HostPhotoAdded,
    InterestsSelected,
    PersonaUpdated,
    ProfileLiked,
    ProfilePhotoAdded,
    PushTokenRegistered,
    SocialLinkAdded,
    SocialLinkShared,
)
from domain.ratings.payloads import RatingSubmitted
from domain.routing import route
from domain.safety.payloads import UserBlocked, UserUnblocked
from domain.tables.attendance import AttendanceStatus
from domain.tables.kudos import Kudo
from domain.tables.messaging import EventPhotoStatus
from domain.tables.profiles import HostPhotoType
from domain.tables.profiles import Platform as PushPlatform
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import (
    PresenceChanged,
    SubscriptionChanged,
    UserDeleted,
    UserRegistered,
    UserStatusChanged,
)
from tests.helpers.roles import acting_as
from workers.desk import WorkDesk

SOURCE = "/services/test"
START = datetime(2026, 3, 14, 18, tzinfo=UTC)
END = START + timedelta(hours=3)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def an_id(name: str) -> str:
    """The same UUID for the same name, so that a test can say whom it means."""
    return str(uuid5(NAMESPACE_URL, f"test {name}"))


@dataclass(slots=True)
class Diary:
    """Collects domain events; each has its place in the diary as its id."""

    pages: list[Envelope] = field(default_factory=list)

    def note(self, payload: Payload, time: datetime) -> Envelope:
        """Write down what happened and when."""
        number = f"{payload.NAME} {len(self.pages)}"
        self.pages.append(enclose(payload, source=SOURCE, time=time, id=an_id(number)))
        return self.pages[-1]

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

    def paired(
        self,
        duo: str,
        *people: str,
        at: datetime = START - 6 * DAY,
        expires_at: datetime | None = None,
    ) -> Envelope:
        """Have the first of two ask the second to come along to the next event."""
        initiator, partner = people
        return self.note(
            DuoProposed(
                duo_id=an_id(duo),
                initiator_id=an_id(initiator),
                partner_id=an_id(partner),
                expires_at=expires_at,
            ),
            at,
        )

    def agreed(self, duo: str, *, at: datetime = START - 5 * DAY) -> Envelope:
        """Have the other one agree."""
        return self.note(DuoAccepted(duo_id=an_id(duo)), at)

    def parted(self, duo: str, *, at: datetime) -> Envelope:
        """Have one of the two decline."""
        return self.note(DuoDeclined(duo_id=an_id(duo)), at)

    def lapsed(self, duo: str, *, at: datetime) -> Envelope:
        """Have the clock say that a duo's time is over."""
        return self.note(DuoExpired(duo_id=an_id(duo)), at)

    def blocked(self, blocker: str, blocked: str, *, at: datetime) -> Envelope:
        """Have somebody block somebody."""
        return self.note(UserBlocked(blocker_id=an_id(blocker), blocked_id=an_id(blocked)), at)

    def unblocked(self, blocker: str, blocked: str, *, at: datetime) -> Envelope:
        """Have somebody end a block."""
        return self.note(UserUnblocked(blocker_id=an_id(blocker), blocked_id=an_id(blocked)), at)

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

    def thanked(
        self, event: str, giver: str, receiver: str, kudo: Kudo, *, at: datetime = END + HOUR
    ) -> Envelope:
        """Have somebody thank somebody."""
        return self.note(
            KudosGiven(
                kudos_id=an_id(f"kudos {len(self.pages)}"),
                event_id=an_id(event),
                giver_id=an_id(giver),
                receiver_id=an_id(receiver),
                kudo=kudo,
            ),
            at,
        )

    def rated(self, event: str, rater: str, host_stars: int, event_stars: int) -> None:
        """Have somebody rate an event and its host."""
        self.note(
            RatingSubmitted(
                rating_id=an_id(f"rating {event} {rater}"),
                event_id=an_id(event),
                rater_id=an_id(rater),
                host_rating_value=host_stars,
                event_rating_value=event_stars,
                comment="Lovely",
            ),
            END + DAY,
        )

    def talked(
        self, one: str, other: str, *, at: datetime = END + DAY, name: str | None = None
    ) -> Envelope:
        """Have two people begin to talk; by default under an id that is made of their names."""
        return self.note(
            ConversationStarted(
                conversation_id=an_id(name or f"talk {one} {other}"),
                user_ids=[an_id(one), an_id(other)],
            ),
            at,
        )

    def said(self, talk: str, sender: str, message: str, *, at: datetime = END + 2 * DAY) -> None:
        """Have somebody say something; the message is its own name."""
        self.note(
            MessageSent(
                message_id=an_id(message),
                conversation_id=an_id(talk),
                sender_id=an_id(sender),
                content=message,
            ),
            at,
        )

    def posted(self, event: str, person: str, *, at: datetime = START - DAY) -> None:
        """Have somebody write on an event's board."""
        self.note(
            EventPostCreated(
                post_id=an_id(f"post {event} {person}"),
                event_id=an_id(event),
                user_id=an_id(person),
                content="See you!",
            ),
            at,
        )

    def photographed(self, event: str, person: str, *, at: datetime = END + HOUR) -> None:
        """Have somebody show a photo."""
        self.note(
            EventPhotoUploaded(
                photo_id=an_id(f"photo {event} {person}"),
                event_id=an_id(event),
                uploader_id=an_id(person),
                image_url="https://momento.app/photos/1.jpg",
            ),
            at,
        )

    def moderated(
        self, event: str, person: str, status: str, *, by: str, at: datetime = END + DAY
    ) -> None:
        """Have somebody decide who may see somebody's photo."""
        self.note(
            EventPhotoModerated(
                photo_id=an_id(f"photo {event} {person}"),
                status=EventPhotoStatus(status),
                moderator_id=an_id(by),
            ),
            at,
        )

    def remembered(
        self, event: str, owner: str, other: str, *, at: datetime = END + DAY, **said: object
    ) -> Envelope:
        """Have somebody write in their memory book."""
        return self.note(
            ConnectionUpdated.model_validate(
                {
                    "owner_id": an_id(owner),
                    "connected_user_id": an_id(other),
                    "event_id": an_id(event),
                    **said,
                }
            ),
            at,
        )

    def ended(self, event: str, *, ends_at: datetime = END) -> None:
        """Have an event completed and finalised."""
        self.note(EventCompleted(event_id=an_id(event)), ends_at + 2 * HOUR)
        self.note(EventFinalized(event_id=an_id(event)), ends_at + 26 * HOUR)


def show_themselves(diary: Diary) -> None:
    """Have Ada say who she is, Bo take over her phone, and Gus come, do likewise and leave."""
    diary.people("Gus")
    at, later = START - 50 * DAY, START - 49 * DAY
    for name in ("Ada", "Gus"):
        person = {"user_id": an_id(name)}
        url = f"https://pictures.example/{name}"
        photo, logo = an_id(f"photo {name}"), an_id(f"logo {name}")
        diary.note(ProfilePhotoAdded(photo_id=photo, **person, url=url, is_authentic=True), at)
        diary.note(
            HostPhotoAdded(
                photo_id=logo, host_id=an_id(name), url=url, photo_type=HostPhotoType.LOGO
            ),
            at,
        )
        diary.note(InterestsSelected(**person, interests=["Hiking ", "Soup"]), at)
        diary.note(PersonaUpdated(**person, career="Baker", interests=["Jazz"], mood="calm"), at)
        diary.note(
            SubscriptionChanged(**person, subscription_status=SubscriptionStatus.PREMIUM), at
        )
        diary.note(PresenceChanged(**person, is_online=True), at)
        diary.note(ProfileLiked(liker_id=an_id(name), liked_id=an_id("Dan")), at)
        link = {"platform": "instagram", "url": url}
        diary.note(SocialLinkAdded(link_id=an_id(f"link {name}"), **person, **link), at)
        share = {"sharer_id": an_id(name), "receiver_id": an_id("Dan")}
        diary.note(SocialLinkShared(**share, platform="instagram"), later)
        diary.phone(name, of=name, at=at)
    diary.phone("Ada", of="Bo", at=later)
    diary.note(UserDeleted(user_id=an_id("Gus")), later)


def an_evening() -> list[Envelope]:
    """Three events of Hanna's: one long ago, one that is told in full, one still to come.

    At the second, Ada checks in, Bo cancels late, Dan is voted present, Eve doesn't show up, Flo
    finds it full and gets her money back. Ada and Dan came as a duo, and Bo has declined Flo's.
    """
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan", "Eve", "Flo")
    show_themselves(diary)
    earlier, later = START - 10 * DAY, NOW + 30 * DAY
    diary.event("brunch", host="Hanna", seats=8, starts_at=earlier)
    for person in ("Ada", "Dan", "Eve"):
        diary.invited("brunch", person, at=earlier - 4 * DAY)
        diary.paid("brunch", person, at=earlier - 3 * DAY)
        diary.reported("brunch", person, by="Hanna", status="late", at=earlier + HOUR)
    diary.ended("brunch", ends_at=earlier + 3 * HOUR)
    diary.event("drinks", host="Hanna", seats=4)
    diary.paired("ada and dan", "Ada", "Dan")
    diary.agreed("ada and dan")
    diary.paired("flo and bo", "Flo", "Bo")
    diary.parted("flo and bo", at=START - 5 * DAY)
    for person in ("Ada", "Bo", "Dan", "Eve", "Flo"):
        duo = "ada and dan" if person in {"Ada", "Dan"} else None
        diary.invited("drinks", person, duo=duo)
        diary.paid("drinks", person, at=START - (1 if person == "Flo" else 3) * DAY)
    diary.note(
        PaymentRefunded(
            payment_id=an_id("payment drinks Bo"), stripe_refund_id="re_1", amount_in_cents=100
        ),
        START - HOUR,
    )
    diary.cancelled("drinks", "Bo", at=START - 5 * HOUR)
    diary.checked_in("drinks", "Ada", at=START + HOUR)
    diary.reported("drinks", "Dan", by="Ada", status="attended")
    diary.reported("drinks", "Dan", by="Eve", status="late", at=END - HOUR)
    diary.ended("drinks")
    for kudo in (Kudo.INSPIRING, Kudo.HELPFUL, Kudo.THOUGHTFUL):
        diary.thanked("drinks", "Dan", "Ada", kudo)
    diary.thanked("drinks", "Hanna", "Ada", Kudo.HELPFUL)
    diary.thanked("drinks", "Eve", "Ada", Kudo.HELPFUL)
    diary.rated("drinks", "Ada", 5, 4)
    diary.rated("drinks", "Dan", 4, 4)
    diary.rated("drinks", "Eve", 1, 1)
    _afterwards(diary)
    diary.event("picnic", host="Hanna", seats=2, starts_at=later)
    diary.people("Gus")
    diary.note(UserDeleted(user_id=an_id("Gus")), END + 3 * DAY)
    return diary.pages


def _afterwards(diary: Diary) -> None:
    """Ada and Dan talk and show photos; Ada writes about Dan, and about Bo, who didn't come."""
    diary.talked("Ada", "Dan")
    diary.talked("Dan", "Hanna")
    diary.said("talk Ada Dan", "Ada", "Hello")
    diary.said("talk Ada Dan", "Dan", "Hello yourself", at=END + 3 * DAY)
    diary.posted("drinks", "Ada")
    for person in ("Ada", "Dan"):
        diary.photographed("drinks", person)
    diary.moderated("drinks", "Ada", "pending_review", by="Hanna")
    diary.moderated("drinks", "Ada", "hidden_by_host", by="Hanna", at=END + 2 * DAY)
    diary.remembered("drinks", "Ada", "Dan", is_favorite=True, private_notes="Knows soup")
    diary.remembered("drinks", "Ada", "Dan", at=END + 2 * DAY, private_notes="Knows jazz")
    diary.remembered("drinks", "Ada", "Bo", wants_to_connect_again=True)


def publish(engine: Engine, pages: Sequence[Envelope]) -> None:
    """Publish without applying."""
    with Session(engine) as session, session.begin():
        publish_many(session, pages)


def settle(engine: Engine, *, now: datetime | None = None, limit: int = 500) -> None:
    """Route and apply until nothing is due."""
    moment = now or datetime.now(UTC)
    with WorkDesk(acting_as(engine, "worker")) as desk:
        busy = True
        while busy:
            with desk.transaction() as session:
                busy = route(session, limit=1_000, now=moment)[0] > 0
            for handler in HANDLERS.values():
                busy |= apply_due(desk.desk, handler, limit=limit, now=moment).claimed > 0


def tell(engine: Engine, pages: Sequence[Envelope]) -> None:
    """Publish and apply."""
    publish(engine, pages)
    settle(engine)
