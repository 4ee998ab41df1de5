"""Proposals: who was found for an event once it could be matched, kept as of that moment."""

from datetime import datetime

from sqlmodel import Session

from domain.constants import PROPOSALS_KEPT
from domain.matching.candidates import candidates
from domain.matching.occasion import read_occasion
from domain.sql import as_json, execute, fetch
from domain.things import Hold, lock


def propose(session: Session, event_id: str, *, now: datetime) -> int:
    """Keep the best candidates for an event, unless it has some already; give how many."""
    # Held until it is done: nobody else proposes for the same event meanwhile.
    lock(session, "event", [event_id], Hold.CHANGE)
    occasion = read_occasion(session, event_id)
    if occasion is None or occasion.vector is None or occasion.closed(now):
        return 0
    made = fetch(
        session, "SELECT FROM event_candidates WHERE event_id = %(event)s LIMIT 1", event=event_id
    )
    if made:
        return 0
    found = candidates(session, occasion, limit=PROPOSALS_KEPT, now=now)
    return execute(
        session,
        """
        INSERT INTO event_candidates
            (event_id, user_id, rank, score, match_reason, duo_id, proposed_at)
        SELECT event_id, user_id, rank, score, match_reason, duo_id, proposed_at
        FROM jsonb_populate_recordset(NULL::event_candidates, %(rows)s::jsonb)
        ON CONFLICT DO NOTHING
        """,
        rows=as_json(
            {
                "event_id": event_id,
                "user_id": each.user_id,
                "rank": rank,
                "score": each.score,
                "match_reason": each.match_reason,
                "duo_id": each.duo_id,
                "proposed_at": now,
            }
            for rank, each in enumerate(found, start=1)
        ),
    )
