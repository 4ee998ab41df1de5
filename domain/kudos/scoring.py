"""What counting kudos add to the receivers' scores, moved by the difference."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from pydantic_core import to_json
from sqlmodel import Session

from domain.kudos.rules import gratitude, moved_counts
from domain.sql import execute, fetch


class Change(NamedTuple):
    """A kudo from giver to receiver that began (+1) or ceased (-1) to count."""

    receiver: UUID
    giver: UUID
    kudo: str
    difference: int


def lock_receivers(session: Session, receivers: Iterable[UUID]) -> None:
    """Lock people's metrics in key order; afterwards their pairs change in no other transaction."""
    execute(
        session,
        "SELECT user_id FROM user_internal_metrics WHERE user_id = ANY(%(users)s)"
        " ORDER BY user_id FOR NO KEY UPDATE",
        users=sorted(set(receivers)),
    )


def score(session: Session, changes: Sequence[Change]) -> None:
    """Move gratitude and aggregated kudos of the locked receivers; rows are written already."""
    if not changes:
        return
    pairs: Counter[tuple[UUID, UUID]] = Counter()
    kudos: dict[UUID, Counter[str]] = {}
    for receiver, giver, kudo, difference in changes:
        pairs[(receiver, giver)] += difference
        kudos.setdefault(receiver, Counter())[kudo] += difference
    worth = Counter[UUID]()
    for receiver, giver, after in _counting(session, pairs):
        before = after - pairs[(receiver, giver)]
        worth[receiver] += gratitude(after) - gratitude(before)
    receivers = sorted(kudos)
    counted = dict(
        fetch(
            session,
            "SELECT user_id, aggregated_kudos FROM user_internal_metrics"
            " WHERE user_id = ANY(%(users)s)",
            users=receivers,
        )
    )
    execute(
        session,
        """
        UPDATE user_internal_metrics AS kept SET gratitude = kept.gratitude + moved.gratitude,
            aggregated_kudos = moved.aggregated::jsonb, updated_at = now()
        FROM unnest(%(users)s::uuid[], %(gratitude)s::bigint[], %(aggregated)s::text[])
            AS moved (user_id, gratitude, aggregated)
        WHERE kept.user_id = moved.user_id
        """,
        users=receivers,
        gratitude=[worth[user] for user in receivers],
        aggregated=[
            to_json(moved_counts(counted[user], kudos[user])).decode() for user in receivers
        ],
    )


def _counting(
    session: Session, pairs: Iterable[tuple[UUID, UUID]]
) -> list[tuple[UUID, UUID, int]]:
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
            receivers=[receiver for receiver, _ in listed],
            givers=[giver for _, giver in listed],
        )
    ]
