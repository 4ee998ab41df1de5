"""What people of the city change about their accounts."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from domain.envelope import Envelope
from domain.payload import Payload
from domain.users.payloads import NotificationSettingsUpdated, UserRegistered
from tests.factories.untold.saying import say


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have people change their notification settings, some twice."""
    people = [page for page in city if page.type == UserRegistered.TYPE]
    return [
        say(
            _change_of_settings(about.subject, draw),
            at=about.time + timedelta(hours=draw.randrange(1, 24)),
            name=f"settings {place}",
        )
        for place, about in enumerate(draw.choices(people, k=2 * len(people)))
    ]


def _change_of_settings(person: str, draw: Random) -> Payload:
    names = [name for name in NotificationSettingsUpdated.model_fields if name != "user_id"]
    said = {name: draw.choice([True, False, None]) for name in draw.sample(names, 3)}
    return NotificationSettingsUpdated.model_validate({"user_id": person, **said})
