"""Reads what the rules need to know of people who talk, for a whole batch with one query each."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlmodel import Session

from domain.messaging.rules import Pair
from domain.sql import array, fetch

# Whether one of the two blocks the other just now.
_BLOCKED = """
EXISTS (
    SELECT FROM blocked_users AS wall
    WHERE (wall.blocker_id = {0}.user_low AND wall.blocked_id = {0}.user_high
            OR wall.blocker_id = {0}.user_high AND wall.blocked_id = {0}.user_low)
        AND wall.unblocked_at IS NULL)
"""

# Whether the two came to the same event, which one of them may have hosted.
_MET = """
EXISTS (
    SELECT FROM attendance AS one JOIN events ON events.id = one.event_id
    WHERE one.user_id = {0} AND one.status IN ('attended', 'late')
        AND events.cancelled_at IS NULL
        AND (events.host_id = {1} OR EXISTS (
            SELECT FROM attendance AS other
            WHERE other.event_id = one.event_id AND other.user_id = {1}
                AND other.status IN ('attended', 'late'))))
"""


class Standing(NamedTuple):
    """How two people stand to each other."""

    blocked: bool
    met: bool


class Talk(NamedTuple):
    """A conversation: who talks, and whether one of them blocks the other."""

    pair: Pair
    blocked: bool


def load_standings(session: Session, pairs: Iterable[Pair]) -> dict[Pair, Standing]:
    """Give how the two of each pair stand to each other."""
    listed = sorted(set(pairs))
    rows = fetch(
        session,
        f"""
        SELECT asked.user_low, asked.user_high, {_BLOCKED.format("asked")},
            {_MET.format("asked.user_low", "asked.user_high")}
            OR {_MET.format("asked.user_high", "asked.user_low")}
        FROM unnest(%(lows)s::uuid[], %(highs)s::uuid[]) AS asked (user_low, user_high)
        """,
        lows=array(low for low, _ in listed),
        highs=array(high for _, high in listed),
    )
    return {(low, high): Standing(blocked, met) for low, high, blocked, met in rows}


def find_conversations(
    session: Session, conversations: Iterable[str], pairs: Iterable[Pair]
) -> dict[str, Pair]:
    """Give the conversations with these ids, and those of these pairs."""
    listed = sorted(set(pairs))
    rows = fetch(
        session,
        """
        SELECT id, user_low, user_high FROM conversations WHERE id = ANY(%(ids)s::uuid[])
        UNION
        SELECT id, user_low, user_high
        FROM unnest(%(lows)s::uuid[], %(highs)s::uuid[]) AS asked (user_low, user_high)
        JOIN conversations USING (user_low, user_high)
        """,
        ids=array(conversations),
        lows=array(low for low, _ in listed),
        highs=array(high for _, high in listed),
    )
    return {identity: (low, high) for identity, low, high in rows}


def load_talks(session: Session, conversations: Iterable[str]) -> dict[str, Talk]:
    """Give who talks in each conversation."""
    rows = fetch(
        session,
        f"""
        SELECT id, user_low, user_high, {_BLOCKED.format("conversations")}
        FROM conversations WHERE id = ANY(%(ids)s::uuid[])
        """,
        ids=array(set(conversations)),
    )
    return {identity: Talk((low, high), blocked) for identity, low, high, blocked in rows}
