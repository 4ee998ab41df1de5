"""Proposals: who was found for an event once it could be matched, kept as of that moment."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from domain.constants import PROPOSALS_KEPT
from domain.deleted import deletions
from domain.matching.finding import Candidate, find
from domain.matching.occasion import Occasion, read_occasion
from domain.sql import as_json, execute, fetch
from domain.things import Hold, lock


def propose(session: Session, event_id: str, *, now: datetime) -> int:
    """Keep the best candidates for an event, unless it has some already; give how many.

    The search takes a while, so it holds nothing; what may have changed meanwhile is looked at
    again under locks, which are short.
    """
    occasion = _lacking(session, event_id, now=now)
    if occasion is None:
        return 0
    found = find(session, occasion, limit=PROPOSALS_KEPT, now=now)
    people = {each.user_id for each in found}
    # Who deletes somebody waits until the proposals are there to be erased.
    lock(session, "user", [occasion.host_id, *people], Hold.SHARE)
    # Nobody else proposes for the same event meanwhile.
    lock(session, "event", [event_id], Hold.CHANGE)
    gone = set(deletions(session, [occasion.host_id, *people]))
    if occasion.host_id in gone or _lacking(session, event_id, now=now) is None:
        return 0
    still_there = (each for each in found if not {each.user_id, each.partner_id} & gone)
    return _keep(session, event_id, still_there, now=now)


def _lacking(session: Session, event_id: str, *, now: datetime) -> Occasion | None:
    """Read an event if it is to have proposals: it can be matched and has none."""
    occasion = read_occasion(session, event_id)
    if occasion is None or occasion.vector is None or occasion.closed(now):
        return None
    made = fetch(
        session, "SELECT FROM event_candidates WHERE event_id = %(event)s LIMIT 1", event=event_id
    )
    return None if made else occasion


def _keep(session: Session, event_id: str, found: Iterable[Candidate], *, now: datetime) -> int:
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
