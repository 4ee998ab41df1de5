"""Rotates API keys without a gap: a new one beside the old, which ends by itself."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session

from domain.sql import fetch
from domain.tables.keys import KeyDeed
from workers.errors import CommandError
from workers.keys import STANDS, Key, KeyEntry, keep_key, list_keys, note


@dataclass(frozen=True, slots=True)
class Rotated:
    """A key that follows another, its secret, which the other is, and when that ends."""

    key: Key
    secret: str
    old_id: UUID
    old_ends_at: datetime


def rotate_key(session: Session, wanted: str, *, overlap: timedelta, by: str) -> Rotated:
    """Make a key that may do what another may, and let the other end after the overlap.

    `wanted` is a name, or an id where several keys have that name. Raises CommandError if it is
    clear of none which one is meant.
    """
    old = _held(session, wanted)
    new = replace(old, id=uuid4(), first_id=old.account)
    secret = keep_key(session, new)
    ((ends_at,),) = fetch(
        session,
        "UPDATE api_keys SET ends_at = least(ends_at, now() + %(overlap)s) WHERE id = %(id)s"
        " RETURNING ends_at",
        id=old.id,
        overlap=overlap,
    )
    note(session, new.id, deed=KeyDeed.CREATED, by=by)
    note(session, old.id, deed=KeyDeed.ROTATED, by=by)
    return Rotated(new, secret, old.id, ends_at)


def _held(session: Session, wanted: str) -> Key:
    """Give the key that is meant, and keep others from changing it until the commit.

    No other key is locked: who publishes with one locks it as well, and waits for none.
    """
    found = _the_one(session, wanted).key
    while True:
        fetch(session, "SELECT FROM api_keys WHERE id = %(id)s FOR NO KEY UPDATE", id=found.id)
        # Whoever had it until now may have rotated it: then another one is meant, or none.
        meant = _the_one(session, wanted).key
        if meant.id == found.id:
            return meant
        found = meant


def _the_one(session: Session, wanted: str) -> KeyEntry:
    """Give the key in use that is meant: of those that followed one another the last."""
    rows = fetch(session, f"SELECT id FROM api_keys WHERE {STANDS}")
    standing = {UUID(identity) for (identity,) in rows}
    named = [
        entry
        for entry in list_keys(session)
        if entry.key.id in standing and wanted in (entry.key.name, str(entry.key.id))
    ]
    if not named:
        raise CommandError(f"No key in use is called {wanted}. See momento keys list.")
    found = [entry for entry in named if entry.ends_at is None]
    if not found:
        raise CommandError(f"{wanted} was rotated already: rotate the key that follows it.")
    if len(found) > 1:
        ids = ", ".join(str(entry.key.id) for entry in found)
        raise CommandError(f"Several keys are called {wanted}: give an id instead, one of {ids}.")
    return found[0]


def changes(session: Session) -> list[tuple[datetime, str, str, UUID, str]]:
    """What was done to keys, the newest last: when, what, by whom, the key's id and name."""
    rows = fetch(
        session,
        "SELECT at, deed, by, key_id, coalesce(name, '-') FROM api_key_changes"
        " LEFT JOIN api_keys ON api_keys.id = key_id ORDER BY seq",
    )
    return [(at, deed, by, UUID(key_id), name) for at, deed, by, key_id, name in rows]
