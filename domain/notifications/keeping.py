"""Forgets what people were told long ago."""

from datetime import datetime

from sqlmodel import Session

from domain.constants import NOTIFICATIONS_KEPT
from domain.sql import execute


def forget_old(session: Session, *, now: datetime, limit: int) -> int:
    """Delete up to so many notifications that are over and done with; give how many went.

    By then nothing that they were about is said again, so their keys aren't missed. What somebody
    may still have to settle (sending, unknown) stays.
    """
    return execute(
        session,
        """
        DELETE FROM notifications WHERE id IN (
            SELECT id FROM notifications
            WHERE created_at < %(until)s AND expires_at < %(until)s
                AND status IN ('sent', 'delivered', 'failed', 'suppressed', 'expired')
            ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        """,
        until=now - NOTIFICATIONS_KEPT,
        limit=limit,
    )
