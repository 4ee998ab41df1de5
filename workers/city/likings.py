"""What people like: interests they tick, personas, and one another's profiles."""

from datetime import timedelta
from typing import Final

from domain.profiles.payloads import InterestsSelected, PersonaUpdated, ProfileLiked
from workers.city.model import City, Person
from workers.city.names import EVENINGS, MOODS, OCCUPATIONS

# Beside what the evenings of the city are called.
LIKES: Final = ("jazz", "bouldering", "cheese", "soup", "poetry", "chess", "street food", "rivers")
FROM_LIKES, FROM_EVENINGS = 3, 2
_SOON, _LATER = timedelta(minutes=5), timedelta(days=20)


def like_things(city: City) -> None:
    """Have most people say what they like soon after they join, and some say so again."""
    chance = city.chance
    for person in chance.each(city.people, 0.7):
        _select(city, person)
        if chance.happens(0.2):
            _select(city, person)
        if chance.happens(0.4):
            _describe(city, person)
    for person in chance.each(city.sociable, 0.3):
        liked = chance.one(city.sociable)
        said = ProfileLiked(liker_id=person.id, liked_id=liked.id)
        city.diary.note(said, city.since(max(person.joined_at, liked.joined_at)), actor=person.id)


def _select(city: City, person: Person) -> None:
    chance = city.chance
    chosen = [
        *chance.some(LIKES, chance.whole(0, FROM_LIKES)),
        *chance.some(EVENINGS, chance.whole(0, FROM_EVENINGS)),
    ]
    said = InterestsSelected(user_id=person.id, interests=chosen)
    city.diary.note(said, person.joined_at + chance.between(_SOON, _LATER), actor=person.id)


def _describe(city: City, person: Person) -> None:
    chance = city.chance
    said = PersonaUpdated(
        user_id=person.id,
        career=chance.one(OCCUPATIONS),
        mood=chance.one(MOODS),
        interests=chance.some(LIKES, 2),
    )
    city.diary.note(said, person.joined_at + chance.between(_SOON, _LATER), actor=person.id)
