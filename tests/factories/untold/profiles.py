"""What people of the city show of themselves: before and after they left, again, and in conflict.

Left out is what the rules exempt: of two people with one photo_id or link_id, or two tokens with
one token_id, the first applied has it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from domain.catalogue import TYPES
from domain.envelope import Envelope
from domain.users.payloads import UserDeleted, UserRegistered
from tests.factories.untold.saying import say
from tests.helpers.pages import an_id

NAMES = ("Hiking", " Hiking", "hiking", "Vintage Film", "Chess ", "Soup", "Jazz, late", 'a "quote"')
LINKS = ("instagram", "mastodon")


@dataclass(slots=True)
class Telling:
    """The city's people by their ids, when each came and left, and what is told about them."""

    joined: dict[str, datetime]
    left: dict[str, datetime]
    until: datetime
    draw: Random
    number: int = 0

    def one(self) -> str:
        """Somebody; often one of those who leave, since most of the rules are about them."""
        leaving = self.draw.random() < 0.2
        return self.draw.choice(list(self.left if leaving and self.left else self.joined))

    def moment(self, person: str) -> datetime:
        """Some time after somebody came; if they left, often about that time."""
        left = self.left.get(person)
        if left is not None and self.draw.random() < 0.7:
            return min(self.until, left + timedelta(hours=self.draw.choice([-30, -1, 0, 1, 20])))
        span = (self.until - self.joined[person]).total_seconds()
        return self.joined[person] + timedelta(seconds=self.draw.uniform(0, span))

    def say(self, name: str, at: datetime, /, **said: Any) -> Envelope:
        """Have something said."""
        self.number += 1
        payload = TYPES[f"app.momento.{name}.v1"].model_validate(said)
        return say(payload, at=at, name=f"{self.number}")

    def id(self, name: str) -> str:
        """The id of something in this city."""
        return an_id(f"{min(self.joined)} {name}")


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have people do all of it, as often as there are people."""
    by_id = sorted(city, key=lambda page: page.subject)
    telling = Telling(
        {page.subject: page.time for page in by_id if page.type == UserRegistered.TYPE},
        {page.subject: page.time for page in by_id if page.type == UserDeleted.TYPE},
        city[-1].time,
        draw,
    )
    return [said for happen in HAPPENINGS for _ in telling.joined for said in happen(telling)]


def _photo(telling: Telling) -> Iterator[Envelope]:
    person, draw = telling.one(), telling.draw
    photo = telling.id(f"photo {draw.randrange(3)} of {person}")
    said = {"photo_id": photo, "user_id": person, "is_authentic": draw.random() < 0.5}
    url = f"https://photos.example/{draw.randrange(1_000)}"
    yield telling.say("profile_photo.added", telling.moment(person), **said, url=url)


def _host_photo(telling: Telling) -> Iterator[Envelope]:
    person, draw = telling.one(), telling.draw
    photo = telling.id(f"venue {draw.randrange(2)} of {person}")
    said = {"photo_id": photo, "host_id": person, "url": f"https://v.example/{draw.random()}"}
    kind = draw.choice(["logo", "venue", "promotional"])
    caption = draw.choice([None, "The bar"])
    at = telling.moment(person)
    yield telling.say("host_photo.added", at, **said, photo_type=kind, caption=caption)


def _interests(telling: Telling) -> Iterator[Envelope]:
    person, draw = telling.one(), telling.draw
    names = draw.sample(NAMES, draw.randrange(4))
    yield telling.say("interests.selected", telling.moment(person), user_id=person, interests=names)


def _persona(telling: Telling) -> Iterator[Envelope]:
    person, draw = telling.one(), telling.draw
    pieces: dict[str, Any] = {
        "career": draw.choice(["Baker", "Nurse", None]),
        "interests": draw.choice([["Soup "], ["Soup", "Jazz"], [], None]),
        "mood": draw.choice(["calm", "bold", None]),
    }
    said = {name: pieces[name] for name in draw.sample(sorted(pieces), 2)}
    yield telling.say("persona.updated", telling.moment(person), user_id=person, **said)


def _presence(telling: Telling) -> Iterator[Envelope]:
    person = telling.one()
    # Now and then two at the same moment: then the id decides.
    at = telling.moment(person).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    at = min(at, telling.until)
    online = telling.draw.random() < 0.6
    yield telling.say("presence.changed", at, user_id=person, is_online=online)


def _subscription(telling: Telling) -> Iterator[Envelope]:
    person, draw = telling.one(), telling.draw
    at = telling.moment(person)
    pieces: dict[str, Any] = {
        "subscription_ends": draw.choice([at + timedelta(days=30), None]),
        "stripe_subscription_id": draw.choice(["sub_1", "sub_2", None]),
    }
    said = {name: pieces[name] for name in draw.sample(sorted(pieces), draw.randrange(3))}
    status = draw.choice(["free", "premium", "past_due"])
    yield telling.say(
        "subscription.changed", at, user_id=person, subscription_status=status, **said
    )


def _like(telling: Telling) -> Iterator[Envelope]:
    person, liked = telling.one(), telling.one()
    at = telling.moment(person)
    yield telling.say("profile.liked", at, liker_id=person, liked_id=liked)


def _token(telling: Telling) -> Iterator[Envelope]:
    """A few phones that many people use, and one of everybody's own."""
    person, draw = telling.one(), telling.draw
    phone = draw.choice(["1", "2", "3", person])
    said = {"user_id": person, "token": f"ExponentPushToken[{telling.id(phone)}]"}
    registered, removed = telling.moment(person), telling.moment(person)
    if draw.random() < 0.9:
        token_id = telling.id(f"token {draw.randrange(3)} {phone}")
        more = {"token_id": token_id, "platform": draw.choice(["ios", "android"])}
        yield telling.say("push_token.registered", registered, **said, **more)
    if draw.random() < 0.5:
        yield telling.say("push_token.removed", removed, **said)


def _link(telling: Telling) -> Iterator[Envelope]:
    """Links, and shares of them, some of which wait in vain."""
    person, draw = telling.one(), telling.draw
    platform = draw.choice(LINKS)
    if draw.random() < 0.4:
        link = telling.id(f"link {draw.randrange(2)} {platform} {person}")
        said = {"link_id": link, "user_id": person, "platform": platform}
        url = f"https://{platform}.example/{draw.randrange(1_000)}"
        public = draw.random() < 0.5
        at = telling.moment(person)
        yield telling.say(
            "social_link.added", at, **said, url=url, is_public_on_host_profile=public
        )
    other = telling.one()
    at = telling.moment(person)
    yield telling.say(
        "social_link.shared", at, sharer_id=person, receiver_id=other, platform=platform
    )


HAPPENINGS: tuple[Callable[[Telling], Iterator[Envelope]], ...] = (
    _photo,
    _host_photo,
    _interests,
    _persona,
    _presence,
    _subscription,
    _like,
    _token,
    _token,
    _link,
)
