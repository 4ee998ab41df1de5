"""Ends what is told too late, and forgets what people were told long ago."""

from datetime import datetime

from sqlmodel import Session

from domain.constants import NOTIFICATIONS_KEPT
from domain.sql import execute


def expire_overdue(session: Session, *, now: datetime, limit: int) -> int:
    """Expire up to so many that make no sense any more; give how many.

    Senders do so themselves with what they take; a channel without one would keep it for ever.
    """
    return execute(
        session,
        """
        UPDATE notifications SET status = 'expired', reason = 'too_late', updated_at = now()
        WHERE id IN (
            SELECT id FROM notifications WHERE status = 'scheduled' AND expires_at <= %(now)s
            LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        """,
        now=now,
        limit=limit,
    )


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
