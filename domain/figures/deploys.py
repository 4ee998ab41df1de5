"""Marks of when another version of ours began to run: what began soon after may come of it.

A process says its version when it starts. What differs from the newest mark makes the next one,
so that many processes that start at once, or one after another, make one mark; going back to an
older version makes one too.
"""

from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.figures.snapshot import Deploy
from domain.sql import execute, fetch

# The advisory lock under which a mark is made. The number is arbitrary and ours.
MARK_LOCK: Final = 6_021_990
# More marks in one chart would hide it.
MOST_MARKS: Final = 20


def mark_deploy(session: Session, version: str) -> bool:
    """Note that a version runs from now on; False if the newest mark is already of it."""
    # Apart from the insert, whose view of the table must be younger than the lock.
    fetch(session, "SELECT pg_advisory_xact_lock(%(lock)s)", lock=MARK_LOCK)
    marked = execute(
        session,
        """
        INSERT INTO deploys (at, version) SELECT clock_timestamp(), %(version)s::text
        WHERE %(version)s::text IS DISTINCT FROM (
            SELECT version FROM deploys ORDER BY at DESC LIMIT 1
        )
        """,
        version=version,
    )
    return bool(marked)


def deploys_since(session: Session, since: datetime) -> tuple[Deploy, ...]:
    """Give the marks since a moment, the oldest first; of many the newest."""
    rows = fetch(
        session,
        "SELECT at, version FROM deploys WHERE at >= %(since)s ORDER BY at DESC LIMIT %(most)s",
        since=since,
        most=MOST_MARKS,
    )
    return tuple(Deploy(*row) for row in reversed(list(rows)))
