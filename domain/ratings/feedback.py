"""Summaries of comments: wanted when ratings are settled, made by a chore, written if still wanted.

Which comments a summary is of is known by their hash: what is shown is always a summary of just
those comments that count now, or null.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import REFUSED_FIRST_PAUSE, REFUSED_LONGEST_PAUSE, REQUEST_LEASE
from domain.ratings.rules import chosen_comments, comments_hash
from domain.sql import execute, fetch
from domain.things import Hold, lock


class Wanted(NamedTuple):
    """Comments of an event that are to be summed up."""

    event_id: str
    hash: str
    comments: Sequence[str]
    attempts: int


def want(session: Session, hashes: Mapping[str, str | None], *, now: datetime) -> None:
    """Want summaries of the events' comments, by their hash; None: there are too few."""
    execute(
        session,
        """
        WITH wanted AS (
            SELECT * FROM unnest(%(events)s::uuid[], %(hashes)s::text[]) AS wanted (event_id, hash)
        ), gone AS (
            DELETE FROM feedback_summaries AS kept USING wanted
            WHERE kept.event_id = wanted.event_id AND wanted.hash IS NULL
        )
        INSERT INTO feedback_summaries (event_id, comments_hash, due_at)
        SELECT event_id, hash, %(now)s FROM wanted WHERE hash IS NOT NULL ORDER BY event_id
        ON CONFLICT (event_id) DO UPDATE SET comments_hash = excluded.comments_hash,
            summary = NULL, attempts = 0, due_at = excluded.due_at, updated_at = now()
        """,
        events=list(hashes),
        hashes=list(hashes.values()),
        now=now,
    )


def take(session: Session, *, limit: int, now: datetime) -> list[Wanted]:
    """Take wanted summaries in hand for as long as the lease lasts, and read the comments."""
    rows = fetch(
        session,
        """
        WITH taken AS MATERIALIZED (
            SELECT event_id FROM feedback_summaries WHERE due_at <= %(now)s
            ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        )
        UPDATE feedback_summaries AS kept SET due_at = %(now)s + %(lease)s FROM taken
        WHERE kept.event_id = taken.event_id
        RETURNING kept.event_id, kept.comments_hash, kept.attempts, ARRAY(
            SELECT comment FROM ratings
            WHERE ratings.event_id = kept.event_id AND counts AND comment IS NOT NULL)
        """,
        now=now,
        limit=limit,
        lease=REQUEST_LEASE,
    )
    return [
        Wanted(event, hash_, chosen_comments(comments), attempts)
        for event, hash_, attempts, comments in sorted(rows)
    ]


def write(session: Session, wanted: Wanted, *, summary: str) -> bool:
    """Write a summary, unless the comments have changed meanwhile; say whether."""
    lock(session, "event", [wanted.event_id], Hold.CHANGE)
    made_of = comments_hash(wanted.comments)
    written = execute(
        session,
        """
        WITH made AS (
            UPDATE feedback_summaries SET summary = %(summary)s, due_at = NULL, updated_at = now()
            WHERE event_id = %(event)s AND comments_hash = %(hash)s
            RETURNING event_id
        )
        UPDATE events SET updated_at = now(), event_summary =
            jsonb_set(event_summary, '{feedback_summary_ai}', to_jsonb(%(summary)s::text))
        FROM made WHERE events.id = made.event_id AND event_summary IS NOT NULL
        """,
        event=wanted.event_id,
        hash=made_of,
        summary=summary,
    )
    return written > 0


def put_off(session: Session, wanted: Wanted, *, now: datetime) -> None:
    """Have refused comments tried again after a pause that doubles each time."""
    execute(
        session,
        """
        UPDATE feedback_summaries SET attempts = least(attempts + 1, 1000),
            due_at = %(now)s + least(%(first)s * 2 ^ least(attempts, 30), %(longest)s)
        WHERE event_id = %(event)s AND comments_hash = %(hash)s AND due_at IS NOT NULL
        """,
        event=wanted.event_id,
        hash=wanted.hash,
        now=now,
        first=REFUSED_FIRST_PAUSE,
        longest=REFUSED_LONGEST_PAUSE,
    )


def give_back(session: Session, wanted: Sequence[Wanted], *, now: datetime) -> None:
    """Have those that nobody could sum up just now taken again at once."""
    execute(
        session,
        """
        UPDATE feedback_summaries AS kept SET due_at = %(now)s
        FROM unnest(%(events)s::uuid[], %(hashes)s::text[]) AS back (event_id, hash)
        WHERE kept.event_id = back.event_id AND kept.comments_hash = back.hash
            AND kept.due_at IS NOT NULL
        """,
        events=[each.event_id for each in wanted],
        hashes=[each.hash for each in wanted],
        now=now,
    )
