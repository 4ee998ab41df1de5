"""Blocks between two people: what stood when, and what stands now. Read by every topic.

A block stands, for both, from its time until a newer word ends it. What stood when is read from
the kept facts, what stands now from `blocked_users`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlmodel import Session

from domain.payload import Stamp
from domain.sql import array, fetch

Pair = tuple[str, str]


class Word(NamedTuple):
    """What one person said of another: a block (`blocks`), or its end."""

    stamp: Stamp
    blocks: bool


class Span(NamedTuple):
    """How long a block stood; `until` is null while it stands, and no longer part of it."""

    since: datetime
    until: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Say whether the block stood at a moment."""
        return self.since <= moment and (self.until is None or moment < self.until)


def spans(words: Iterable[Word]) -> list[Span]:
    """Fold what one person said of another, in any order, into the times of their blocks.

    A block while one stands, and an end while none does, changes nothing.
    """
    found: list[Span] = []
    for stamp, blocks in sorted(words, key=lambda word: word.stamp.order):
        stands = bool(found) and found[-1].until is None
        if blocks and not stands:
            found.append(Span(stamp.time, None))
        elif stands and not blocks:
            found[-1] = Span(found[-1].since, stamp.time)
    return found


def has_effect(word: Word, words: Iterable[Word]) -> bool:
    """Say whether a word, at its place among all that was said, began or ended a block."""
    before = [each for each in words if each.stamp < word.stamp]
    stood = bool(before) and max(before, key=lambda each: each.stamp.order).blocks
    return word.blocks is not stood


class Blocks:
    """The blocks among a few people, whoever of two blocked whom."""

    def __init__(self, by_pair: Mapping[Pair, Sequence[Span]]) -> None:
        """Take the blocks by (blocker, blocked)."""
        self._by_pair = by_pair

    def __bool__(self) -> bool:
        """Say whether there ever was one; mostly there wasn't, and nobody need ask further."""
        return bool(self._by_pair)

    def stood(self, one: str, other: str, *, at: datetime) -> bool:
        """Say whether a block between two people, in either direction, stood at a moment."""
        return any(
            span.holds(at)
            for pair in ((one, other), (other, one))
            for span in self._by_pair.get(pair, ())
        )

    def standing(self, moment: datetime, among: Iterable[str]) -> set[Pair]:
        """Give the pairs of these people, in both directions, that a block parted at a moment."""
        people = set(among)
        return {
            pair
            for (one, other), listed in self._by_pair.items()
            if one in people and other in people and any(span.holds(moment) for span in listed)
            for pair in ((one, other), (other, one))
        }


def load_words(session: Session, pairs: Iterable[Pair]) -> dict[Pair, list[Word]]:
    """Give everything that was said of each (blocker, blocked)."""
    listed = sorted(set(pairs))
    rows = fetch(
        session,
        """
        SELECT blocker_id, blocked_id, at, id, source, blocks FROM block_facts
        JOIN unnest(%(blockers)s::uuid[], %(blocked)s::uuid[]) AS asked (blocker_id, blocked_id)
            USING (blocker_id, blocked_id)
        """,
        blockers=array(pair[0] for pair in listed),
        blocked=array(pair[1] for pair in listed),
    )
    words: dict[Pair, list[Word]] = {pair: [] for pair in listed}
    for blocker, blocked, at, id_, source, blocks in rows:
        words[(blocker, blocked)].append(Word(Stamp(at, id_, source), blocks))
    return words


def load_blocks(session: Session, people: Iterable[str]) -> Blocks:
    """Read all blocks among these people, which costs next to nothing where there are none.

    Asked by people and not by pairs: a batch of kudos has thousands of pairs, and few blocks.
    """
    rows = fetch(
        session,
        """
        SELECT blocker_id, blocked_id, at, id, source, blocks FROM block_facts
        WHERE blocker_id = ANY(%(people)s::uuid[]) AND blocked_id = ANY(%(people)s::uuid[])
        ORDER BY blocker_id, blocked_id
        """,
        people=array(set(people)),
    )
    return Blocks(
        {
            pair: spans(
                Word(Stamp(at, id_, source), blocks) for _, _, at, id_, source, blocks in said
            )
            for pair, said in groupby(rows, key=lambda row: (row[0], row[1]))
        }
    )


def stands_between(one: str, other: str) -> str:
    """Give SQL that says whether a block between two people stands now, in either direction.

    `one` and `other` are SQL too: columns that hold their ids. For what is decided at the moment
    of applying; what is judged by the time at which it happened asks `Blocks`.
    """
    return f"""EXISTS (
        SELECT FROM blocked_users AS parted WHERE parted.unblocked_at IS NULL
            AND ((parted.blocker_id, parted.blocked_id) = ({one}, {other})
                OR (parted.blocker_id, parted.blocked_id) = ({other}, {one})))"""


def events_of_both(session: Session, pairs: Iterable[Pair]) -> list[str]:
    """Give the events where both of a pair have a place, as guests or host.

    Nothing else that is judged by blocks lies between two people. Locked for change after a block
    was kept, these events let whoever had judged by the old state commit first, and be found.
    """
    listed = list(pairs)
    rows = fetch(
        session,
        """
        SELECT DISTINCT mine.event_id
        FROM unnest(%(ones)s::uuid[], %(others)s::uuid[]) AS pair (one, other)
        CROSS JOIN LATERAL (
            SELECT event_id FROM attendance WHERE user_id = pair.one
            UNION ALL
            SELECT id FROM events WHERE host_id = pair.one
        ) AS mine
        WHERE EXISTS (SELECT FROM attendance AS seat
                WHERE seat.event_id = mine.event_id AND seat.user_id = pair.other)
            OR EXISTS (SELECT FROM events
                WHERE events.id = mine.event_id AND events.host_id = pair.other)
        """,
        ones=array(pair[0] for pair in listed),
        others=array(pair[1] for pair in listed),
    )
    return [event for (event,) in rows]
