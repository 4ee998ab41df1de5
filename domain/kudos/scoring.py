"""What counting kudos add to the receivers' scores, moved by the difference."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlmodel import Session

from domain.kudos.rules import gratitude, moved_counts
from domain.sql import array, as_json, fetch

_MOVE = """
WITH turned AS (
    UPDATE user_internal_metrics AS kept SET gratitude = kept.gratitude + moved.gratitude,
        kudos_count = kept.kudos_count + moved.kudos,
        kudos_givers = kept.kudos_givers + moved.givers,
        aggregated_kudos = moved.aggregated_kudos, updated_at = now()
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS moved
        (user_id uuid, gratitude bigint, kudos int, givers int, aggregated_kudos jsonb)
    WHERE kept.user_id = moved.user_id
    RETURNING kept.user_id, old.is_widely_thanked AS was, new.is_widely_thanked AS became
)
SELECT user_id FROM turned WHERE was <> became
"""

# Aggregated kudos by person, as they stood when locked.
Counted = Mapping[str, Mapping[str, int]]


class Change(NamedTuple):
    """A kudo from giver to receiver that began (+1) or ceased (-1) to count."""

    receiver: str
    giver: str
    kudo: str
    difference: int


def lock_receivers(session: Session, receivers: Iterable[str]) -> Counted:
    """Lock people's metrics in key order, and give their aggregated kudos.

    From now on until the end, their pairs change in no other transaction.
    """
    return dict(
        fetch(
            session,
            "SELECT user_id, aggregated_kudos FROM user_internal_metrics"
            " WHERE user_id = ANY(%(users)s::uuid[]) ORDER BY user_id FOR NO KEY UPDATE",
            users=array(sorted(set(receivers))),
        )
    )


def score(session: Session, changes: Sequence[Change], counted: Counted) -> set[str]:
    """Move what kudos add to the locked receivers' metrics; rows are written already.

    Gives those who have come to be widely thanked, or are so no longer.
    """
    if not changes:
        return set()
    pairs: Counter[tuple[str, str]] = Counter()
    kudos: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for receiver, giver, kudo, difference in changes:
        pairs[(receiver, giver)] += difference
        kudos[receiver][kudo] += difference
    worth, givers = Counter[str](), Counter[str]()
    for receiver, giver, after in _counting(session, pairs):
        before = after - pairs[(receiver, giver)]
        worth[receiver] += gratitude(after) - gratitude(before)
        if not before or not after:
            givers[receiver] += bool(after) - bool(before)
    rows = fetch(
        session,
        _MOVE,
        rows=as_json(
            {
                "user_id": user,
                "gratitude": worth[user],
                "kudos": sum(kudos[user].values()),
                "givers": givers[user],
                "aggregated_kudos": moved_counts(counted[user], kudos[user]),
            }
            for user in sorted(kudos)
        ),
    )
    return {user for (user,) in rows}


def _counting(session: Session, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """Count the counting kudos of each pair, those of this transaction included."""
    listed = list(pairs)
    return [
        (receiver, giver, count)
        for receiver, giver, count in fetch(
            session,
            """
            SELECT asked.receiver_id, asked.giver_id, found.count
            FROM unnest(%(receivers)s::uuid[], %(givers)s::uuid[]) AS asked (receiver_id, giver_id)
            CROSS JOIN LATERAL (
                SELECT count(*) FROM attendee_kudos AS row
                WHERE row.receiver_id = asked.receiver_id AND row.giver_id = asked.giver_id
                    AND row.counts
            ) AS found
            """,
            receivers=array(receiver for receiver, _ in listed),
            givers=array(giver for _, giver in listed),
        )
    ]
