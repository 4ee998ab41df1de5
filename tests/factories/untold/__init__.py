"""Tells what nobody in the city does: domain events of which no evening is made.

A file a topic; each has `tell(city, draw)`, which gives what is said about the city's own people.
"""

from collections.abc import Sequence
from random import Random

from domain.envelope import Envelope
from tests.factories.untold import (
    clock,
    duos,
    money,
    people,
    profiles,
    remembering,
    safety,
    showing,
    support,
    talking,
    thanks,
)

TOPICS = (
    people,
    profiles,
    thanks,
    duos,
    money,
    safety,
    support,
    talking,
    showing,
    remembering,
    clock,
)


def with_untold(told: Sequence[Envelope], seed: int) -> list[Envelope]:
    """Add what the city leaves out to its history, about its own people."""
    added = [
        page for topic in TOPICS for page in topic.tell(told, Random(f"{topic.__name__} {seed}"))
    ]
    return sorted([*told, *added], key=lambda page: (page.time, page.id))
