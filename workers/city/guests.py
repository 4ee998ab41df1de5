"""Guests: invited, they pay, decline or let it lapse; some reconsider when plans change."""

from datetime import datetime, timedelta

from domain.invitations.payloads import (
    InvitationCancelled,
    InvitationDeclined,
    InvitationExpired,
    InvitationReconfirmed,
    InvitationSent,
)
from domain.tables.invitations import DeclineReason
from workers.city.diary import CLOCK
from workers.city.model import City, Gathering, Guest, Person
from workers.city.money import pay, pay_in_vain

ANSWERS = {
    "pays": 62,
    "pays at the second try": 10,
    "fails to pay": 4,
    "declines": 14,
    "lets it expire": 6,
    "is silent": 4,
}
SECOND_THOUGHTS = {"none": 86, "early": 6, "late": 6, "after the start": 2}
MINUTE = timedelta(minutes=1)
RECONFIRMATION_ENDS = timedelta(hours=49)


def invite(city: City, gathering: Gathering) -> None:
    """Ask everybody who is to be asked, and let each answer."""
    for person in gathering.asked:
        guest = ask(city, gathering, person)
        answer(city, gathering, guest)


def ask(
    city: City, gathering: Gathering, person: Person, *, expires_at: datetime | None = None
) -> Guest:
    """Send an invitation with its own expiry; a contested one may leave it to the rule."""
    chance = city.chance
    invited_at = gathering.published_at + chance.hours(1, 60)
    usual = invited_at + chance.days(3, 5)
    guest = Guest(person, chance.id(), invited_at, expires_at or usual)
    unless_left_out = None if city.contested and chance.happens(0.3) else guest.expires_at
    said = InvitationSent(
        invitation_id=guest.invitation_id,
        event_id=gathering.id,
        user_id=person.id,
        match_reason=chance.one([None, "You both like soup.", "Close to your home."]),
        expires_at=unless_left_out,
    )
    city.diary.note(said, invited_at)
    gathering.guests.append(guest)
    return guest


def answer(city: City, gathering: Gathering, guest: Guest) -> None:
    """Pay, pay at the second try, fail to pay, say no, or say nothing."""
    chance = city.chance
    at = guest.invited_at + chance.hours(1, 46)
    match chance.by(ANSWERS):
        case "pays":
            pay(city, gathering, guest, at)
        case "pays at the second try":
            failed = pay_in_vain(city, gathering, guest, at - chance.hours(0, 1))
            pay(city, gathering, guest, at, payment_id=chance.one([failed, chance.id()]))
        case "fails to pay":
            pay_in_vain(city, gathering, guest, at)
            expire(city, guest, guest.expires_at)
        case "declines":
            decline(city, guest, at)
        case "lets it expire":
            expire(city, guest, guest.expires_at + chance.hours(0, 1))
    if guest.paid_at is not None:
        _say_something_void(city, gathering, guest)


def _say_something_void(city: City, gathering: Gathering, guest: Guest) -> None:
    """Say now and then what has no effect on somebody who has paid."""
    chance = city.chance
    assert guest.paid_at is not None
    if chance.happens(0.04):
        decline(city, guest, guest.paid_at + chance.hours(1, 20))
    if chance.happens(0.03):
        reconfirmed = InvitationReconfirmed(invitation_id=guest.invitation_id)
        city.diary.note(reconfirmed, guest.invited_at + MINUTE)
    if chance.happens(0.04) and not gathering.material_changes():
        expire(city, guest, guest.expires_at)


def decline(city: City, guest: Guest, at: datetime) -> None:
    """Say no."""
    reason = city.chance.one([None, *DeclineReason])
    said = InvitationDeclined(invitation_id=guest.invitation_id, decline_reason=reason)
    city.diary.note(said, at, actor=guest.person.id)


def expire(city: City, guest: Guest, at: datetime) -> None:
    """Let the clock say that the time to answer is over."""
    city.diary.note(InvitationExpired(invitation_id=guest.invitation_id), at, source=CLOCK)


def reconsider(city: City, gathering: Gathering) -> None:
    """Have seats given up early or late, and answers to changes of plan."""
    changes = gathering.material_changes()
    for guest in gathering.guests:
        # Whether somebody who gave up gets money back when all is called off later depends on
        # which of the two is heard of first: a refund once requested stands.
        if guest.paid_at is not None and (gathering.happened or city.contested):
            give_up(city, gathering, guest)
    for change in changes:
        for guest in gathering.guests:
            if guest.has_seat_at(change):
                answer_change(city, guest, change, is_last=change == changes[-1])


def give_up(city: City, gathering: Gathering, guest: Guest) -> None:
    """Cancel: days before, hours before, or when it is too late for that."""
    chance = city.chance
    match chance.by(SECOND_THOUGHTS):
        case "early":
            before_start = chance.days(1.2, 3)
        case "late":
            before_start = chance.hours(1, 22)
        case "after the start":
            before_start = -chance.hours(1, 10)
        case _:
            return
    at = gathering.starts_at - before_start
    if guest.paid_at is not None and at <= guest.paid_at:
        return
    if before_start > timedelta(0):
        guest.gave_up_at = at
    said = InvitationCancelled(invitation_id=guest.invitation_id)
    city.diary.note(said, at, actor=guest.person.id)


def answer_change(city: City, guest: Guest, change: datetime, *, is_last: bool) -> None:
    """Come all the same, or let it lapse, or say nothing."""
    chance = city.chance
    if guest.reconfirmed_at is not None and guest.reconfirmed_at > change:
        # The answer to an earlier change came after this one, and holds for both.
        return
    if chance.happens(0.7):
        guest.reconfirmed_at = change + chance.hours(0.1, 20)
        said = InvitationReconfirmed(invitation_id=guest.invitation_id)
        city.diary.note(said, guest.reconfirmed_at, actor=guest.person.id)
    elif is_last and guest.gave_up_at is None and chance.happens(0.6):
        guest.gave_up_at = change + RECONFIRMATION_ENDS
        expire(city, guest, guest.gave_up_at)
