"""What ops can do about deliveries that failed: try one again, or give it up for good.

Each is one conditional update whose row count is believed: of two people who press the same
button one has an effect, and what a worker settles in between is left alone.
"""

from datetime import datetime

from sqlmodel import Session

from domain.sql import execute, fetch

MENDABLE = ("dead", "failed")

# A retried one begins anew: its earlier attempts, deaths and looks don't count against it. The
# last error stays to be read.
_RETRY = """
UPDATE deliveries SET state = 'pending', due_at = %(now)s, attempts = 0, deaths = 0, looks = 0,
    awaits = NULL, reason = NULL, settled_at = NULL
"""


def retry_dead(session: Session, seq: int, handler: str, *, now: datetime) -> bool:
    """Make one dead or failed delivery due now; False if it is neither.

    Only this handler runs again: what the others made of the domain event stands.
    """
    return (
        execute(
            session,
            f"{_RETRY} WHERE seq = %(seq)s AND handler = %(handler)s AND state = ANY(%(states)s)",
            seq=seq,
            handler=handler,
            states=list(MENDABLE),
            now=now,
        )
        == 1
    )


def retry_all_dead(session: Session, *, handler: str | None, now: datetime) -> int:
    """Make everything dead due now, of one handler if it is named; give how many.

    What failed and isn't dead is left to its own pause.
    """
    return execute(
        session,
        f"{_RETRY} WHERE state = 'dead' AND (%(handler)s::text IS NULL OR handler = %(handler)s)",
        handler=handler,
        now=now,
    )


def discard_dead(session: Session, seq: int, handler: str, *, why: str) -> bool:
    """Give up one dead or failed delivery, keeping its error and saying why; False if neither."""
    return (
        execute(
            session,
            """
        UPDATE deliveries SET state = 'discarded', due_at = NULL, awaits = NULL,
            reason = concat_ws(' | ', reason, 'discarded: ' || %(why)s),
            settled_at = clock_timestamp()
        WHERE seq = %(seq)s AND handler = %(handler)s AND state = ANY(%(states)s)
        """,
            seq=seq,
            handler=handler,
            why=why,
            states=list(MENDABLE),
        )
        == 1
    )


def state_of(session: Session, seq: int, handler: str) -> str | None:
    """Give where a delivery stands; None if there is none."""
    rows = fetch(
        session,
        "SELECT state FROM deliveries WHERE seq = %(seq)s AND handler = %(handler)s",
        seq=seq,
        handler=handler,
    )
    return rows[0][0] if rows else None
