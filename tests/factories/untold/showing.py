"""What hosts and guests of the city post and show, and who would like to."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

from domain.boards.payloads import EventPhotoModerated, EventPhotoUploaded, EventPostCreated
from domain.envelope import Envelope
from domain.tables.messaging import EventPhotoStatus
from tests.factories.untold.company import Company, Evening
from tests.factories.untold.saying import say
from tests.helpers.pages import an_id

HOUR = timedelta(hours=1)
POSTERS, PHOTOGRAPHERS = 3, 3


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have hosts, guests and strangers post and show photos, and hosts hide some of them."""
    company = Company(city)
    told = [
        page
        for evening in company.evenings
        for page in [*_posts(evening, company, draw), *_photos(evening, company, draw)]
    ]
    return [page for page in told if page.time <= company.until]


def _strangers(evening: Evening, company: Company) -> list[str]:
    """Give those who surely never had a seat."""
    return [one for one in company.people if one not in {*evening.paid, evening.host}]


def _among(people: list[str], count: int, draw: Random) -> list[str]:
    return draw.sample(people, min(count, len(people)))


def _posts(evening: Evening, company: Company, draw: Random) -> Iterator[Envelope]:
    """Post, some twice under one id: the earlier stands."""
    guests = _among(evening.seated, POSTERS, draw)
    for person in [evening.host, *guests, draw.choice(_strangers(evening, company))]:
        for version in draw.choice([("first",), ("first", "second")]):
            said = EventPostCreated(
                post_id=an_id(f"post {evening.id} {person}"),
                event_id=evening.id,
                user_id=person,
                content=f"This is the {version}",
            )
            at = evening.starts_at + draw.randrange(-48, 48) * HOUR
            yield say(said, at=at, name=f"post {version}")


def _photos(evening: Evening, company: Company, draw: Random) -> Iterator[Envelope]:
    guests = _among(evening.came, PHOTOGRAPHERS, draw)
    for person in [evening.host, *guests, draw.choice(_strangers(evening, company))]:
        photo = an_id(f"photo {evening.id} {person}")
        said = EventPhotoUploaded(
            photo_id=photo,
            event_id=evening.id,
            uploader_id=person,
            image_url=f"https://momento.app/{photo}.jpg",
        )
        at = evening.ends_at + draw.randrange(48) * HOUR
        yield say(said, at=at, name="photo")
        for number in range(draw.choice([0, 0, 1, 2, 3])):
            yield say(
                EventPhotoModerated(
                    photo_id=photo,
                    status=draw.choice(list(EventPhotoStatus)),
                    # A guest has no say.
                    moderator_id=draw.choice([evening.host, evening.host, *guests[:1]]),
                ),
                at=evening.ends_at + draw.randrange(4) * HOUR,
                name=f"decision {number}",
            )
