"""Tells what nobody in the city does: domain events of which no evening is made."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from domain.envelope import Envelope, enclose
from domain.payload import Payload
from domain.users.payloads import NotificationSettingsUpdated, UserRegistered
from tests.helpers.evening import an_id

SOURCE = "/services/api"


def with_untold(told: Sequence[Envelope], seed: int) -> list[Envelope]:
    """Add what the city leaves out to its history, about its own people."""
    draw = Random(seed)
    people = [page for page in told if page.type == UserRegistered.TYPE]
    added = [
        _say(payload, about, f"{seed} {place}", draw)
        for place, about in enumerate(draw.choices(people, k=2 * len(people)))
        for payload in (_change_of_settings(about.subject, draw),)
    ]
    return sorted([*told, *added], key=lambda page: (page.time, page.id))


def _say(payload: Payload, about: Envelope, name: str, draw: Random) -> Envelope:
    time = about.time + timedelta(hours=draw.randrange(1, 24))
    return enclose(payload, source=SOURCE, time=time, id=an_id(f"untold {name}"))


def _change_of_settings(person: str, draw: Random) -> Payload:
    names = [name for name in NotificationSettingsUpdated.model_fields if name != "user_id"]
    said = {name: draw.choice([True, False, None]) for name in draw.sample(names, 3)}
    return NotificationSettingsUpdated.model_validate({"user_id": person, **said})
