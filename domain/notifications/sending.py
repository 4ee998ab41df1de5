"""What senders do to the rows of `notifications`: the only way in which their status moves on.

A sender works in two transactions, with the provider between them.

1. `claim` locks what is due, `still_concerned` says which of it is to go, `read_words` gives what
   it is put into words with, and `hand_over` sets those to sending. Commit, then call the provider.
   The locks must be held from `claim` to that commit: what joins a row that waits is locked out for
   as long, and then makes a row of its own.
2. The outcome: sent, failed or unknown, written by the sender to rows that are still in hand; or
   `put_back`, where the provider is known not to have taken it. Never after a time-out: that is
   unknown, and settled by evidence (guarantee G9).

    scheduled -> sending                           hand_over
    scheduled -> suppressed, expired, scheduled    still_concerned
    sending, unknown -> scheduled                  put_back
    sending -> sent, failed, unknown               the sender
    unknown -> sent, delivered, failed             the sender, by evidence
    sent -> delivered, failed                      the sender, by a receipt

A row may be gone when its outcome is to be written, since its person was erased: an update that
finds none has nothing to do. `thread` is never changed. It is open to what joins while the row is
scheduled with attempts = 0, so attempts never goes back to 0.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from domain.sql import array, execute, fetch
from domain.tables.notifications import Channel


def claim(session: Session, channel: Channel, *, now: datetime, limit: int) -> list[str]:
    """Lock up to so many of a channel that are due, the longest due first; give their ids.

    What another sender has claimed is left out, as is what something is just joining: that is
    found the next time. The lock must be this one: batches that leave out what waits already hold
    rows for key share, which no weaker one waits for.
    """
    rows = fetch(
        session,
        """
        SELECT id FROM notifications
        WHERE channel = %(channel)s AND status = 'scheduled' AND send_after <= %(now)s
        ORDER BY send_after, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        """,
        channel=channel,
        now=now,
        limit=limit,
    )
    return [identity for (identity,) in rows]


def hand_over(session: Session, ids: Iterable[str]) -> None:
    """Set claimed ones to sending, and count the attempt. Commit before the provider is called."""
    execute(
        session,
        "UPDATE notifications SET status = 'sending', attempts = attempts + 1, updated_at = now()"
        " WHERE id = ANY(%(ids)s::uuid[]) AND status = 'scheduled'",
        ids=array(ids),
    )


def put_back(session: Session, ids: Iterable[str], *, at: datetime) -> int:
    """Have those that the provider surely hasn't taken tried again at a moment; give how many.

    They are judged again then. Meanwhile another of their thread may have come, and is told apart:
    it stands for what is later.
    """
    return execute(
        session,
        """
        UPDATE notifications AS told SET status = 'scheduled', send_after = %(at)s,
            updated_at = now()
        FROM (
            SELECT id FROM notifications
            WHERE id = ANY(%(ids)s::uuid[]) AND status IN ('sending', 'unknown')
            ORDER BY id FOR UPDATE
        ) AS held
        WHERE told.id = held.id
        """,
        ids=array(ids),
        at=at,
    )
