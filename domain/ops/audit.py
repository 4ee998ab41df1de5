"""The log of what ops did: written in the transaction of the deed, read by pages of rows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic_core import to_json
from sqlmodel import Session

from domain.ops.permissions import Actor
from domain.sql import execute, fetch_dicts

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done, to what, and why; details are codes and counts, never values."""

    action: str
    seq: int | None = None
    handler: str | None = None
    bulk_id: str | None = None
    why: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    thing: str | None = None


def record(session: Session, actor: Actor, deed: Deed, *, now: datetime) -> None:
    """Write down what somebody does, in the transaction in which they do it."""
    execute(
        session,
        """
        INSERT INTO audit_log (at, actor, via, action, seq, handler, bulk_id, why, details,
            thing)
        VALUES (%(now)s, %(actor)s, %(via)s, %(action)s, %(seq)s, %(handler)s, %(bulk_id)s,
            %(why)s, %(details)s::jsonb, %(thing)s)
        """,
        now=now,
        actor=actor.name,
        via=actor.via.value,
        action=deed.action,
        seq=deed.seq,
        handler=deed.handler,
        bulk_id=deed.bulk_id,
        why=deed.why,
        details=to_json(deed.details).decode(),
        thing=deed.thing,
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log."""

    id: int
    at: datetime
    actor: str
    via: str
    action: str
    seq: int | None
    handler: str | None
    bulk_id: str | None
    why: str | None
    details: dict[str, Any]
    thing: str | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines: by whom, what they did, from when on and up to when."""

    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_COLUMNS: Final = "id, at, actor, via, action, seq, handler, bulk_id, why, details, thing"
_LIST: Final = f"""
SELECT {_COLUMNS} FROM audit_log
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s)
    AND (%(action)s::text IS NULL OR action = %(action)s)
    AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
    AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""


def list_audit(
    session: Session, wanted: AuditFilter, *, before: int | None = None, limit: int = PAGE
) -> list[Entry]:
    """Give a page of the log, the newest first, of what comes before the line with that id.

    By the primary key, or by that of the actor or the action.
    """
    rows = fetch_dicts(
        session,
        _LIST,
        actor=wanted.actor,
        action=wanted.action,
        since=wanted.since,
        until=wanted.until,
        before=before,
        limit=limit,
    )
    return [Entry(**row) for row in rows]


def audit_of(session: Session, seqs: list[int], *, limit: int = PAGE) -> list[Entry]:
    """Give what was done about some domain events, the newest first. By the index on seq."""
    rows = fetch_dicts(
        session,
        f"SELECT {_COLUMNS} FROM audit_log WHERE seq = ANY(%(seqs)s)"
        " ORDER BY id DESC LIMIT %(limit)s",
        seqs=seqs,
        limit=limit,
    )
    return [Entry(**row) for row in rows]


def audit_of_thing(session: Session, thing: str, *, limit: int = PAGE) -> list[Entry]:
    """Give what was done to a person, a key or an account, the newest first. By the index on it."""
    rows = fetch_dicts(
        session,
        f"SELECT {_COLUMNS} FROM audit_log WHERE thing = %(thing)s"
        " ORDER BY id DESC LIMIT %(limit)s",
        thing=thing,
        limit=limit,
    )
    return [Entry(**row) for row in rows]
