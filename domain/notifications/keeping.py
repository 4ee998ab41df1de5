"""Ends what is told too late, and forgets what people were told long ago."""

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from domain.constants import NOTIFICATIONS_KEPT
from domain.sql import execute

# Whoever was about to tell somebody who left has long committed by then.
LATELY: Final = timedelta(days=2)


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


def forget_departed(session: Session, *, now: datetime, limit: int) -> int:
    """Delete up to so many notifications of people who were deleted; give how many went.

    An erasure deletes those that are there. One that was being written by somebody who had just
    read that the person is still there isn't: to wait for everybody who tells would take locks on
    all who are told, and in another order than theirs. Senders suppress it meanwhile.
    """
    return execute(
        session,
        """
        DELETE FROM notifications WHERE id IN (
            SELECT told.id FROM notifications AS told JOIN users ON users.id = told.user_id
            WHERE told.created_at > %(since)s AND users.deleted_at IS NOT NULL
            LIMIT %(limit)s FOR UPDATE OF told SKIP LOCKED)
        """,
        since=now - LATELY,
        limit=limit,
    )
