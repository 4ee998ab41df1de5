"""People: they register, say who they are, change their minds, are verified, paused, leave."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from domain.tables.users import ActiveRole, HostType, UserStatus
from domain.users.payloads import (
    Gender,
    HostProfileUpdated,
    SocialProfileUpdated,
    UserDeleted,
    UserRegistered,
    UserStatusChanged,
    UserUpdated,
    UserVerified,
)
from workers.city.model import City, Person
from workers.city.names import FIRST_NAMES, LAST_NAMES, OCCUPATIONS, PRONOUNS, ZONES

# Before the first gathering is announced.
JOINED_BEFORE_DAYS = (36, 86)
FEW_APART = 6
ONE_APART_IN = 12
BARRING = (UserStatus.PAUSED, UserStatus.SUSPENDED)
HARMLESS = (UserStatus.ACTIVE, UserStatus.VERIFICATION_PENDING)


def settle_in(city: City, count: int) -> None:
    """Have so many people register and live on; a few of them stay apart."""
    apart = max(FEW_APART, count // ONE_APART_IN)
    for number in range(count):
        person = make_person(city, apart=number < apart)
        city.people.append(person)
        register(city, person)
        describe(city, person)
        change_account(city, person)
        change_status(city, person)


def make_person(
    city: City, *, apart: bool = False, age_years: tuple[int, int] = (21, 64)
) -> Person:
    """Draw somebody of an age that stays in its bounds for the whole story."""
    chance = city.chance
    age = timedelta(days=365.25 * chance.whole(*age_years)) + chance.days(100, 200)
    born = (city.today - age).date()
    return Person(
        id=chance.id(),
        clerk_id=f"user_{chance.id().replace('-', '')[:24]}",
        first_name=chance.one(FIRST_NAMES),
        last_name=chance.one(LAST_NAMES),
        birth_date=date(born.year, born.month, born.day),
        joined_at=city.ago(city.days + JOINED_BEFORE_DAYS[0], city.days + JOINED_BEFORE_DAYS[1]),
        apart=apart,
    )


def register(city: City, person: Person) -> None:
    """Sign up; now and then a sign-up is told twice, the first time with less in it."""
    chance = city.chance
    lean: dict[str, Any] = {
        "user_id": person.id,
        "clerk_id": person.clerk_id,
        "birth_date": person.birth_date,
        "phone_number": f"+1212{chance.whole(1_000_000, 9_999_999)}",
        "last_name": person.last_name,
    }
    full = {"first_name": person.first_name, "email": f"{person.id[:8]}@people.example"}
    if chance.happens(0.1):
        city.diary.note(UserRegistered(**lean), person.joined_at - timedelta(seconds=2))
        full["last_name"] = f"{person.last_name}-{chance.one(LAST_NAMES)}"
    city.diary.note(UserRegistered(**{**lean, **full}), person.joined_at, actor=person.id)


def describe(city: City, person: Person) -> None:
    """Fill in a profile, a piece at a time, and clear some of it again."""
    chance = city.chance
    for _ in range(chance.whole(0, 3)):
        pieces: list[dict[str, Any]] = [
            {"first_name": person.first_name, "preferred_name": person.first_name[:3]},
            {"bio": f"I am {chance.one(OCCUPATIONS)} by day."},
            {"occupation": chance.one(OCCUPATIONS), "pronouns": chance.one(PRONOUNS)},
            {"interested_in": chance.some(tuple(Gender), 2)},
            {"preferred_name": None, "location": "Brooklyn"},
            {"bio": None, "interested_in": None},
        ]
        one, other = chance.some(pieces, 2)
        said = SocialProfileUpdated.model_validate({"user_id": person.id, **one, **other})
        city.diary.note(said, city.since(person.joined_at), actor=person.id)


def change_account(city: City, person: Person) -> None:
    """Change what the account says: several times the same field, and null to clear it."""
    chance = city.chance
    pieces: tuple[Callable[[], dict[str, object]], ...] = (
        lambda: {"phone_number": f"+1646{chance.whole(1_000_000, 9_999_999)}"},
        lambda: {"email": f"{person.first_name.lower()}.{chance.whole(1, 999)}@people.example"},
        lambda: {"timezone": chance.one(ZONES), "distance_preference": chance.whole(1, 60)},
        lambda: {"price_sensitivity": chance.whole(1, 4), "min_lead_time_days": None},
        lambda: {
            "availability_preferences": {"fri": "evening", "sat": chance.one(["any", "daytime"])}
        },
        lambda: {"active_role": chance.one(tuple(ActiveRole)), "email": None},
        lambda: {"timezone": None, "price_sensitivity": None, "availability_preferences": None},
    )
    for piece in chance.some(pieces, chance.whole(0, 3)):
        said = UserUpdated.model_validate({"user_id": person.id, **piece()})
        city.diary.note(said, city.since(person.joined_at), actor=person.id)


def change_status(city: City, person: Person) -> None:
    """Be verified and made active; those apart may be barred, and let in again."""
    chance = city.chance
    if chance.happens(0.5):
        city.diary.note(UserVerified(user_id=person.id), city.since(person.joined_at))
    statuses = (*HARMLESS, *BARRING) if person.apart else HARMLESS
    for _ in range(chance.whole(0, 2)):
        said = UserStatusChanged(user_id=person.id, status=chance.one(statuses))
        city.diary.note(said, city.since(person.joined_at + timedelta(hours=1)))


def present_as_host(city: City, host: Person) -> None:
    """Say what guests see of a host; a type once said may be cleared."""
    chance = city.chance
    for _ in range(chance.whole(0, 2)):
        pieces: list[dict[str, Any]] = [
            {"host_name": f"{host.first_name}'s evenings", "host_type": HostType.USER},
            {"host_bio": "Good company guaranteed.", "location_id": chance.one(city.places).id},
            {"host_type": HostType.COMMUNITY, "website_url": "https://evenings.example/us"},
            {"host_type": None, "host_bio": None, "location_id": None},
        ]
        said = HostProfileUpdated.model_validate({"user_id": host.id, **chance.one(pieces)})
        city.diary.note(said, city.since(host.joined_at), actor=host.id)


def leave(city: City, person: Person) -> None:
    """Delete an account; what is said of it later, a second deletion too, comes too late."""
    assert person.left_at is not None
    city.diary.note(UserDeleted(user_id=person.id), person.left_at, actor=person.id)
    later = person.left_at + city.chance.hours(30, 60)
    city.diary.note(UserUpdated(user_id=person.id, email="back@people.example"), later)
    if city.chance.happens(0.5):
        host = HostProfileUpdated(user_id=person.id, host_name="Back again")
        city.diary.note(host, later)
    if city.chance.happens(0.5):
        city.diary.note(UserDeleted(user_id=person.id), later + timedelta(hours=1))
    if city.chance.happens(0.5):
        banned = UserStatusChanged(
            user_id=person.id, status=UserStatus.BANNED, reason="left anyway"
        )
        city.diary.note(banned, later + timedelta(hours=2))


def ban(city: City, person: Person) -> None:
    """Ban somebody, and let half of them in again later."""
    assert person.left_at is not None
    said = UserStatusChanged(user_id=person.id, status=UserStatus.BANNED, reason="complaints")
    city.diary.note(said, person.left_at)
    if city.chance.happens(0.5):
        back = UserStatusChanged(user_id=person.id, status=UserStatus.ACTIVE)
        city.diary.note(back, person.left_at + city.chance.days(1, 3))
