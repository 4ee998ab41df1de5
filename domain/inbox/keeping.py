"""What becomes of the inbox by time, and how ops see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.constants import INBOX_KEPT, INBOX_PATIENCE
from domain.inbox.taking import take_turns
from domain.sql import execute, fetch

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a provider told us, and what became of it."""

    id: str
    type: str
    object_id: str | None
    said_at: datetime
    state: str
    reason: str | None
    awaits: str | None
    received_at: datetime


_COLUMNS = "id, type, object_id, said_at, state, reason, awaits, received_at"


def tidy(session: Session, now: datetime) -> int:
    """Hold what has waited too long, and forget what is long settled; give how many.

    What is held for waiting goes on as soon as it can. Who hasn't registered by then may never do;
    only that they want to be deleted is waited for on.
    """
    held = execute(
        session,
        """
        UPDATE inbox SET state = CASE provider WHEN 'clerk' THEN 'ignored' ELSE 'held' END,
            settled_at = CASE provider WHEN 'clerk' THEN %(now)s END,
            awaits = CASE WHEN type <> 'user.updated' AND type <> 'user.created' THEN awaits END,
            said = CASE WHEN type <> 'user.updated' AND type <> 'user.created' THEN said END
        WHERE state = 'waiting' AND received_at < %(before)s
        """,
        before=now - INBOX_PATIENCE,
        now=now,
    )
    forgotten = execute(
        session,
        "DELETE FROM inbox WHERE (provider, id) IN (SELECT provider, id FROM inbox"
        " WHERE settled_at < %(before)s ORDER BY settled_at LIMIT %(limit)s)",
        before=now - INBOX_KEPT,
        limit=PAGE,
    )
    return held + forgotten


def list_entries(session: Session, *, states: list[str], limit: int) -> list[Entry]:
    """Give what is in one of these states, the newest first."""
    rows = fetch(
        session,
        f"SELECT {_COLUMNS} FROM inbox WHERE state = ANY(%(states)s)"
        " ORDER BY received_at DESC, id LIMIT %(limit)s",
        states=states,
        limit=limit,
    )
    return [Entry(*row) for row in rows]


def held_ids(session: Session, *, reason: str | None) -> list[str]:
    """Give what is held, for this reason if one is given, in the order in which it was said."""
    rows = fetch(
        session,
        "SELECT id FROM inbox WHERE state = 'held'"
        " AND (%(reason)s::text IS NULL OR reason = %(reason)s) ORDER BY said_at, id",
        reason=reason,
    )
    return [identity for (identity,) in rows]


def find_entry(session: Session, identity: str) -> tuple[Entry, dict[str, Any] | None] | None:
    """Give an entry by the provider's id, with what it is judged by; None if there is none."""
    rows = fetch(session, f"SELECT {_COLUMNS}, said FROM inbox WHERE id = %(id)s", id=identity)
    return (Entry(*rows[0][:-1]), rows[0][-1]) if rows else None


def close(session: Session, identity: str, *, now: datetime) -> str | None:
    """Settle what is held or waits, since somebody has dealt with it; give why it was so.

    None if there is none of that id. Nothing personal is kept of it, and it is forgotten in time.
    """
    # Else whoever is just judging it would write over that.
    take_turns(session)
    rows = fetch(
        session,
        """
        WITH open AS MATERIALIZED (
            SELECT provider, id, coalesce(reason, state) AS why FROM inbox
            WHERE id = %(id)s AND state IN ('waiting', 'held') FOR NO KEY UPDATE
        )
        UPDATE inbox SET state = 'ignored', reason = 'closed', awaits = NULL, settled_at = %(now)s,
            said = CASE WHEN open.provider = 'stripe' THEN said END
        FROM open WHERE inbox.provider = open.provider AND inbox.id = open.id RETURNING open.why
        """,
        id=identity,
        now=now,
    )
    return rows[0][0] if rows else None
