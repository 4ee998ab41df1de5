"""Who is signed in: a random token in their cookie, its hash in the database, for 12 hours."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session

from domain.ops.permissions import Actor
from domain.sql import execute, fetch
from domain.tables.accounts import Role, Via

LIFE: Final = timedelta(hours=12)
TOKEN_BYTES: Final = 32
TOKEN_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whose session holds; `csrf` proves that a form came from a page of theirs.

    `held` is the hash by which the session is known.
    """

    name: str
    role: Role
    csrf: str
    via: Via = Via.DASHBOARD
    held: bytes = b""

    @property
    def actor(self) -> Actor:
        """Who does what they ask for."""
        return Actor(self.name, self.role, self.via)


def new_token() -> str:
    """Something that can't be guessed."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Whether it looks like one of ours."""
    return TOKEN_FORM.fullmatch(text) is not None


def open_session(
    session: Session, user_id: UUID, now: datetime, *, via: Via = Via.DASHBOARD
) -> str:
    """Sign somebody in; the token that proves it. Sessions that have run out are cleared away."""
    token = new_token()
    execute(session, "DELETE FROM dashboard_sessions WHERE expires_at <= %(now)s", now=now)
    execute(
        session,
        "INSERT INTO dashboard_sessions (token_hash, user_id, csrf, via, created_at, expires_at)"
        " VALUES (%(token_hash)s, %(user_id)s, %(csrf)s, %(via)s, %(now)s, %(expires_at)s)",
        token_hash=_hash(token),
        user_id=user_id,
        csrf=new_token(),
        via=via.value,
        now=now,
        expires_at=now + LIFE,
    )
    return token


def find_session(session: Session, token: str, now: datetime, *, via: Via) -> SignedIn | None:
    """Whose session it is; None if it is unknown, closed, has run out or is for another door."""
    rows = fetch(
        session,
        "SELECT name, role, csrf FROM dashboard_sessions AS held"
        " JOIN dashboard_users AS account ON account.id = held.user_id"
        " WHERE token_hash = %(token_hash)s AND expires_at > %(now)s AND via = %(via)s"
        " AND disabled_at IS NULL",
        token_hash=_hash(token),
        now=now,
        via=via.value,
    )
    held = _hash(token)
    return next((SignedIn(name, Role(role), csrf, via, held) for name, role, csrf in rows), None)


def close_session(session: Session, token: str) -> None:
    """Sign somebody out."""
    statement = "DELETE FROM dashboard_sessions WHERE token_hash = %(token_hash)s"
    execute(session, statement, token_hash=_hash(token))


def _hash(token: str) -> bytes:
    # Fast on purpose: 32 random bytes can't be guessed. Looking it up takes as long for any.
    return hashlib.sha256(token.encode(errors="replace")).digest()
