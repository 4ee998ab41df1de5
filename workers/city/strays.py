"""Strays: what refers to somebody or something that never came to be."""

from datetime import date, datetime, timedelta

from domain.attendance.payloads import AttendanceReported, AttendeeCheckedIn
from domain.gatherings.payloads import EventCancelled, EventUpdated
from domain.invitations.payloads import InvitationDeclined, InvitationSent
from domain.kudos.payloads import KudosGiven
from domain.payments.payloads import PaymentRefunded
from domain.ratings.payloads import RatingSubmitted
from domain.tables.attendance import AttendanceStatus
from domain.tables.kudos import Kudo
from domain.users.payloads import UserUpdated
from workers.city.gatherings import announce, itinerary
from workers.city.model import City, Gathering, Guest, Person, Version
from workers.city.money import pay
from workers.city.people import make_person, register

CHILD_YEARS = 15


def send_away_a_child(city: City) -> None:
    """Somebody under age registers, is refused, and so is all that refers to them."""
    chance, diary = city.chance, city.diary
    child = make_person(city)
    child.birth_date = date(city.today.year - CHILD_YEARS, 1, 1)
    register(city, child)
    at = child.joined_at + timedelta(hours=1)
    diary.note(UserUpdated(user_id=child.id, last_name="Small"), at)
    gathering = chance.one(city.gatherings)
    guest = _ask(city, gathering, child)
    diary.note(InvitationDeclined(invitation_id=guest.invitation_id), guest.invited_at)
    diary.note(
        AttendanceReported(
            event_id=gathering.id,
            user_id=child.id,
            reporter_id=gathering.host.id,
            status=AttendanceStatus.ATTENDED,
        ),
        gathering.ends_at,
    )
    _host_in_vain(city, child)


def plan_after_leaving(city: City, host: Person) -> None:
    """Plan an evening after having left: that one stands, whatever is said of the host later."""
    assert host.left_at is not None
    _plan_alone(city, host, published_at=host.left_at + timedelta(hours=8))


def _host_in_vain(city: City, child: Person) -> None:
    """Plan an evening that is refused with its host, and ask somebody who pays for it."""
    refused = _plan_alone(city, child, published_at=city.ago(20, 30))
    guest = _ask(city, refused, city.chance.one(city.sociable))
    picnic = EventUpdated(event_id=refused.id, title="A picnic")
    city.diary.note(picnic, refused.published_at + timedelta(days=1))
    _afterwards(city, refused.id, guest.person)


def _plan_alone(city: City, host: Person, *, published_at: datetime) -> Gathering:
    """Plan an evening to which nobody is asked so far."""
    alone = Gathering(
        id=city.chance.id(),
        host=host,
        co_hosts=[],
        published_at=published_at,
        places=city.chance.some(city.places, 1),
        seats=8,
        fee_in_cents=700,
        asked=[],
    )
    alone.versions = [
        Version(published_at, itinerary(alone.places, published_at + timedelta(days=14)))
    ]
    announce(city, alone)
    return alone


def _ask(city: City, gathering: Gathering, person: Person) -> Guest:
    """Invite somebody in vain; they pay, and the money goes back."""
    invited_at = gathering.published_at + timedelta(hours=3)
    guest = Guest(person, city.chance.id(), invited_at, invited_at + timedelta(days=3))
    said = InvitationSent(
        invitation_id=guest.invitation_id,
        event_id=gathering.id,
        user_id=person.id,
        expires_at=guest.expires_at,
    )
    city.diary.note(said, invited_at)
    pay(city, gathering, guest, invited_at + timedelta(hours=2))
    return guest


def _afterwards(city: City, event_id: str, person: Person) -> None:
    """Check in at, rate and thank for an evening that never was."""
    chance, at = city.chance, city.ago(1, 5)
    here = {"latitude": 40.7, "longitude": -74.0}
    came = AttendeeCheckedIn(event_id=event_id, user_id=person.id, **here)
    rated = RatingSubmitted(
        rating_id=chance.id(),
        event_id=event_id,
        rater_id=person.id,
        host_rating_value=5,
        event_rating_value=5,
    )
    thanked = KudosGiven(
        kudos_id=chance.id(),
        event_id=event_id,
        giver_id=person.id,
        receiver_id=chance.one(city.sociable).id,
        kudo=Kudo.INSPIRING,
    )
    for said in (came, rated, thanked):
        city.diary.note(said, at, actor=person.id)


def speak_of_strangers(city: City) -> None:
    """Speak of people, evenings and payments of which nobody ever heard: these wait in vain."""
    chance, diary = city.chance, city.diary
    _afterwards(city, chance.id(), chance.one(city.sociable))
    diary.note(UserUpdated(user_id=chance.id(), last_name="Nobody"), city.ago(1, 30))
    diary.note(
        EventCancelled.model_validate({"event_id": chance.id(), "cancelled_by": "host"}),
        city.ago(1, 30),
    )
    refund = PaymentRefunded(payment_id=chance.id(), stripe_refund_id="re_0", amount_in_cents=500)
    diary.note(refund, city.ago(1, 30))


def invite_a_host(city: City) -> None:
    """Invite a host to their own evening: refused, and the money goes back."""
    gathering = city.chance.one(city.gatherings)
    _ask(city, gathering, gathering.host)
