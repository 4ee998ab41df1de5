"""What people of the city like: interests, personas and one another's profiles."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from domain.envelope import Envelope
from domain.payload import Payload
from domain.profiles.payloads import InterestsSelected, PersonaUpdated, ProfileLiked
from domain.users.payloads import UserRegistered
from tests.factories.untold.saying import say

INTERESTS = ("bouldering", "jazz", "Jazz", "board games", "street food", "poetry", "!")
CAREERS = ("nurse", "carpenter", None)
MOODS = ("curious", "quiet", None)


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have people say what they like, some twice, and some of those who have left."""
    people = [page for page in city if page.type == UserRegistered.TYPE]
    told: list[Envelope] = []
    for place, about in enumerate(draw.choices(people, k=2 * len(people))):
        at = about.time + timedelta(hours=draw.randrange(1, 24 * 60))
        told += [
            say(said, at=at, name=f"likes {place}")
            for said in _says(about.subject, draw.choice(people).subject, draw)
        ]
    return told


def _says(person: str, other: str, draw: Random) -> list[Payload]:
    """Give some of what a person may say."""
    persona = PersonaUpdated(
        user_id=person,
        career=draw.choice(CAREERS),
        mood=draw.choice(MOODS),
        interests=draw.sample(INTERESTS, 2),
    )
    return draw.sample(
        [
            InterestsSelected(user_id=person, interests=draw.sample(INTERESTS, draw.randrange(4))),
            persona,
            ProfileLiked(liker_id=person, liked_id=other),
        ],
        2,
    )
