"""Accounts for the dashboard: a name, a role, and a password of which only a slow hash is kept."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlmodel import Session

from domain.sql import execute, fetch
from domain.tables.accounts import Role
from workers.secret_files import ensure_secret

NAME_FORM: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
SHORTEST: Final = 12
# Longer ones are nobody's password, and hashing them would cost us and not them.
LONGEST: Final = 1_024
EMBEDDED_NAME: Final = "operator"
EMBEDDED_BYTES: Final = 18

# The cost of guessing; each hash says what it was made with, so that these can grow.
LOG_N: Final = 15
BLOCK_SIZE: Final = 8
PARALLEL: Final = 3
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
MEMORY_BYTES: Final = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    id: UUID
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """An account together with what proves who somebody is."""

    account: Account
    password_hash: str


def hash_password(password: str) -> str:
    """The hash to keep, with its parameters and a salt of its own."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _scrypt(password, salt, costs=(LOG_N, BLOCK_SIZE, PARALLEL))
    return _written(salt, digest)


def is_right(known: Known | None, password: str) -> bool:
    """Whether the password is the account's; takes as long where there is no account."""
    _, log_n, block_size, parallel, salt, digest = (
        known.password_hash if known else _NOBODY
    ).split("$")
    costs = (int(log_n), int(block_size), int(parallel))
    # Cut rather than refused, so that a long one isn't answered sooner.
    found = _scrypt(password[:LONGEST], base64.b64decode(salt), costs=costs)
    return hmac.compare_digest(found, base64.b64decode(digest)) and known is not None


def create_account(session: Session, name: str, *, role: Role, password: str) -> UUID | None:
    """Make an account; None if the name is taken. The name must fit NAME_FORM."""
    return keep_account(session, name, role=role, password_hash=hash_password(password))


def new_password() -> str:
    """Something that can't be guessed, for whoever is to sign in with it."""
    return secrets.token_urlsafe(EMBEDDED_BYTES)


def keep_account(session: Session, name: str, *, role: Role, password_hash: str) -> UUID | None:
    """The same, with a password that was hashed before: it takes a while."""
    identity = uuid4()
    made = execute(
        session,
        "INSERT INTO dashboard_users (id, name, role, password_hash)"
        " VALUES (%(id)s, %(name)s, %(role)s, %(password_hash)s) ON CONFLICT (name) DO NOTHING",
        id=identity,
        name=name,
        role=str(role),
        password_hash=password_hash,
    )
    return identity if made else None


def remove_account(session: Session, name: str) -> bool:
    """Remove an account, which signs it out everywhere; False if there is none."""
    return execute(session, "DELETE FROM dashboard_users WHERE name = %(name)s", name=name) == 1


def find_known(session: Session, name: str) -> Known | None:
    """What is known of a name, in whatever case it was typed; nothing of a disabled one."""
    name = name.lower()
    # Else a name could hold what Postgres can't.
    if not NAME_FORM.fullmatch(name):
        return None
    rows = fetch(
        session,
        "SELECT id, name, role, created_at, password_hash FROM dashboard_users"
        " WHERE name = %(name)s AND disabled_at IS NULL",
        name=name,
    )
    return next((Known(_account(*row), password_hash) for *row, password_hash in rows), None)


def verify(session: Session, name: str, password: str) -> Account | None:
    """The account that name and password belong to, if there is one."""
    known = find_known(session, name)
    return known.account if is_right(known, password) and known else None


def ensure_operator(database_url: str, path: Path) -> None:
    """See to it that the file holds the password of an operator."""
    ensure_secret(
        database_url,
        path,
        works=lambda session, password: verify(session, EMBEDDED_NAME, password) is not None,
        make=_remake,
    )


def _remake(session: Session) -> str:
    """Make the operator anew. Whoever knew the password before is signed out."""
    password = new_password()
    remove_account(session, EMBEDDED_NAME)
    create_account(session, EMBEDDED_NAME, role=Role.OPERATOR, password=password)
    return password


def _account(identity: str, name: str, role: str, created_at: datetime) -> Account:
    return Account(UUID(identity), name, Role(role), created_at)


def _scrypt(password: str, salt: bytes, *, costs: tuple[int, int, int]) -> bytes:
    log_n, block_size, parallel = costs
    return hashlib.scrypt(
        # A lone surrogate has no UTF-8; it is somebody's mischief and never a password.
        password.encode(errors="replace"),
        salt=salt,
        n=1 << log_n,
        r=block_size,
        p=parallel,
        maxmem=MEMORY_BYTES,
        dklen=HASH_BYTES,
    )


def _written(salt: bytes, digest: bytes) -> str:
    parts = ("scrypt", LOG_N, BLOCK_SIZE, PARALLEL, _text(salt), _text(digest))
    return "$".join(map(str, parts))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


# No password has this hash; it is compared with where a name is unknown.
_NOBODY: Final = _written(bytes(SALT_BYTES), bytes(HASH_BYTES))
