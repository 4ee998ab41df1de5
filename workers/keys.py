"""API keys: who may publish which types. A key is shown once; only its hash is kept."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlmodel import Session

from domain.payload import TYPE_PREFIX
from domain.sql import execute, fetch
from workers.secret_files import ensure_secret

# Recognisable, so that scanners for leaked secrets find one, and people know what they hold.
PREFIX: Final = "momento_"
SECRET_BYTES: Final = 32
SECRET_FORM: Final = re.compile(r"momento_[A-Za-z0-9_-]{43}")
VERSION: Final = re.compile(r"\.v[0-9]+$")
EVERY_TYPE: Final = "*"
EMBEDDED_NAME: Final = "momento up"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that may be used, without its secret."""

    id: UUID
    name: str
    types: tuple[str, ...]

    def allows(self, wanted: str) -> bool:
        """Whether domain events of a type may be published; a full or a short name will do."""
        name = VERSION.sub("", wanted.removeprefix(TYPE_PREFIX))
        return any(_matches(pattern, name) for pattern in self.types)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key as lists show it, revoked ones included."""

    key: Key
    created_at: datetime
    revoked_at: datetime | None


def create_key(session: Session, name: str, *, types: Iterable[str]) -> tuple[UUID, str]:
    """Make a key for patterns such as `kudos.given`, `payment.*` or `*`; its id and its secret.

    The secret can't be had again.
    """
    identity, secret = uuid4(), PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    execute(
        session,
        "INSERT INTO api_keys (id, name, key_hash, types)"
        " VALUES (%(id)s, %(name)s, %(key_hash)s, %(types)s)",
        id=identity,
        name=name,
        key_hash=_hash(secret),
        types=list(types),
    )
    return identity, secret


def list_keys(session: Session) -> list[KeyEntry]:
    """All keys, oldest first."""
    rows = fetch(
        session,
        "SELECT id, name, types, created_at, revoked_at FROM api_keys ORDER BY created_at, id",
    )
    return [
        KeyEntry(Key(UUID(identity), name, tuple(types)), created_at, revoked_at)
        for identity, name, types, created_at, revoked_at in rows
    ]


def revoke_key(session: Session, identity: UUID) -> bool:
    """Let a key be of no use any more; False if there is none that still was."""
    statement = "UPDATE api_keys SET revoked_at = now() WHERE id = %(id)s AND revoked_at IS NULL"
    return execute(session, statement, id=identity) == 1


def authenticate(session: Session, secret: str) -> Key | None:
    """The key that belongs to a secret; None if it is unknown or revoked.

    Looked up by its hash: how long that takes says nothing about a secret that exists.
    """
    if not SECRET_FORM.fullmatch(secret):
        return None
    rows = fetch(
        session,
        "SELECT id, name, types FROM api_keys WHERE key_hash = %(key_hash)s AND revoked_at IS NULL",
        key_hash=_hash(secret),
    )
    return next((Key(UUID(identity), name, tuple(types)) for identity, name, types in rows), None)


def ensure_api_key(database_url: str, path: Path) -> None:
    """See to it that the file holds a key for every type that works."""
    ensure_secret(
        database_url,
        path,
        works=lambda session, secret: authenticate(session, secret) is not None,
        make=_remake,
    )


def _remake(session: Session) -> str:
    """Make a new key. The one before it, whose file is lost, is of no use from now on."""
    for entry in list_keys(session):
        if entry.key.name == EMBEDDED_NAME and entry.revoked_at is None:
            revoke_key(session, entry.key.id)
    _, secret = create_key(session, EMBEDDED_NAME, types=[EVERY_TYPE])
    return secret


def _hash(secret: str) -> bytes:
    # Fast on purpose: 32 random bytes can't be guessed, so there is nothing to slow down.
    return hashlib.sha256(secret.encode()).digest()


def _matches(pattern: str, name: str) -> bool:
    if pattern.endswith(".*"):
        return name.startswith(pattern[:-1])
    return pattern in (EVERY_TYPE, name)
