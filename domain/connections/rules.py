"""Who belongs into whose memory book, and what is written there. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations
from typing import Any

from domain.facts import Fact
from domain.payload import Stamp
from domain.verdict import Rejected

Pair = tuple[str, str]

# What stands where nothing was written, or null.
BLANK: Mapping[str, Any] = {
    "is_favorite": False,
    "wants_to_connect_again": False,
    "does_not_want_to_connect_again": False,
    "private_notes": None,
}


@dataclass(slots=True)
class Entry:
    """What an owner wrote about somebody; `authors` says whose words stand."""

    fields: dict[str, Any] = field(default_factory=lambda: dict(BLANK))
    authors: set[Stamp] = field(default_factory=set)


def settle_connections(
    present: Collection[str],
    host: str,
    *,
    stands: bool,
    blocked: Collection[Pair] = frozenset(),
    written: Collection[Pair] = (),
    seated: Collection[str] = (),
) -> set[Pair]:
    """Give (owner, other) of everybody who met at an event.

    `present` attended or were late; the host is not one of them. `blocked` are the pairs, in both
    directions, that a block parted at completion. Besides, across a block too, whom an owner has
    `written` about, where both ever got a seat (`seated`), which a host never does. None unless
    the event is completed and not cancelled (`stands`).
    """
    if not stands:
        return set()
    met = set(permutations(set(present) - {host}, 2)).difference(blocked)
    further = {(owner, other) for owner, other in written if owner in seated and other in seated}
    return met | further


def judge_entry(
    owner: str, other: str, *, host: str, time: datetime, deleted_at: datetime | None
) -> Rejected | None:
    """Refuse to write about oneself, about or as the host, and after one's own deletion."""
    if owner == other:
        return Rejected("self", "nobody is in their own memory book")
    if host in (owner, other):
        return Rejected("host", "the host is in nobody's memory book of the event, and has none")
    if deleted_at is not None and time > deleted_at:
        return Rejected("user_deleted", "the person was deleted before this")
    return None


def settle_entry(facts: Sequence[Fact]) -> Entry:
    """Fold what an owner wrote about somebody, in order: each field by its newest word."""
    entry = Entry()
    newest: dict[str, Stamp] = {}
    for fact in facts:
        for name in BLANK.keys() & fact.data.keys():
            said = fact.data[name]
            entry.fields[name] = BLANK[name] if said is None else said
            newest[name] = fact.stamp
    entry.authors = set(newest.values())
    return entry
