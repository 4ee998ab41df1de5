"""What ops ask of the chores: what is still to be made, and which ports are at rest."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.sql import fetch


def chore_numbers(session: Session, now: datetime) -> dict[str, Any]:
    """Give how much is to be made, for how many seconds the oldest, and who isn't asked."""
    ((vectors, oldest),) = fetch(session, "SELECT count(*), min(created_at) FROM matching_requests")
    ((summaries,),) = fetch(
        session, "SELECT count(*) FROM feedback_summaries WHERE due_at IS NOT NULL"
    )
    resting = fetch(
        session,
        "SELECT port, reason, until FROM port_rests WHERE until > %(now)s ORDER BY port",
        now=now,
    )
    return {
        "to_make": vectors,
        "oldest_s": None if oldest is None else max((now - oldest).total_seconds(), 0.0),
        "to_sum_up": summaries,
        "resting": [
            {"port": port, "reason": reason, "for_s": (until - now).total_seconds()}
            for port, reason, until in resting
        ],
    }
