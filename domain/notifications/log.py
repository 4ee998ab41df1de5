"""The log of what people were told: for ops and for who answers their questions. No words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from domain.sql import fetch, fetch_dicts
from domain.tables.notifications import NotificationStatus

COLUMNS: Final = """
    told.id, told.user_id, told.channel, told.template, told.category, told.status, told.reason,
    told.send_after, told.expires_at, told.attempts, told.segments, told.provider_id,
    told.domain_event_id, told.created_at, told.updated_at
"""


@dataclass(frozen=True, slots=True)
class Logged:
    """A notification without its words: they are put together when it is sent, and not kept."""

    id: str
    user_id: str
    channel: str
    template: str
    category: str
    status: str
    reason: str | None
    send_after: datetime
    expires_at: datetime
    attempts: int
    segments: int | None
    provider_id: str | None
    domain_event_id: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class LoggedHandover:
    """A try to hand a notification over: of a push to which phone, and what the provider said."""

    attempt: int
    token_id: str | None
    state: str
    reason: str | None
    provider_id: str | None
    handed_over_at: datetime
    asked: int
    ask_at: datetime | None


def notification_counts(session: Session) -> dict[str, int]:
    """Count notifications by status; those that none has are zero."""
    counted = dict(fetch(session, "SELECT status, count(*) FROM notifications GROUP BY status"))
    return {status.value: counted.get(status.value, 0) for status in NotificationStatus}


def waiting_numbers(session: Session, now: datetime) -> dict[str, Any]:
    """Give how many people wait to be told something that is due, and for how long the longest."""
    ((count, oldest),) = fetch(
        session,
        "SELECT count(*), min(send_after) FROM notifications"
        " WHERE status = 'scheduled' AND send_after <= %(now)s",
        now=now,
    )
    return {"due": count, "oldest_s": (now - oldest).total_seconds() if oldest else None}


def find_notification(
    session: Session, identity: str
) -> tuple[Logged, list[LoggedHandover]] | None:
    """Give a notification with its handovers, oldest first; None if there is none of that id."""
    rows = fetch_dicts(
        session,
        f"SELECT {COLUMNS} FROM notifications AS told WHERE told.id = %(id)s",
        id=identity,
    )
    if not rows:
        return None
    tries: list[dict[str, Any]] = fetch_dicts(
        session,
        "SELECT attempt, token_id, state, reason, provider_id, handed_over_at, asked, ask_at"
        " FROM handovers WHERE notification_id = %(id)s ORDER BY attempt, token_id",
        id=identity,
    )
    return Logged(**rows[0]), [LoggedHandover(**each) for each in tries]
