"""API keys: who may publish which types. A key is shown once; only its hash is kept."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlmodel import Session

from domain.payload import any_version
from domain.sql import execute, fetch
from domain.tables.keys import KeyDeed
from workers.secret_files import ensure_secret

# Recognisable, so that scanners for leaked secrets find one, and people know what they hold.
PREFIX: Final = "momento_"
SECRET_BYTES: Final = 32
SECRET_FORM: Final = re.compile(r"momento_[A-Za-z0-9_-]{43}")
EVERY_TYPE: Final = "*"
EMBEDDED_NAME: Final = "momento up"
# Who did what nobody asked for by hand.
ITSELF: Final = "momento"
KEY: Final = "id, name, types, rate, burst, first_id"
STANDS: Final = "revoked_at IS NULL AND (ends_at IS NULL OR ends_at > now())"


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may be published: domain events a second, and at once after a pause."""

    per_second: int
    burst: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key that may be used, without its secret.

    `first_id` is the first of those that followed one another: together they have one quota.
    """

    id: UUID
    name: str
    types: tuple[str, ...]
    quota: Quota | None = None
    first_id: UUID | None = None

    @property
    def account(self) -> UUID:
        """Whose quota it uses up."""
        return self.first_id or self.id

    def allows(self, wanted: str) -> bool:
        """Whether domain events of a type may be published; a full or a short name will do."""
        name = any_version(wanted)
        return any(_matches(pattern, name) for pattern in self.types)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key as lists show it, revoked ones included."""

    key: Key
    created_at: datetime
    revoked_at: datetime | None
    ends_at: datetime | None = None
    last_used_at: datetime | None = None


def create_key(
    session: Session,
    name: str,
    *,
    types: Iterable[str],
    quota: Quota | None = None,
    by: str = ITSELF,
) -> tuple[UUID, str]:
    """Make a key for patterns such as `kudos.given`, `payment.*` or `*`; its id and its secret.

    The secret can't be had again. `by` is who does it.
    """
    key = Key(uuid4(), name, tuple(types), quota)
    secret = keep_key(session, key)
    note(session, key.id, deed=KeyDeed.CREATED, by=by)
    return key.id, secret


def keep_key(session: Session, key: Key) -> str:
    """Write a new key; its secret."""
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    execute(
        session,
        "INSERT INTO api_keys (id, name, key_hash, types, rate, burst, first_id) VALUES"
        " (%(id)s, %(name)s, %(key_hash)s, %(types)s, %(rate)s, %(burst)s, %(first_id)s)",
        id=key.id,
        name=key.name,
        key_hash=_hash(secret),
        types=list(key.types),
        rate=key.quota and key.quota.per_second,
        burst=key.quota and key.quota.burst,
        first_id=key.first_id,
    )
    return secret


def note(session: Session, identity: UUID, *, deed: KeyDeed, by: str) -> None:
    """Keep what was done to a key, and by whom."""
    execute(
        session,
        "INSERT INTO api_key_changes (key_id, deed, by) VALUES (%(id)s, %(deed)s, %(by)s)",
        id=identity,
        deed=deed,
        by=by,
    )


def list_keys(session: Session) -> list[KeyEntry]:
    """All keys, oldest first."""
    rows = fetch(
        session,
        f"SELECT created_at, revoked_at, ends_at, last_used_at, {KEY} FROM api_keys"
        " ORDER BY created_at, id",
    )
    return [KeyEntry(_key(row[4:]), *row[:4]) for row in rows]


def revoke_key(session: Session, identity: UUID, *, by: str = ITSELF) -> bool:
    """Let a key be of no use any more; False if there is none that still was."""
    statement = "UPDATE api_keys SET revoked_at = now() WHERE id = %(id)s AND revoked_at IS NULL"
    was_in_use = execute(session, statement, id=identity) == 1
    if was_in_use:
        note(session, identity, deed=KeyDeed.REVOKED, by=by)
    return was_in_use


def authenticate(session: Session, secret: str) -> Key | None:
    """The key that belongs to a secret; None if it is unknown, revoked or at its end.

    Looked up by its hash: how long that takes says nothing about a secret that exists.
    """
    if not SECRET_FORM.fullmatch(secret):
        return None
    rows = fetch(
        session,
        f"SELECT {KEY} FROM api_keys WHERE key_hash = %(key_hash)s AND {STANDS}",
        key_hash=_hash(secret),
    )
    return next(map(_key, rows), None)


def still_stands(session: Session, key: Key) -> bool:
    """Whether a key that was good a moment ago still is; if so, until the commit."""
    statement = f"SELECT FROM api_keys WHERE id = %(id)s AND {STANDS} FOR SHARE"
    return bool(fetch(session, statement, id=key.id))


def note_use(session: Session, key: Key) -> None:
    """Keep when a key was last used, to the minute; whoever is just doing so is left alone."""
    execute(
        session,
        """
        UPDATE api_keys SET last_used_at = now() WHERE id = (
            SELECT id FROM api_keys
            WHERE id = %(id)s
                AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
            FOR UPDATE SKIP LOCKED
        )
        """,
        id=key.id,
    )


def _key(row: Sequence[Any]) -> Key:
    identity, name, types, rate, burst, first_id = row
    quota = None if rate is None else Quota(rate, burst)
    return Key(UUID(identity), name, tuple(types), quota, first_id and UUID(first_id))


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
