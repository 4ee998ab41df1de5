"""Ops hold a lane or a handler back, until when and why, or let it go on before that."""

from datetime import datetime

from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.constants import PAUSE_LONGEST
from domain.lanes import LANES
from domain.ops.acting import WrongRequestError, checked_why
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor, Verb, demand
from domain.sql import execute


def pause(
    session: Session, actor: Actor, name: str, *, until: datetime, why: str, now: datetime
) -> None:
    """Have nothing of a lane or handler begun before `until`; one that is paused anew.

    Raises WrongRequestError for what there isn't, and for an end that is over or too far off.
    """
    demand(actor, Verb.PAUSE)
    if name not in LANES and name not in HANDLERS:
        raise WrongRequestError(f"There is no such lane or handler. Lanes: {', '.join(LANES)}.")
    checked_end(until, now)
    why = checked_why(why)
    execute(
        session,
        """
        INSERT INTO pauses (name, since, until, actor, why)
        VALUES (%(name)s, %(now)s, %(until)s, %(actor)s, %(why)s)
        ON CONFLICT (name) DO UPDATE SET since = excluded.since, until = excluded.until,
            actor = excluded.actor, why = excluded.why
        """,
        name=name,
        now=now,
        until=until,
        actor=actor.name,
        why=why,
    )
    record(session, actor, _deed("pause", name, why=why, until=until), now=now)


def resume(session: Session, actor: Actor, name: str, *, now: datetime) -> bool:
    """Let it go on; False if it isn't paused."""
    demand(actor, Verb.PAUSE)
    ended = execute(
        session,
        "DELETE FROM pauses WHERE name = %(name)s AND until > %(now)s",
        name=name,
        now=now,
    )
    if ended:
        record(session, actor, _deed("resume", name), now=now)
    return ended == 1


def checked_end(until: datetime, now: datetime) -> None:
    """Raise WrongRequestError unless a pause may end then."""
    if until <= now:
        raise WrongRequestError("A pause ends at a time that is to come.")
    if until > now + PAUSE_LONGEST:
        raise WrongRequestError(f"A pause lasts {PAUSE_LONGEST.days} days at most.")


def _deed(action: str, name: str, *, why: str | None = None, until: datetime | None = None) -> Deed:
    handler = None if name in LANES else name
    details = {"lane": name} if handler is None else {}
    if until is not None:
        details["until"] = until.isoformat()
    return Deed(action, handler=handler, why=why, details=details)
