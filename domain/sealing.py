"""Seals personal values in the ledger, each with its person's own key.

A domain event is never changed; what it says of a person becomes unreadable for ever once that
person's key is destroyed. AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits for each
value; source, id and field are authenticated with it, so that a value can't be moved elsewhere.
See docs/decisions/0013.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json
from sqlmodel import Session

from domain.envelope import Envelope
from domain.payload import Payload
from domain.personal import Spot, is_personal, spots
from domain.sql import execute, fetch

SEALED: Final = "sealed:v1:"
# Not in the alphabet of base64.
_BESIDE: Final = "|"
_NONCE_BYTES: Final = 12
_KEY_BITS: Final = 256

# A person's cipher; None once their key is destroyed.
Ciphers = Mapping[str, AESGCM | None]


class Written(NamedTuple):
    """The data of one domain event as it lies in the ledger."""

    source: str
    id: str
    data: str


def seal(session: Session, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Seal what is personal in domain events that are about to be published.

    Whoever has no key gets one. What is said of somebody who was erased is erased at once.
    """
    opened = {
        place: (envelope, data, found)
        for place, envelope in enumerate(envelopes)
        if (payload := Payload.OF_TYPE.get(envelope.type)) is not None and is_personal(payload)
        if (found := list(spots(payload, data := from_json(envelope.data))))
    }
    if not opened:
        return list(envelopes)
    people = {spot.person for _, _, found in opened.values() for spot in found}
    ciphers = _keys_made(session, people)
    sealed = list(envelopes)
    for place, (envelope, data, found) in opened.items():
        for spot in found:
            cipher, where = ciphers[spot.person], _where(envelope, spot)
            spot.put(_sealed(spot, cipher, where) if cipher else spot.erased)
        sealed[place] = replace(envelope, data=to_json(data).decode())
    return sealed


def unseal(session: Session, payload: type[Payload], listed: Sequence[Written]) -> list[str]:
    """Give the data of domain events with personal values readable, or erased.

    The keys are held until the transaction ends: whoever erases a person waits for those who have
    just read what is to be erased, and then finds what they wrote.
    """
    if not is_personal(payload) or not any(SEALED in each.data for each in listed):
        return [each.data for each in listed]
    opened = [from_json(each.data) for each in listed]
    found = [[spot for spot in spots(payload, data) if _is_sealed(spot.value)] for data in opened]
    ciphers = _keys_held(session, {spot.person for each in found for spot in each})
    for written, listed_spots in zip(listed, found, strict=True):
        for spot in listed_spots:
            cipher, where = ciphers.get(spot.person), _where(written, spot)
            spot.put(_unsealed(spot.value, cipher, where) if cipher else _erased(spot))
    return [to_json(data).decode() for data in opened]


def destroy_keys(session: Session, people: Iterable[str]) -> None:
    """Destroy people's keys, also of those who have none yet; waits for whoever is using them."""
    listed = sorted(set(people))
    execute(
        session,
        "INSERT INTO personal_keys (person) SELECT unnest(%(people)s::text[])::uuid"
        " ON CONFLICT DO NOTHING",
        people=listed,
    )
    fetch(
        session,
        "SELECT FROM personal_keys WHERE person = ANY(%(people)s::uuid[])"
        " ORDER BY person FOR UPDATE",
        people=listed,
    )
    execute(
        session,
        "UPDATE personal_keys SET key = NULL, destroyed_at = now()"
        " WHERE person = ANY(%(people)s::uuid[]) AND key IS NOT NULL",
        people=listed,
    )


def _keys_made(session: Session, people: Iterable[str]) -> Ciphers:
    """Give people's ciphers, with new keys for those who never had one."""
    listed = sorted(set(people))
    found = _ciphers(session, listed)
    strangers = [person for person in listed if person not in found]
    if not strangers:
        return found
    execute(
        session,
        "INSERT INTO personal_keys (person, key) SELECT * FROM"
        " unnest(%(people)s::uuid[], %(keys)s::bytea[]) ON CONFLICT DO NOTHING",
        people=strangers,
        keys=[AESGCM.generate_key(_KEY_BITS) for _ in strangers],
    )
    return _ciphers(session, listed)


def _keys_held(session: Session, people: Iterable[str]) -> Ciphers:
    return _ciphers(session, sorted(set(people)), lock="FOR KEY SHARE")


def _ciphers(session: Session, people: Sequence[str], *, lock: str = "") -> Ciphers:
    rows = fetch(
        session,
        "SELECT person, key FROM personal_keys WHERE person = ANY(%(people)s::uuid[])"
        f" ORDER BY person {lock}",
        people=people,
    )
    return {person: AESGCM(key) if key is not None else None for person, key in rows}


def _is_sealed(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(SEALED)


def _sealed(spot: Spot, cipher: AESGCM, where: bytes) -> str:
    """Seal a value; what takes its place one day is put beside it where only it could tell."""
    nonce = os.urandom(_NONCE_BYTES)
    hidden = b64encode(nonce + cipher.encrypt(nonce, to_json(spot.value), where)).decode()
    return f"{SEALED}{hidden}{_BESIDE}{spot.erased}" if spot.depends else SEALED + hidden


def _unsealed(sealed: str, cipher: AESGCM, where: bytes) -> Any:
    hidden = b64decode(sealed.removeprefix(SEALED).partition(_BESIDE)[0])
    return from_json(cipher.decrypt(hidden[:_NONCE_BYTES], hidden[_NONCE_BYTES:], where))


def _erased(spot: Spot) -> Any:
    """Give what takes the place of a sealed value that nobody can read any more."""
    return spot.value.rpartition(_BESIDE)[2] if spot.depends else spot.erased


def _where(said: Envelope | Written, spot: Spot) -> bytes:
    """Name the place that a sealed value belongs to."""
    return f"{said.source}\x1f{said.id}\x1f{spot.field}".encode()
