"""Pauses of schedules: until when one doesn't run, why, and who was quicker."""

from datetime import datetime

from sqlmodel import Session

from domain.sql import execute, fetch


def pause(
    session: Session,
    name: str,
    *,
    until: datetime,
    why: str | None,
    now: datetime,
    instead_of: datetime | None = None,
) -> bool:
    """Have a schedule not run before `until`.

    False when there is none of that name, or it is paused, until another time than `instead_of`.
    """
    changed = execute(
        session,
        "UPDATE schedules SET paused_until = %(until)s, paused_why = %(why)s"
        " WHERE name = %(name)s AND is_listed AND (coalesce(paused_until <= %(now)s, true)"
        " OR paused_until = %(instead_of)s)",
        name=name,
        until=until,
        why=why,
        now=now,
        instead_of=instead_of,
    )
    return changed == 1


def resume(session: Session, name: str, *, now: datetime, until: datetime | None = None) -> bool:
    """End a pause; False when it isn't paused, or until another time than `until` if that is given.

    `now` is the caller's: a pause that is over needs no end.
    """
    changed = execute(
        session,
        "UPDATE schedules SET paused_until = %(now)s, paused_why = NULL"
        " WHERE name = %(name)s AND is_listed AND paused_until > %(now)s"
        " AND (%(until)s::timestamptz IS NULL OR paused_until = %(until)s)",
        name=name,
        now=now,
        until=until,
    )
    return changed == 1


def paused(session: Session, name: str, now: datetime) -> tuple[datetime, str | None] | None:
    """Until when a schedule is paused, and why; None if it isn't."""
    rows = fetch(
        session,
        "SELECT paused_until, paused_why FROM schedules"
        " WHERE name = %(name)s AND is_listed AND paused_until > %(now)s",
        name=name,
        now=now,
    )
    return next(((until, why) for until, why in rows), None)
