"""Afterwards: who came rates the evening and thanks the others; some others do as well."""

from datetime import datetime

from domain.kudos.payloads import KudosGiven
from domain.ratings.payloads import RatingSubmitted
from domain.tables.kudos import Kudo
from workers.city.model import City, Gathering, Person
from workers.city.names import COMMENTS


def rate(city: City, gathering: Gathering) -> None:
    """Rate: most once, some again, some too early or too late, some who shouldn't."""
    chance = city.chance
    for guest in gathering.guests:
        if guest.came and chance.happens(0.6):
            submit(city, gathering, guest.person, gathering.ends_at + chance.hours(0, 200))
            if chance.happens(0.2):
                submit(city, gathering, guest.person, gathering.ends_at + chance.hours(1, 300))
            if chance.happens(0.1):
                submit(city, gathering, guest.person, outside_window(city, gathering))
        elif chance.happens(0.3 if guest.gave_up_at else 0.03):
            submit(city, gathering, guest.person, gathering.ends_at + chance.hours(1, 50))
    for person in chance.each([gathering.host, *gathering.co_hosts], 0.08):
        submit(city, gathering, person, gathering.ends_at + chance.hours(1, 50))


def outside_window(city: City, gathering: Gathering) -> datetime:
    """Draw a moment before the start or more than two weeks after the end."""
    chance = city.chance
    if chance.happens(0.5):
        return gathering.starts_at - chance.hours(1, 100)
    return gathering.ends_at + chance.days(14.2, 18)


def submit(city: City, gathering: Gathering, person: Person, at: datetime) -> None:
    """Submit a rating; most are kind."""
    chance = city.chance
    said = RatingSubmitted(
        rating_id=chance.id(),
        event_id=gathering.id,
        rater_id=person.id,
        host_rating_value=chance.one([2, 3, 4, 4, 5, 5, 5]),
        event_rating_value=chance.one([1, 3, 4, 4, 5, 5]),
        comment=chance.one([None, None, *COMMENTS]),
    )
    city.diary.note(said, at, actor=person.id)


def thank(city: City, gathering: Gathering) -> None:
    """Give kudos to a few of those who were there, up to three different ones each."""
    chance = city.chance
    # Of an evening that was called off a few are thanked all the same, to no effect.
    present = [guest.person for guest in gathering.present or gathering.guests[:2]]
    for giver in [*present, gathering.host]:
        for receiver in chance.some([*present, gathering.host], chance.whole(0, 4)):
            if receiver is not giver or chance.happens(0.05):
                _thank(city, gathering, giver, receiver)
    for guest in gathering.guests:
        # Who gave up a seat may have been expected, and be thanked by mistake.
        if not guest.came and chance.happens(0.4 if guest.gave_up_at else 0.03):
            _thank(city, gathering, guest.person, chance.one(present))
            _thank(city, gathering, chance.one(present), guest.person)


def _thank(city: City, gathering: Gathering, giver: Person, receiver: Person) -> None:
    """Give one to three kudos; some are said twice, some outside the window as well."""
    chance = city.chance
    for kudo in chance.some(tuple(Kudo), chance.one([1, 1, 2, 3])):
        times = [gathering.starts_at + chance.hours(1, 200)]
        if chance.happens(0.06):
            times.append(times[0] + chance.hours(0, 30))
        if chance.happens(0.05):
            times.append(outside_window(city, gathering))
        if chance.happens(0.03):
            times = [outside_window(city, gathering)]
        for time in times:
            give(city, gathering, (giver, receiver), kudo, time)


def give(
    city: City, gathering: Gathering, pair: tuple[Person, Person], kudo: Kudo, at: datetime
) -> None:
    """Say one kudo of (giver, receiver)."""
    giver, receiver = pair
    said = KudosGiven(
        kudos_id=city.chance.id(),
        event_id=gathering.id,
        giver_id=giver.id,
        receiver_id=receiver.id,
        kudo=kudo,
    )
    city.diary.note(said, at, actor=giver.id)
