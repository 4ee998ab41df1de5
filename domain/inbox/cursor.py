"""Up to when Stripe's list of events was read, and which of them are known."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from domain.sql import execute, fetch

EVENTS = "events"


def seen_until(session: Session) -> datetime | None:
    """Give up to when events were read; None if they never were."""
    rows = fetch(session, "SELECT seen_until FROM stripe_cursors WHERE name = %(n)s", n=EVENTS)
    moment: datetime | None = rows[0][0] if rows else None
    return moment


def note_seen(session: Session, until: datetime) -> None:
    """Note that all events up to a moment were read; it never goes back."""
    execute(
        session,
        """
        INSERT INTO stripe_cursors AS kept (name, seen_until) VALUES (%(name)s, %(until)s)
        ON CONFLICT (name) DO UPDATE SET seen_until = excluded.seen_until, updated_at = now()
        WHERE kept.seen_until < excluded.seen_until
        """,
        name=EVENTS,
        until=until,
    )


def known_events(session: Session, ids: Iterable[str]) -> set[str]:
    """Give those of these events that are in the inbox."""
    rows = fetch(
        session,
        "SELECT id FROM inbox WHERE provider = 'stripe' AND id = ANY(%(ids)s)",
        ids=list(ids),
    )
    return {identity for (identity,) in rows}
