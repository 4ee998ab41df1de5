"""The whole story of a city, from a seed: what its people did over some weeks, in order of time."""

from datetime import datetime
from itertools import count

from domain.envelope import Envelope
from workers.city.afterwards import rate, thank
from workers.city.chance import Chance
from workers.city.diary import Diary
from workers.city.evening import come, end, miss_it, tell_who_came
from workers.city.gatherings import announce, call_off, change_plans, plan
from workers.city.guests import invite, reconsider
from workers.city.likings import like_things
from workers.city.mischief import contest
from workers.city.model import City, Gathering
from workers.city.money import send_back, subscribe
from workers.city.people import ban, leave, present_as_host, settle_in
from workers.city.places import find_places
from workers.city.strays import (
    invite_a_host,
    plan_after_leaving,
    send_away_a_child,
    speak_of_strangers,
)

PEOPLE, GATHERINGS, DAYS = 500, 60, 34
PEOPLE_IN_A_YEAR, GATHERINGS_IN_A_YEAR, DAYS_IN_A_YEAR = 2_000, 400, 365
# Some are apart, some host, and some must be left to be asked.
FEWEST_PEOPLE = 14
FEWEST_PLACES, GATHERINGS_A_PLACE = 5, 3
FEWEST_HOSTS, PEOPLE_A_HOST = 3, 9
GATHERINGS_A_STRAY = 25


def history(
    seed: int,
    *,
    now: datetime,
    people: int = PEOPLE,
    gatherings: int = GATHERINGS,
    contested: bool = True,
) -> list[Envelope]:
    """Tell everything that happened until the midnight (UTC) before `now`, in order of time.

    Ids depend on the seed and the sizes alone, so that the same city told again is a duplicate of
    itself. Unless `contested`, nothing depends on what the rules exempt as decided at the moment
    of applying: what comes of it is the same in any order.
    """
    chance = Chance(f"{seed} {people} {gatherings} {contested}")
    city = City(chance, Diary(chance), _midnight(now), contested, DAYS)
    return _tell(city, people=people, gatherings=gatherings)


def history_of_a_year(
    seed: int, *, now: datetime, contested: bool = True, one_in: int = 1
) -> list[Envelope]:
    """Tell a whole year of 2,000 people, or of one in so many of them, like `history`."""
    chance = Chance(f"{seed} a year {contested}")
    city = City(chance, Diary(chance), _midnight(now), contested, DAYS_IN_A_YEAR)
    return _tell(city, people=PEOPLE_IN_A_YEAR // one_in, gatherings=GATHERINGS_IN_A_YEAR // one_in)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _tell(city: City, *, people: int, gatherings: int) -> list[Envelope]:
    """Let so many people have so many gatherings."""
    find_places(city, FEWEST_PLACES + gatherings // GATHERINGS_A_PLACE)
    settle_in(city, people)
    for gathering in _plan_all(city, gatherings):
        _live_through(city, gathering)
    _add_strays(city)
    if city.contested:
        contest(city)
    # Last, so that nothing else is drawn otherwise because of it.
    like_things(city)
    return list(city.diary.until(city.today))


def history_of(
    domain_events: int, *, seed: int, now: datetime, contested: bool = True
) -> list[Envelope]:
    """Tell the first so many domain events of a city that is just large enough to have them."""
    for tenth in count(1):
        size = 1 + domain_events * tenth // 800
        told = history(seed, now=now, people=8 * size, gatherings=size, contested=contested)
        if len(told) >= domain_events:
            return told[:domain_events]
    raise AssertionError


def _plan_all(city: City, gatherings: int) -> list[Gathering]:
    """Choose hosts, have two of them and somebody else leave in the course of it, and plan."""
    leaving, banned, quiet = city.apart[:3]
    for person in (leaving, banned, quiet):
        person.left_at = city.ago(2, 20)
    hosts = [
        *city.sociable[: max(FEWEST_HOSTS, len(city.people) // PEOPLE_A_HOST)],
        leaving,
        banned,
    ]
    for host in hosts:
        present_as_host(city, host)
    city.gatherings = [plan(city, hosts) for _ in range(gatherings)]
    leave(city, leaving)
    plan_after_leaving(city, leaving)
    leave(city, quiet)
    ban(city, banned)
    return city.gatherings


def _live_through(city: City, gathering: Gathering) -> None:
    """An evening, from the idea to the thanks."""
    announce(city, gathering)
    change_plans(city, gathering)
    call_off(city, gathering)
    invite(city, gathering)
    reconsider(city, gathering)
    come(city, gathering)
    tell_who_came(city, gathering)
    end(city, gathering)
    rate(city, gathering)
    thank(city, gathering)
    miss_it(city, gathering)
    send_back(city, gathering)


def _add_strays(city: City) -> None:
    """Add what refers to nothing, and subscriptions, which refer to nobody's evening."""
    for _ in range(1 + len(city.gatherings) // GATHERINGS_A_STRAY):
        send_away_a_child(city)
        speak_of_strangers(city)
        invite_a_host(city)
    for person in city.chance.each(city.people, 0.05):
        subscribe(city, person)
