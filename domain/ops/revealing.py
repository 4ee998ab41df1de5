"""Shows what is personal of one person, to one session, for ten minutes, for a reason that is kept.

The dashboard's role may not read any of it: a function of the database's does, and only for a
session that has a row here.
"""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlmodel import Session

from domain.constants import REVEALED_FOR
from domain.ops.acting import WrongRequestError, checked_why
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor, Verb, demand
from domain.ops.person import thing_of
from domain.sql import execute, fetch, fetch_dicts

NOBODY: Final = "There is nobody of that id, or nobody any more."


class Revealed(NamedTuple):
    """What is personal, by what it is called, and until when it is shown."""

    values: dict[str, str | None]
    until: datetime


# As `momento_personal` has it, which speaks to sessions of the dashboard alone.
_PERSONAL: Final = """
SELECT profile.first_name AS "first name", profile.preferred_name AS "preferred name",
    account.last_name AS "last name", account.phone_number AS "phone number",
    account.email, account.birth_date::text AS "birth date", host.host_name AS "host name"
FROM users AS account
LEFT JOIN social_profiles AS profile ON profile.user_id = account.id
LEFT JOIN host_profiles AS host ON host.user_id = account.id
WHERE account.id = %(id)s AND account.deleted_at IS NULL
"""


def show_once(
    session: Session, actor: Actor, person_id: UUID, *, why: str, now: datetime
) -> dict[str, str | None]:
    """Give what is personal to whoever may read it in the database anyway, and write that down.

    Raises WrongRequestError without a reason, or when there is nobody, or nobody any more.
    """
    demand(actor, Verb.REVEAL)
    why = checked_why(why)
    found = fetch_dicts(session, _PERSONAL, id=person_id)
    if not found:
        raise WrongRequestError(NOBODY)
    record(session, actor, Deed("reveal", why=why, thing=thing_of(str(person_id))), now=now)
    return found[0]


def reveal(
    session: Session, actor: Actor, person_id: UUID, *, held: bytes, why: str, now: datetime
) -> datetime:
    """Have it shown to the session whose token has this hash; until when.

    Raises WrongRequestError without a reason, or when there is nobody, or nobody any more.
    """
    demand(actor, Verb.REVEAL)
    why = checked_why(why)
    there = "SELECT FROM users WHERE id = %(id)s AND deleted_at IS NULL"
    if not fetch(session, there, id=person_id):
        raise WrongRequestError(NOBODY)
    until = now + REVEALED_FOR
    execute(
        session,
        "INSERT INTO reveals (token_hash, person_id, shown_until)"
        " VALUES (%(held)s, %(id)s, %(until)s)"
        " ON CONFLICT (token_hash, person_id) DO UPDATE SET shown_until = excluded.shown_until",
        held=held,
        id=person_id,
        until=until,
    )
    record(session, actor, Deed("reveal", why=why, thing=thing_of(str(person_id))), now=now)
    return until


def hide(session: Session, actor: Actor, person_id: UUID, *, held: bytes, now: datetime) -> bool:
    """Mask it again before it is by itself; False if it was masked already."""
    demand(actor, Verb.REVEAL)
    hidden = execute(
        session,
        "DELETE FROM reveals"
        " WHERE token_hash = %(held)s AND person_id = %(id)s AND shown_until > %(now)s",
        held=held,
        id=person_id,
        now=now,
    )
    if hidden:
        record(session, actor, Deed("hide", thing=thing_of(str(person_id))), now=now)
    return hidden == 1


def hide_from_account(session: Session, name: str) -> None:
    """Mask everything again in every session of an account."""
    execute(
        session,
        "DELETE FROM reveals WHERE token_hash IN (SELECT held.token_hash"
        " FROM dashboard_sessions AS held JOIN dashboard_users AS account"
        " ON account.id = held.user_id WHERE account.name = %(name)s)",
        name=name,
    )


def revealed(
    session: Session, actor: Actor, person_id: UUID, *, held: bytes, now: datetime
) -> Revealed | None:
    """Give what is shown to a session just now; None if nothing is, or they may not any more."""
    if not actor.may(Verb.REVEAL):
        return None
    rows = fetch(
        session,
        "SELECT momento_personal(%(held)s, %(id)s, %(now)s), shown_until FROM reveals"
        " WHERE token_hash = %(held)s AND person_id = %(id)s AND shown_until > %(now)s",
        held=held,
        id=person_id,
        now=now,
    )
    return next((Revealed(*row) for row in rows if row[0] is not None), None)
