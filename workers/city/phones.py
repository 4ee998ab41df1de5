"""Phones: most people of the city have the app on one, so that they can be told.

Nothing is drawn for it, so the city's story stays the same with it or without.
"""

from collections.abc import Iterable
from datetime import timedelta

from domain.envelope import Envelope, enclose
from domain.outbox import derived_id
from domain.profiles.payloads import PushTokenRegistered
from domain.tables.profiles import Platform
from domain.users.payloads import UserRegistered
from workers.city.diary import API

# One in so many has none.
WITHOUT_ONE_IN = 8


def give_phones(told: Iterable[Envelope]) -> list[Envelope]:
    """Give the history with a phone for most of those who register in it."""
    listed = list(told)
    joined = {page.subject: page.time for page in listed if page.type == UserRegistered.TYPE}
    phones = [
        enclose(_signed_in(person), source=API, time=time + timedelta(hours=1), id=_id(person))
        for person, time in joined.items()
        if int(person[-2:], 16) % WITHOUT_ONE_IN
    ]
    return sorted([*listed, *phones], key=lambda page: (page.time, page.id))


def _id(person: str) -> str:
    return derived_id("city phone", person)


def _signed_in(person: str) -> PushTokenRegistered:
    platform = Platform.IOS if int(person[-1], 16) % 2 else Platform.ANDROID
    return PushTokenRegistered(
        token_id=_id(person),
        user_id=person,
        token=f"ExponentPushToken[{person.replace('-', '')[:22]}]",
        platform=platform,
    )
