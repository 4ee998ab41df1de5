"""Who may post and show photos at an event, and which photos are seen. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.facts import Fact
from domain.tables.messaging import EventPhotoStatus
from domain.verdict import Deferred, Rejected

_NO_SEAT = Rejected("no_seat", "neither the event's host nor anybody who has a seat")
_NOT_ATTENDED = Rejected("not_attended", "neither the event's host nor anybody who came")
_NOT_THE_HOST = Rejected("not_the_host", "only the event's host decides about its photos")


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody's part in an event is just now."""

    hosts: bool = False
    has_seat: bool = False
    came: bool = False


def judge_post(part: Part, *, awaits: str) -> Deferred | None:
    """Let the host and whoever has a seat post; others wait until they have one."""
    return None if part.hosts or part.has_seat else Deferred(awaits, otherwise=_NO_SEAT)


def judge_photo(part: Part, *, awaits: str) -> Deferred | None:
    """Let the host and whoever came show photos; others wait until they have come."""
    return None if part.hosts or part.came else Deferred(awaits, otherwise=_NOT_ATTENDED)


def judge_moderation(moderator: str, host: str) -> Rejected | None:
    """Refuse that anybody but the host decides."""
    return None if moderator == host else _NOT_THE_HOST


def settle_photo(facts: Sequence[Fact]) -> EventPhotoStatus:
    """Give who may see a photo: everybody, unless the newest decision says otherwise."""
    newest = max(facts, key=lambda fact: fact.stamp.order, default=None)
    return EventPhotoStatus.VISIBLE if newest is None else EventPhotoStatus(newest.data["status"])
