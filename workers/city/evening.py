"""The evening itself: who checks in and where, who says who came, and that it is over."""

from datetime import datetime, timedelta

from domain.attendance.payloads import AttendanceReported, AttendeeCheckedIn
from domain.gatherings.payloads import EventCompleted, EventFinalized
from domain.tables.attendance import AttendanceStatus
from workers.city.diary import CLOCK
from workers.city.guests import ask
from workers.city.model import City, Gathering, Guest, Person
from workers.city.money import pay

# About 60 m, well within the 500 m in which a check-in counts.
NEARBY_DEGREES = 0.0004
# What is said of those who came and of those who didn't, right most of the time.
SAID_OF_PRESENT = {
    AttendanceStatus.ATTENDED: 80,
    AttendanceStatus.LATE: 12,
    AttendanceStatus.NO_SHOW: 4,
    AttendanceStatus.CHECK_IN_ABANDONED: 4,
}
SAID_OF_ABSENT = {
    AttendanceStatus.NO_SHOW: 70,
    AttendanceStatus.ATTENDED: 20,
    AttendanceStatus.LATE: 10,
}
COMPLETED_AFTER, FINALIZED_AFTER = timedelta(hours=2), timedelta(hours=24)


def come(city: City, gathering: Gathering) -> None:
    """Have most of those with a seat come, and check in as well as they can."""
    chance = city.chance
    for guest in gathering.guests:
        guest.came = (
            gathering.happened and guest.has_seat_at(gathering.starts_at) and chance.happens(0.88)
        )
        if guest.came:
            _arrive(city, gathering, guest)
        elif chance.happens(0.2 if guest.gave_up_at else 0.03):
            # Without a seat, having given it up perhaps: it is kept, and means nothing.
            check_in(city, gathering, guest.person, gathering.starts_at)


def _arrive(city: City, gathering: Gathering, guest: Guest) -> None:
    chance = city.chance
    if chance.happens(0.08):
        check_in(city, gathering, guest.person, gathering.starts_at - chance.hours(0.6, 5))
    if chance.happens(0.06):
        at = gathering.starts_at + chance.hours(0, 0.3)
        check_in(city, gathering, guest.person, at, too_far=True)
    if chance.happens(0.05):
        check_in(city, gathering, guest.person, gathering.ends_at + chance.hours(0.1, 2))
    if chance.happens(0.85):
        at = gathering.starts_at + chance.hours(-0.3, 0.7)
        check_in(city, gathering, guest.person, at)


def check_in(
    city: City, gathering: Gathering, person: Person, at: datetime, *, too_far: bool = False
) -> None:
    """Say where somebody is: near one of the stops, or across the city."""
    chance = city.chance
    place = chance.one(gathering.places)
    said = AttendeeCheckedIn(
        event_id=gathering.id,
        user_id=person.id,
        latitude=chance.about(place.latitude + (0.3 if too_far else 0.0), NEARBY_DEGREES),
        longitude=chance.about(place.longitude, NEARBY_DEGREES),
    )
    city.diary.note(said, at, actor=person.id)


def tell_who_came(city: City, gathering: Gathering) -> None:
    """Have host, co-hosts, guests and strangers report, not always the same."""
    chance = city.chance
    seated = [guest for guest in gathering.guests if guest.paid_at is not None]
    for guest in seated:
        if chance.happens(0.3):
            report(city, gathering, guest, gathering.host)
        for reporter in chance.each(gathering.co_hosts, 0.15):
            report(city, gathering, guest, reporter)
        for other in chance.some(seated, chance.one([0, 0, 0, 0, 1, 2])):
            report(city, gathering, guest, other.person)
    if seated and chance.happens(0.2):
        report(city, gathering, chance.one(seated), chance.one(city.people))


def report(city: City, gathering: Gathering, guest: Guest, reporter: Person) -> None:
    """Report on somebody; sometimes too early, sometimes again and otherwise."""
    chance = city.chance
    early = chance.happens(0.05)
    at = gathering.starts_at + (-chance.hours(1, 30) if early else chance.hours(0.5, 40))
    for _ in range(2 if chance.happens(0.1) else 1):
        said = AttendanceReported(
            event_id=gathering.id,
            user_id=guest.person.id,
            reporter_id=reporter.id,
            status=chance.by(SAID_OF_PRESENT if guest.came else SAID_OF_ABSENT),
        )
        city.diary.note(said, at, actor=reporter.id)
        at += chance.hours(0.1, 20)


def end(city: City, gathering: Gathering) -> None:
    """Say that it is over, and a day later that nobody else will turn up as present."""
    chance = city.chance
    completed = EventCompleted(event_id=gathering.id)
    over_at = gathering.ends_at + COMPLETED_AFTER
    if chance.happens(0.06):
        city.diary.note(completed, gathering.ends_at - chance.hours(0.2, 5))
    if not gathering.happened and chance.happens(0.8):
        return
    if chance.happens(0.92):
        city.diary.note(completed, over_at, source=CLOCK)
        gathering.completed_at = over_at
    if chance.happens(0.12):
        city.diary.note(completed, over_at + chance.hours(0.5, 5))
    for _ in range(chance.one([0, 1, 1, 1, 1, 1, 1, 1, 1, 2])):
        finalized = EventFinalized(event_id=gathering.id)
        city.diary.note(finalized, over_at + FINALIZED_AFTER, source=CLOCK)
        over_at += chance.hours(0, 9)


def miss_it(city: City, gathering: Gathering) -> None:
    """Invite somebody with a long time to answer, who pays when it is over or called off."""
    chance = city.chance
    asked = {guest.person.id for guest in gathering.guests} | {gathering.host.id}
    strangers = [person for person in city.sociable if person.id not in asked]
    over_at = gathering.called_off_at or gathering.completed_at
    if not strangers or over_at is None or not chance.happens(0.25):
        return
    open_until = gathering.ends_at + timedelta(days=3)
    guest = ask(city, gathering, chance.one(strangers), expires_at=open_until)
    pay(city, gathering, guest, over_at + chance.hours(0.1, 3))
