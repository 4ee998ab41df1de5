"""What follows from what people show of themselves. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from domain.calendar import months_after
from domain.constants import AUTHENTIC_BADGE_MONTHS, GOLDEN_EVENTS, VINTAGE_EVENTS
from domain.facts import Fact, NewestWins
from domain.payload import Stamp
from domain.verdict import Rejected

PERSONA_FIELDS = ("career", "interests", "mood")
REMOVED = "removed"


def judge_pair(one: str, other: str) -> Rejected | None:
    """Refuse what nobody does to themselves: liking, sharing."""
    return Rejected("self", "nobody does this with themselves") if one == other else None


def badge_end(added_at: datetime, *, is_authentic: bool) -> datetime | None:
    """Give when an authentic photo's badge ends: 12 calendar months after it was added."""
    return months_after(added_at, AUTHENTIC_BADGE_MONTHS) if is_authentic else None


class Photo(NamedTuple):
    """A photo and its place in the order."""

    stamp: Stamp
    url: str
    is_authentic: bool


def settle_faces(photos: Iterable[Photo]) -> dict[str, str | None]:
    """Give a social profile's photo columns; first means least in the order."""
    in_order = sorted(photos, key=lambda photo: photo.stamp.order)
    current = next((photo.url for photo in in_order), None)
    source = next((photo.url for photo in in_order if photo.is_authentic), None)
    return {
        "current_photo_url": current,
        "face_card_source_photo_url": source,
        "current_face_card_photo_url": source or current,
    }


def interest_names(said: Iterable[str]) -> list[str]:
    """Give names as they are compared: trimmed, each once, in the order in which they were said.

    Case matters. If it didn't, the spelling that stands for all would be whichever came first.
    """
    return list(dict.fromkeys(name.strip() for name in said))


def settle_interests(facts: Sequence[Fact]) -> list[str]:
    """Give what somebody is interested in: what was selected last."""
    selected = [fact for fact in facts if fact.kind == "interests.selected"]
    return interest_names(selected[-1].data["interests"]) if selected else []


def settle_persona(facts: Sequence[Fact]) -> dict[str, Any]:
    """Give career, interests and mood, each by its newest word."""
    persona = NewestWins()
    for fact in facts:
        if fact.kind == "persona.updated":
            said = {name: fact.data[name] for name in PERSONA_FIELDS if name in fact.data}
            persona.offer(fact.stamp, said)
    settled = dict.fromkeys(PERSONA_FIELDS) | persona.values
    if settled["interests"] is not None:
        settled["interests"] = interest_names(settled["interests"])
    return settled


class TokenFact(NamedTuple):
    """What was said about a push token, by whom, and when that person was deleted, if so.

    `token_id`, `token` and `platform` are those of a registration; a removal has none.
    """

    stamp: Stamp
    user_id: str
    deleted_at: datetime | None
    token_id: str | None = None
    token: str | None = None
    platform: str | None = None


class TokenHeld(NamedTuple):
    """Who has a push token by which registration, and since when it isn't to be used."""

    by: TokenFact
    disabled_at: datetime | None
    disabled_reason: str | None


def settle_token(facts: Iterable[TokenFact]) -> TokenHeld | None:
    """Give who has a token: who registered it last; None if nobody does.

    Only its holder's removal disables it, and only a registration enables it again. One whose
    last holder was deleted is nobody's: it doesn't fall back to whoever had that phone before.
    """
    held: TokenHeld | None = None
    for fact in sorted(facts, key=lambda fact: fact.stamp.order):
        if fact.deleted_at is not None and fact.stamp.time > fact.deleted_at:
            continue
        if fact.token_id is not None:
            held = TokenHeld(fact, None, None)
        elif held is not None and held.by.user_id == fact.user_id and held.disabled_at is None:
            held = TokenHeld(held.by, fact.stamp.time, REMOVED)
    return None if held is None or held.by.deleted_at is not None else held


def settle_unlocks(*, events: int, is_widely_thanked: bool) -> set[str]:
    """Give the looks of the face card that somebody has earned.

    `events` is how many they attended, late included; thanked widely is told by the metrics.
    """
    earned = {
        "style:vintage": events >= VINTAGE_EVENTS,
        "style:golden": events >= GOLDEN_EVENTS,
        "frame:kind": is_widely_thanked,
    }
    return {look for look, holds in earned.items() if holds}
