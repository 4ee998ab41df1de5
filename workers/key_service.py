"""What may be done to API keys, by whom, written down: one way for pages, API and command.

All of it raises ForbiddenError for who has just lost the right to by another admin's doing.
"""

import difflib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session

from domain.catalogue import PUBLIC_TYPES
from domain.ops.acting import WrongRequestError, checked_why
from domain.ops.admins import demand_still
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor, Verb
from domain.sql import fetch
from domain.tables.keys import KeyDeed
from workers.key_rotation import Rotated, rotate_key
from workers.keys import EVERY_TYPE, Key, Quota, keep_key, note, revoke_key

NAME_LIMIT: Final = 200
TYPES_LIMIT: Final = 100
RATE_LIMIT: Final = 1_000_000
# What a key that is limited may publish at once after a pause, in seconds of its rate.
BURST_S: Final = 2
LONGEST_OVERLAP: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """A key to make. `identity` becomes its id: the same order twice makes one."""

    identity: UUID
    name: str
    types: tuple[str, ...] = (EVERY_TYPE,)
    rate: int | None = None
    burst: int | None = None


def thing_of(key_id: UUID) -> str:
    """What the audit log calls a key."""
    return f"key:{key_id}"


def order_key(session: Session, actor: Actor, order: KeyOrder, *, now: datetime) -> str:
    """Make a key; its secret, which can't be had again.

    Raises WrongRequestError for what no key can be, or if this order was carried out before.
    """
    demand_still(session, actor, Verb.MANAGE_KEYS)
    key = Key(order.identity, _checked_name(order.name), _checked_types(order.types), _quota(order))
    if fetch(session, "SELECT FROM api_keys WHERE id = %(id)s", id=key.id):
        raise WrongRequestError("This key was made already; its secret can't be shown again.")
    secret = keep_key(session, key)
    note(session, key.id, deed=KeyDeed.CREATED, by=actor.name)
    quota = key.quota and f"{key.quota.per_second} a second, {key.quota.burst} at once"
    details = {"name": key.name, "types": " ".join(key.types), "quota": quota or "none"}
    record(session, actor, Deed("key.create", details=details, thing=thing_of(key.id)), now=now)
    return secret


def rotate(
    session: Session, actor: Actor, wanted: str, *, overlap: timedelta, now: datetime
) -> Rotated:
    """Make a key that follows another, named or by its id; the other ends after the overlap.

    Raises CommandError if it is clear of none which one is meant.
    """
    demand_still(session, actor, Verb.MANAGE_KEYS)
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise WrongRequestError(f"The old one still works for up to {LONGEST_OVERLAP.days} days.")
    rotated = rotate_key(session, wanted, overlap=overlap, by=actor.name)
    old, new, name = thing_of(rotated.old_id), thing_of(rotated.key.id), rotated.key.name
    details = {"name": name, "the new one": new, "ends": f"{rotated.old_ends_at:%F %H:%M}"}
    record(session, actor, Deed("key.rotate", details=details, thing=old), now=now)
    details = {"name": name, "follows": old}
    record(session, actor, Deed("key.create", details=details, thing=new), now=now)
    return rotated


def revoke(session: Session, actor: Actor, key_id: UUID, *, why: str, now: datetime) -> bool:
    """Make a key useless at once, for a reason; False if it was, or never was one."""
    demand_still(session, actor, Verb.MANAGE_KEYS)
    why = checked_why(why)
    was_in_use = revoke_key(session, key_id, by=actor.name)
    if was_in_use:
        record(session, actor, Deed("key.revoke", why=why, thing=thing_of(key_id)), now=now)
    return was_in_use


def fault_of(pattern: str) -> str | None:
    """Say what is wrong with a pattern that allows nothing: surely a misspelling."""
    names = [payload.NAME for payload in PUBLIC_TYPES.values()]
    key = Key(UUID(int=0), "", (pattern,))
    if any(key.allows(name) for name in names):
        return None
    topics = sorted({f"{name.partition('.')[0]}.*" for name in names})
    close = difflib.get_close_matches(pattern, names + topics, n=1)
    hint = f"did you mean {close[0]}?" if close else "see the catalogue."
    return f"{pattern} is no type that anybody may publish; {hint}"


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise WrongRequestError(f"A key has a name of 1 to {NAME_LIMIT} characters.")
    return name


def _checked_types(types: tuple[str, ...]) -> tuple[str, ...]:
    if not types or len(types) > TYPES_LIMIT:
        raise WrongRequestError(f"Say which types it may publish, at most {TYPES_LIMIT} of them.")
    faults = [fault for each in types if (fault := fault_of(each)) is not None]
    if faults:
        raise WrongRequestError(faults[0])
    return types


def _quota(order: KeyOrder) -> Quota | None:
    if order.rate is None:
        if order.burst is not None:
            raise WrongRequestError("How much may come at once is a part of a rate: give both.")
        return None
    burst = order.rate * BURST_S if order.burst is None else order.burst
    if not 1 <= order.rate <= RATE_LIMIT or not 1 <= burst <= RATE_LIMIT * BURST_S:
        raise WrongRequestError(f"A rate lies between 1 and {RATE_LIMIT:,} a second.")
    return Quota(order.rate, burst)
