"""What ops did long ago and nobody can undo any more goes; the audit log stays."""

from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.constants import BULK_KEPT, DISCARDS_KEPT
from domain.sql import execute

FORGOTTEN_AT_ONCE: Final = 5_000


def forget(session: Session, now: datetime) -> int:
    """Forget what can't be undone any more, and operations of long ago; give how many rows."""
    discards = _forget_discards(session, now - DISCARDS_KEPT, limit=FORGOTTEN_AT_ONCE)
    return discards + execute(
        session,
        "DELETE FROM bulk_operations WHERE id IN (SELECT id FROM bulk_operations"
        " WHERE finished_at < %(before)s ORDER BY created_at LIMIT 5)",
        before=now - BULK_KEPT,
    )


def _forget_discards(session: Session, before: datetime, *, limit: int) -> int:
    """Forget what was discarded before then, which can't be undone any more; give how many."""
    return execute(
        session,
        """
        DELETE FROM discards WHERE (seq, handler) IN (
            SELECT seq, handler FROM discards WHERE discarded_at < %(before)s
            ORDER BY discarded_at LIMIT %(limit)s)
        """,
        before=before,
        limit=limit,
    )
