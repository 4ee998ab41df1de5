"""Ops hold a lane or a handler back, until when and why, or let it go on before that."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.constants import PAUSE_LONGEST
from domain.lanes import LANES
from domain.ops.acting import TakenError, WrongRequestError, checked_why
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor, Verb, demand
from domain.pausing import pauses_at
from domain.sql import execute


@dataclass(frozen=True, slots=True)
class Hold:
    """What is to be held back, until when and why.

    `instead_of`: the pause that somebody saw and replaces, by its `since`; a schedule's by its end.
    """

    name: str
    until: datetime
    why: str
    instead_of: datetime | None = None


def pause(session: Session, actor: Actor, hold: Hold, *, now: datetime) -> None:
    """Have nothing of a lane or handler begun before the end of the hold.

    Raises WrongRequestError for what there isn't, and for an end that is over or too far off, and
    TakenError if it is paused already, by another pause than the one that is replaced.
    """
    demand(actor, Verb.PAUSE)
    name, why = hold.name, checked_why(hold.why)
    if name not in LANES and name not in HANDLERS:
        raise WrongRequestError(f"There is no such lane or handler. Lanes: {', '.join(LANES)}.")
    checked_end(hold.until, now)
    is_held = execute(
        session,
        """
        INSERT INTO pauses (name, since, until, actor, why)
        VALUES (%(name)s, %(now)s, %(until)s, %(actor)s, %(why)s)
        ON CONFLICT (name) DO UPDATE SET since = excluded.since, until = excluded.until,
            actor = excluded.actor, why = excluded.why
        WHERE pauses.until <= %(now)s OR pauses.since = %(instead_of)s
        """,
        name=name,
        now=now,
        until=hold.until,
        actor=actor.name,
        why=why,
        instead_of=hold.instead_of,
    )
    if not is_held:
        (there,) = (each for each in pauses_at(session, now) if each.name == name)
        raise taken(name, by=there.actor, until=there.until, why=there.why)
    record(session, actor, _deed("pause", name, why=why, until=hold.until), now=now)


def resume(
    session: Session, actor: Actor, name: str, *, now: datetime, since: datetime | None = None
) -> bool:
    """End a pause; False if there is none, or `since` is given and isn't when it was said."""
    demand(actor, Verb.PAUSE)
    ended = execute(
        session,
        "DELETE FROM pauses WHERE name = %(name)s AND until > %(now)s"
        " AND (%(since)s::timestamptz IS NULL OR since = %(since)s)",
        name=name,
        now=now,
        since=since,
    )
    if ended:
        record(session, actor, _deed("resume", name), now=now)
    return ended == 1


def taken(name: str, *, by: str, until: datetime, why: str | None) -> TakenError:
    """What to say to whoever would pause what is paused: by whom, until when, and why."""
    said = f": “{why}”" if why else ""
    return TakenError(
        f"{name} is paused already, by {by} until {until:%Y-%m-%d %H:%M} UTC{said}."
        " Nothing was changed: leave it, or replace that pause."
    )


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
