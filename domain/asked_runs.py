"""Runs of schedules that somebody asks for by name, and what came of a planned time."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.sql import execute, fetch


def ask(session: Session, name: str) -> datetime | None:
    """Ask for a run at once; give its planned time, which is that of an earlier asking if any."""
    rows = fetch(
        session,
        "UPDATE schedules SET asked_at = coalesce(asked_at, clock_timestamp())"
        " WHERE name = %(name)s AND is_listed RETURNING asked_at",
        name=name,
    )
    return rows[0][0] if rows else None


def take_back(session: Session, name: str, asked_at: datetime) -> bool:
    """Ask no more; False when somebody has begun."""
    taken_back = execute(
        session,
        "UPDATE schedules SET asked_at = NULL WHERE name = %(name)s AND asked_at = %(asked_at)s",
        name=name,
        asked_at=asked_at,
    )
    return taken_back == 1


@dataclass(frozen=True, slots=True)
class Met:
    """What came of a planned time; no result while it goes on."""

    count: int | None
    result: str | None
    error: str | None
    took_ms: float | None


def met(session: Session, name: str, planned_at: datetime) -> Met | None:
    """Give what came of a planned time; None while nobody has met it."""
    rows = fetch(
        session,
        "SELECT count, result, error, took_ms FROM ticks"
        " WHERE schedule = %(name)s AND planned_at = %(planned_at)s",
        name=name,
        planned_at=planned_at,
    )
    return Met(*rows[0]) if rows else None
