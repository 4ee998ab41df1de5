"""Each question, asked of the crowd about whoever makes it hardest; and how much it may read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlmodel import Session

from domain.queries.conversations import conversations, messages
from domain.queries.events import (
    average_rating_of_events_attended,
    event_dna,
    events_attended,
    upcoming_events,
)
from domain.queries.gatherings import event_details, event_gallery, event_posts
from domain.queries.hosting import (
    event_history,
    events_hosted,
    host_comments,
    host_rating,
    host_reliability,
)
from domain.queries.invitations import open_invitations
from domain.queries.memories import liked_profiles, links_shared_with, memory_book, open_duo
from domain.queries.nearby import Circle, events_nearby
from domain.queries.page import page
from domain.queries.people import (
    face_card_unlocks,
    interests,
    is_subscription_active,
    kudos_showcase,
    subscription_of,
)
from domain.queries.profiles import profile
from domain.queries.search import search_people
from tests.factories.crowd import (
    AT_CROWDED_EVENT,
    BLOCKER,
    CHAT,
    CROWDED_EVENT,
    FAMOUS_HOST,
    LISTENER,
    NOW,
    TALKER,
    VETERAN,
    number,
)

LONG_AGO: Final = NOW - timedelta(days=700)
SOMEBODY: Final = number("person", 4_711)
NEW_YORK: Final = Circle(40.7128, -74.0060, 25)


class Question(NamedTuple):
    """A question; `buffers` is the most pages of 8 KiB that Postgres may look at for it."""

    ask: Callable[[Session], object]
    buffers: int


def deep(*key: datetime | float | str) -> str | None:
    """A cursor that leads into the depth of a list."""
    return page(["", ""], 1, key=lambda _: key).next


QUESTIONS: Final = {
    "events_attended": Question(lambda s: events_attended(s, VETERAN), 300),
    "events_attended, long ago": Question(
        lambda s: events_attended(s, VETERAN, after=deep(LONG_AGO, SOMEBODY)), 300
    ),
    "event_dna": Question(lambda s: event_dna(s, VETERAN), 100),
    # In proportion to what one person was at, which is as much as anybody can live.
    "average_rating_of_events_attended": Question(
        lambda s: average_rating_of_events_attended(s, VETERAN), 20_000
    ),
    # In proportion to the seats that one person holds at events to come: 131.
    "upcoming_events": Question(lambda s: upcoming_events(s, VETERAN, now=NOW), 2_000),
    "event_details": Question(lambda s: event_details(s, CROWDED_EVENT), 100),
    "event_posts": Question(
        lambda s: event_posts(s, CROWDED_EVENT, reader_id=AT_CROWDED_EVENT), 100
    ),
    "event_gallery": Question(
        lambda s: event_gallery(s, CROWDED_EVENT, reader_id=AT_CROWDED_EVENT), 100
    ),
    "events_hosted": Question(lambda s: events_hosted(s, FAMOUS_HOST), 100),
    "events_hosted, long ago": Question(
        lambda s: events_hosted(s, FAMOUS_HOST, after=deep(LONG_AGO, SOMEBODY)), 100
    ),
    "event_history": Question(lambda s: event_history(s, FAMOUS_HOST), 500),
    "host_rating": Question(lambda s: host_rating(s, FAMOUS_HOST), 10),
    "host_comments": Question(lambda s: host_comments(s, FAMOUS_HOST), 100),
    "host_reliability": Question(lambda s: host_reliability(s, FAMOUS_HOST), 50),
    "open_invitations": Question(lambda s: open_invitations(s, VETERAN, now=NOW), 100),
    "memory_book": Question(lambda s: memory_book(s, VETERAN), 200),
    "links_shared_with": Question(
        lambda s: links_shared_with(s, number("person", 11), sharer_id=VETERAN), 10
    ),
    "open_duo": Question(lambda s: open_duo(s, VETERAN, now=NOW), 500),
    "liked_profiles": Question(lambda s: liked_profiles(s, VETERAN), 100),
    "messages": Question(lambda s: messages(s, CHAT, reader_id=LISTENER), 100),
    "messages, long ago": Question(
        lambda s: messages(
            s, CHAT, reader_id=LISTENER, after=deep(NOW - timedelta(days=70), SOMEBODY)
        ),
        100,
    ),
    # In proportion to how many people somebody talks to.
    "conversations": Question(lambda s: conversations(s, TALKER), 2_000),
    "profile": Question(lambda s: profile(s, FAMOUS_HOST, now=NOW, asker_id=SOMEBODY), 100),
    "interests": Question(lambda s: interests(s, SOMEBODY), 50),
    "is_subscription_active": Question(lambda s: is_subscription_active(s, SOMEBODY, now=NOW), 10),
    "subscription_of": Question(lambda s: subscription_of(s, SOMEBODY, now=NOW), 10),
    "kudos_showcase": Question(lambda s: kudos_showcase(s, VETERAN), 10),
    "face_card_unlocks": Question(lambda s: face_card_unlocks(s, VETERAN), 10),
    # What a third have, what a sixth have, and what a handful have.
    "search_people, a frequent word": Question(
        lambda s: search_people(s, "engineer", asker_id=BLOCKER), 1_500
    ),
    "search_people, two frequent words": Question(
        lambda s: search_people(s, "engineer hiking"), 1_500
    ),
    "search_people, asked by somebody whom thousands block": Question(
        lambda s: search_people(s, "chess", asker_id=FAMOUS_HOST), 6_000
    ),
    "search_people, a rare word": Question(lambda s: search_people(s, "astronaut"), 200),
    # In proportion to the places in the circle.
    "events_nearby": Question(lambda s: events_nearby(s, NEW_YORK, now=NOW), 10_000),
}
