"""Gatherings: somebody plans an evening, changes the plan, or calls it off."""

from datetime import datetime, timedelta

from domain.gatherings.payloads import (
    CancelledBy,
    Collaborator,
    EventCancelled,
    EventPublished,
    EventUpdated,
    Stop,
)
from workers.city.diary import CLOCK
from workers.city.model import City, Gathering, Person, Place, Version
from workers.city.names import CO_HOST_ROLES, EVENINGS, ODD_ROLES, SIGNPOSTS

EVENING_STARTS = timedelta(hours=22)
# Far from a departure, so that a plan moved by hours doesn't decide whether it is called off.
CLEAR_OF = timedelta(hours=12)
# Contested seats are fewer than the payments for them now and then.
FEWEST_SEATS, MOST_SEATS = 6, 13
SPARE_SEATS = 6


def plan(city: City, hosts: list[Person]) -> Gathering:
    """Plan an evening within the days of the story, or a few days ahead."""
    chance = city.chance
    day = city.today + timedelta(days=chance.whole(-city.days, 5))
    starts_at = day + EVENING_STARTS + timedelta(minutes=30 * chance.whole(0, 5))
    published_at = starts_at - chance.days(12, 24)
    host = chance.one([one for one in hosts if _may_host(one, published_at, starts_at)])
    others = [person for person in city.sociable if person is not host]
    asked = chance.some(others, chance.whole(7, 16))
    places = chance.some(city.places, chance.whole(1, 3))
    return Gathering(
        id=chance.id(),
        host=host,
        co_hosts=chance.some(others, chance.whole(0, 2)),
        published_at=published_at,
        places=places,
        seats=chance.whole(FEWEST_SEATS, MOST_SEATS)
        if city.contested
        else len(asked) + SPARE_SEATS,
        fee_in_cents=chance.one([500, 1000, 1500]),
        asked=asked,
        versions=[Version(published_at, itinerary(places, starts_at))],
        called_off_at=_departure(host, starts_at),
    )


def _may_host(host: Person, published_at: datetime, starts_at: datetime) -> bool:
    if host.left_at is None:
        return True
    return published_at < host.left_at and abs(starts_at - host.left_at) > CLEAR_OF


def _departure(host: Person, starts_at: datetime) -> datetime | None:
    return host.left_at if host.left_at is not None and host.left_at < starts_at else None


def itinerary(places: list[Place], starts_at: datetime) -> tuple[Stop, ...]:
    """Give a stop for each place, an hour and a half each."""
    long = timedelta(minutes=90)
    return tuple(
        Stop(
            location_id=place.id,
            order=number + 1,
            title=place.name,
            start_time=starts_at + number * long,
            end_time=starts_at + (number + 1) * long,
        )
        for number, place in enumerate(places)
    )


def announce(city: City, gathering: Gathering) -> None:
    """Publish the first plan."""
    chance = city.chance
    said = EventPublished(
        event_id=gathering.id,
        host_id=gathering.host.id,
        title=chance.one(EVENINGS),
        description="Come as you are; we start on time.",
        min_attendees=2,
        max_attendees=gathering.seats,
        age_min=18,
        age_max=chance.one([None, 99]),
        arrival_signpost=chance.one([None, *SIGNPOSTS]),
        confirmation_fee=gathering.fee_in_cents,
        estimated_event_cost={"per_person": chance.whole(10, 40), "currency": "usd"},
        itinerary=list(gathering.stops),
        collaborators=helpers(city, gathering.co_hosts),
    )
    city.diary.note(said, gathering.published_at, actor=gathering.host.id)


def helpers(city: City, co_hosts: list[Person]) -> list[Collaborator] | None:
    """List the co-hosts, and sometimes somebody who helps without leading."""
    chance = city.chance
    listed = [Collaborator(role=chance.one(CO_HOST_ROLES), user_id=one.id) for one in co_hosts]
    if chance.happens(0.3):
        listed.append(Collaborator(role=chance.one(ODD_ROLES), first_name="Robin", last_name="Day"))
    return listed or None


def change_plans(city: City, gathering: Gathering) -> None:
    """Change the plan up to three times before it starts, and once in a while after it is over."""
    chance = city.chance
    original = gathering.versions[0]
    if chance.happens(0.4):
        latest = gathering.starts_at - timedelta(hours=36)
        span = latest - original.since
        moments = [
            original.since + span * chance.about(0.6, 0.4) for _ in range(chance.whole(1, 3))
        ]
        for moment in sorted(moments):
            _change(city, gathering, moment.replace(microsecond=0))
    if chance.happens(0.1):
        said = EventUpdated(event_id=gathering.id, title="Thank you all for coming")
        city.diary.note(said, gathering.ends_at + chance.hours(4, 40))


def _change(city: City, gathering: Gathering, moment: datetime) -> None:
    """Change a detail, the time a little or much, a place, or who helps."""
    chance = city.chance
    changes: dict[str, object] = {}
    match chance.whole(0, 6):
        case 0:
            changes = {"title": chance.one(EVENINGS), "arrival_signpost": None, "age_max": None}
        case 1:
            changes = {"max_attendees": gathering.seats + chance.whole(0, 3), "min_attendees": 1}
        case 2:
            changes = {"collaborators": helpers(city, chance.some(gathering.asked, 1))}
        case 3:
            changes = {"collaborators": None, "estimated_event_cost": None}
        case 4:
            changes = {
                "itinerary": _moved(gathering, moment, timedelta(minutes=chance.whole(5, 25)))
            }
        case 5:
            shift = timedelta(minutes=chance.one([-90, -45, 45, 60, 120]))
            changes = {"itinerary": _moved(gathering, moment, shift)}
        case _:
            gathering.places = chance.some(city.places, chance.whole(1, 3))
            changes = {"itinerary": _moved(gathering, moment, timedelta(0))}
    said = EventUpdated.model_validate({"event_id": gathering.id, **changes})
    city.diary.note(said, moment, actor=gathering.host.id)


def _moved(gathering: Gathering, moment: datetime, shift: timedelta) -> list[Stop]:
    """Give the itinerary with its start moved from where it first was."""
    stops = itinerary(gathering.places, gathering.versions[0].stops[0].start_time + shift)
    gathering.versions.append(Version(moment, stops))
    return list(stops)


def call_off(city: City, gathering: Gathering) -> None:
    """Call an evening off now and then: the host in time or at the last hour, or too few came."""
    chance = city.chance
    if not gathering.happened:
        return
    if chance.happens(0.06):
        at = gathering.starts_at - chance.hours(3, 90)
        gathering.called_off_at = at
        said = EventCancelled(
            event_id=gathering.id, cancelled_by=CancelledBy.HOST, reason="I am ill"
        )
        city.diary.note(said, at, actor=gathering.host.id)
    elif chance.happens(0.04):
        gathering.called_off_at = gathering.starts_at
        said = EventCancelled(event_id=gathering.id, cancelled_by=CancelledBy.SYSTEM)
        city.diary.note(said, gathering.starts_at, source=CLOCK)
    elif chance.happens(0.04):
        # Too late: it is over, and stays what it was.
        said = EventCancelled(event_id=gathering.id, cancelled_by=CancelledBy.HOST)
        city.diary.note(said, gathering.ends_at + chance.hours(12, 30))
