"""When another model makes vectors from now on, those that the last one made are made anew."""

from datetime import datetime

from sqlmodel import Session

from domain.sql import execute

# Two probes of an index when there are none, as there mostly are.
_ASK = """
INSERT INTO matching_requests (kind, target, due_at)
SELECT other.kind, other.target, %(now)s
FROM (
    SELECT kind, target FROM embeddings WHERE model < %(model)s
    UNION ALL
    SELECT kind, target FROM embeddings WHERE model > %(model)s
) AS other
WHERE NOT EXISTS (
    SELECT FROM matching_requests AS asked
    WHERE asked.target = other.target AND asked.kind = other.kind
)
LIMIT %(limit)s
"""


def ask_for_remodelling(session: Session, model: str, *, limit: int, now: datetime) -> int:
    """Ask for up to `limit` vectors of other models to be made by this one; give how many."""
    return execute(session, _ASK, model=model, limit=limit, now=now)
