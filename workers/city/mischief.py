"""Mischief: whatever depends on who was first, or on what was known at the moment."""

from datetime import timedelta

from domain.gatherings.payloads import EventUpdated
from domain.invitations.payloads import InvitationSent
from domain.payments.payloads import PaymentSucceeded
from domain.tables.users import UserStatus
from domain.users.payloads import UserDeleted, UserRegistered, UserStatusChanged
from workers.city.diary import STRIPE
from workers.city.gatherings import itinerary
from workers.city.guests import expire
from workers.city.model import City, Gathering, Guest, Person
from workers.city.money import CURRENCY, at_stripe, pay


def contest(city: City) -> None:
    """Play tricks on a part of the city."""
    chance = city.chance
    _take_a_clerk_id(city, chance.one(city.people))
    for person in chance.each(city.sociable, 0.02):
        _bar(city, person)
    for person in chance.each(city.sociable, 0.01):
        city.diary.note(UserDeleted(user_id=person.id), city.ago(1, 40), actor=person.id)
    for gathering in city.gatherings:
        _contest_gathering(city, gathering)


def _contest_gathering(city: City, gathering: Gathering) -> None:
    chance = city.chance
    if chance.happens(0.04):
        _narrow(city, gathering)
    if chance.happens(0.08):
        _move_at_the_last_hour(city, gathering)
    for guest in chance.each(gathering.guests, 0.03):
        _invite_again(city, gathering, guest)
    for guest in chance.each([one for one in gathering.guests if one.payment_id], 0.04):
        pay(city, gathering, guest, guest.invited_at + chance.hours(1, 60))
    for guest in chance.each(gathering.guests, 0.02):
        _pay_for_somebody_else(city, gathering, guest)
    for guest in chance.each(gathering.guests, 0.03):
        pay(city, gathering, guest, guest.expires_at + chance.hours(0.1, 30))
    for guest in chance.each(gathering.guests, 0.04):
        expire(city, guest, guest.expires_at + chance.hours(0, 200))


def _take_a_clerk_id(city: City, person: Person) -> None:
    """Register a second account with somebody's clerk_id."""
    said = UserRegistered(
        user_id=city.chance.id(), clerk_id=person.clerk_id, birth_date=person.birth_date
    )
    city.diary.note(said, person.joined_at + timedelta(days=1))


def _bar(city: City, person: Person) -> None:
    """Pause, suspend or ban somebody for a few days."""
    chance = city.chance
    status = chance.one([UserStatus.PAUSED, UserStatus.SUSPENDED, UserStatus.BANNED])
    at = city.ago(2, 50)
    said = UserStatusChanged(user_id=person.id, status=status, reason="three complaints")
    city.diary.note(said, at)
    back = UserStatusChanged(user_id=person.id, status=UserStatus.ACTIVE)
    city.diary.note(back, at + chance.days(2, 9))


def _narrow(city: City, gathering: Gathering) -> None:
    """Leave fewer seats and fewer ages than were announced."""
    said = EventUpdated(event_id=gathering.id, max_attendees=2, min_attendees=1, age_min=30)
    city.diary.note(said, gathering.published_at + city.chance.days(0.1, 6))


def _move_at_the_last_hour(city: City, gathering: Gathering) -> None:
    """Move the start by a day, so that late becomes early, or the reverse."""
    chance = city.chance
    shift = timedelta(hours=chance.one([-26, 20]))
    stops = itinerary(gathering.places, gathering.starts_at + shift)
    said = EventUpdated(event_id=gathering.id, itinerary=list(stops))
    city.diary.note(said, gathering.starts_at - chance.hours(28, 60), actor=gathering.host.id)


def _invite_again(city: City, gathering: Gathering, guest: Guest) -> None:
    """Invite somebody a second time to one evening."""
    said = InvitationSent(
        invitation_id=city.chance.id(), event_id=gathering.id, user_id=guest.person.id
    )
    city.diary.note(said, guest.invited_at + city.chance.hours(1, 30))


def _pay_for_somebody_else(city: City, gathering: Gathering, guest: Guest) -> None:
    """Pay for an invitation that is another person's, or with a charge that is another's."""
    chance = city.chance
    payment = chance.id()
    charge = chance.one([payment, guest.payment_id or payment])
    said = PaymentSucceeded(
        payment_id=payment,
        user_id=chance.one(city.sociable).id,
        event_id=gathering.id,
        invitation_id=guest.invitation_id,
        amount_in_cents=gathering.fee_in_cents,
        currency=CURRENCY,
        stripe_payment_intent_id=at_stripe("pi", payment),
        stripe_charge_id=at_stripe("ch", charge),
    )
    city.diary.note(said, guest.invited_at + chance.hours(1, 40), source=STRIPE)
