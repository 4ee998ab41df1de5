"""What people of the city say to each other: those who met, and some who never did."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from domain.envelope import Envelope
from domain.messaging.payloads import ConversationStarted, MessageSent
from domain.tables.messaging import MessageType
from tests.factories.untold.company import Company, Pair
from tests.factories.untold.safety import blocked_pairs
from tests.factories.untold.saying import say
from tests.helpers.pages import an_id

PAIRS, STRANGERS = 6, 2
MINUTE = timedelta(minutes=1)


def _pairs_who_talk(company: Company, apart: Collection[frozenset[str]]) -> list[Pair]:
    """Give who talks because they met, and who tries to and never did; no others do.

    Nobody who is blocked: it is decided at the moment whether a block bars them.
    """
    draw = Random("who talks")
    met = [pair for pair in company.met() if frozenset(pair) not in apart]
    strangers = [pair for pair in company.strangers() if frozenset(pair) not in apart]
    return [
        *draw.sample(met, min(PAIRS, len(met))),
        *draw.sample(strangers, min(STRANGERS, len(strangers))),
    ]


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have pairs begin to talk, some twice, and say something, some of it at the same moment."""
    company = Company(city)
    told: list[Envelope] = []
    apart = {frozenset(pair) for pair in blocked_pairs(city)}
    for pair in _pairs_who_talk(company, apart):
        began = company.until - timedelta(hours=draw.randrange(1, 400))
        told += _talk(pair, began, draw)
        told.append(_intrude(pair, company, began, draw))
    return [page for page in told if page.time <= company.until]


def _talk(pair: Pair, began: datetime, draw: Random) -> Iterator[Envelope]:
    talk = an_id(f"talk {pair}")
    for time in range(draw.choice([1, 1, 2])):
        people = draw.sample(pair, 2)
        said = ConversationStarted(conversation_id=talk, user_ids=people)
        yield say(said, at=began + draw.randrange(60) * MINUTE, name=f"time {time}")
    for number in range(draw.randrange(5)):
        # A few moments only, so that several are said at once, some before the beginning.
        at = began + draw.randrange(-1, 4) * MINUTE
        yield _message(f"{pair} {number}", talk, draw.choice(pair), at)
        if draw.random() < 0.2:
            yield _image(f"{pair} {number}", talk, draw.choice(pair), at)
    if draw.random() < 0.5:
        for version in ("first", "second"):
            at = began + draw.randrange(4) * MINUTE
            yield _message(f"{pair} twice", talk, pair[0], at, version)


def _message(
    name: str, talk: str, sender: str, at: datetime, content: str = "How was it?"
) -> Envelope:
    said = MessageSent(
        message_id=an_id(f"message {name}"), conversation_id=talk, sender_id=sender, content=content
    )
    return say(said, at=at, name=content)


def _image(name: str, talk: str, sender: str, at: datetime) -> Envelope:
    said = MessageSent(
        message_id=an_id(f"image {name}"),
        conversation_id=talk,
        sender_id=sender,
        content="",
        type=MessageType.IMAGE,
        storage_id="kg2",
    )
    return say(said, at=at, name="image")


def _intrude(pair: Pair, company: Company, began: datetime, draw: Random) -> Envelope:
    """Have somebody else speak in a conversation: refused."""
    others = [person for person in company.people if person not in pair]
    stranger = draw.choice(others)
    return _message(f"{pair} intruder", an_id(f"talk {pair}"), stranger, began + 9 * MINUTE)
