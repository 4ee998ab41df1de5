"""What happens to one duo of Ada's and Bo's, in words; and where it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.duos.rules import Block, Outing, Pact, settle_duo
from domain.facts import Fact
from tests.factories.facts import DAY, END, HOUR, START, a_fact, a_stamp, in_order

PROPOSED = START - 5 * DAY
ACCEPTED = START - 4 * DAY
EXPIRES = START + DAY


def proposed(time: datetime = PROPOSED, *, id_: str = "m", **data: Any) -> Fact:
    """Ada asked Bo."""
    said = {"initiator_id": "ada", "partner_id": "bo", "expires_at": EXPIRES.isoformat()}
    return a_fact("duo.proposed", time, id_=id_, **{**said, **data})


def accepted(time: datetime = ACCEPTED, *, id_: str = "m") -> Fact:
    """Bo agreed."""
    return a_fact("duo.accepted", time, id_=id_)


def declined(time: datetime, *, id_: str = "m") -> Fact:
    """One of them doesn't want to."""
    return a_fact("duo.declined", time, id_=id_)


def expired(time: datetime = EXPIRES, *, id_: str = "m") -> Fact:
    """The clock says that the time is over."""
    return a_fact("duo.expired", time, id_=id_)


def blocked(time: datetime, *, by: str = "ada", id_: str = "m") -> Block:
    """One blocks the other."""
    return Block(a_stamp(time, id_), by, blocks=True)


def unblocked(time: datetime, *, by: str = "ada", id_: str = "m") -> Block:
    """One blocks the other no longer."""
    return Block(a_stamp(time, id_), by, blocks=False)


def outing(
    event: str = "drinks", *, starts_at: datetime = START, completed_at: datetime = END + 2 * HOUR
) -> Outing:
    """Both were invited as a pair, and both came."""
    return Outing(event, starts_at, completed_at)


@dataclass(frozen=True, slots=True)
class Story:
    """All that a duo is judged by, but for its proposal, which may be given too."""

    facts: Sequence[Fact] = ()
    blocks: Sequence[Block] = ()
    deleted_at: datetime | None = None
    outings: Sequence[Outing] = ()


def settled(*facts: Fact, **rest: Any) -> Pact:
    """Where a duo ends, given its facts and whatever else a story says."""
    return settled_story(Story(facts, **rest))


def settled_story(story: Story) -> Pact:
    """Where a duo ends."""
    is_proposed = any(fact.kind == "duo.proposed" for fact in story.facts)
    facts = story.facts if is_proposed else [proposed(), *story.facts]
    return settle_duo(
        in_order(facts), story.blocks, deleted_at=story.deleted_at, outings=story.outings
    )
