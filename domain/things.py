"""The things that domain events refer to: whether they exist, and locks on them.

Everything about an event is judged under the lock of its row: whoever changes what others judge
by locks it for change, whoever only judges by it locks it for share. The same holds for users.
Locks are taken kind by kind in the order of `TABLES`, and in key order within a kind, so that two
batches wait for one another instead of deadlocking.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sqlmodel import Session

from domain.batch import Batch
from domain.payload import Payload, thing
from domain.sql import array, fetch
from domain.verdict import Deferred, Verdict, refers_to_rejected

# In the order in which locks are taken.
TABLES = {
    "user": "users",
    "location": "locations",
    "event": "events",
    "duo": "duos",
    "invitation": "invitations",
    "payment": "payments",
    "conversation": "conversations",
    "event_photo": "event_photos",
    "report": "reports",
    "ticket": "support_tickets",
}


def seat_of(event_id: str, user_id: str) -> str:
    """Name somebody's seat at an event, for what waits until they have one."""
    return thing("seat", f"{event_id}:{user_id}")


def presence_of(event_id: str, user_id: str) -> str:
    """Name that somebody came to an event, for what waits until they have."""
    return thing("present", f"{event_id}:{user_id}")


def meeting_of(one: str, other: str) -> str:
    """Name that two people came to the same event, for what waits until they have."""
    return thing("met", ":".join(sorted((one, other))))


class Hold(StrEnum):
    """How a thing is locked while a batch is applied."""

    SHARE = "FOR SHARE"
    CHANGE = "FOR NO KEY UPDATE"


def lock(session: Session, kind: str, identities: Iterable[str], hold: Hold) -> set[str]:
    """Lock things in key order and give the ids of those that exist."""
    wanted = sorted(set(identities))
    if not wanted:
        return set()
    statement = f"SELECT id FROM {TABLES[kind]} WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id {hold}"
    return {identity for (identity,) in fetch(session, statement, ids=array(wanted))}


def existing(session: Session, kind: str, identities: Iterable[str]) -> set[str]:
    """Give the ids of those that exist."""
    wanted = set(identities)
    if not wanted:
        return set()
    statement = f"SELECT id FROM {TABLES[kind]} WHERE id = ANY(%(ids)s::uuid[])"
    return {identity for (identity,) in fetch(session, statement, ids=array(wanted))}


def refused(session: Session, things: Iterable[str]) -> set[str]:
    """Give those things whose own domain event was rejected."""
    wanted = sorted(set(things))
    if not wanted:
        return set()
    # Held until the verdict stands: whoever makes the thing after all waits, then finds it.
    statement = "SELECT thing FROM refusals WHERE thing = ANY(%(things)s) ORDER BY thing FOR SHARE"
    return {name for (name,) in fetch(session, statement, things=wanted)}


def check_references(
    session: Session, batch: Batch[Payload], holds: Mapping[str, Hold]
) -> dict[int, Verdict]:
    """Lock what the batch refers to, and give verdicts on what refers to something missing."""
    references = [(each.seq, each.payload.references()) for each in batch]
    wanted: dict[str, set[str]] = {}
    for _, named in references:
        for kind, identity in named:
            wanted.setdefault(kind, set()).add(identity)
    missing: set[tuple[str, str]] = set()
    for kind in TABLES:
        identities = wanted.get(kind, set())
        if kind in holds:
            found = lock(session, kind, identities, holds[kind])
        else:
            found = existing(session, kind, identities)
        missing.update((kind, identity) for identity in identities - found)
    if not missing:
        return {}
    gone = refused(session, (thing(kind, identity) for kind, identity in missing))
    verdicts: dict[int, Verdict] = {}
    for seq, named in references:
        absent = [thing(*each) for each in named if each in missing]
        if absent:
            verdicts[seq] = missing_verdict(absent, gone)
    return verdicts


def missing_verdict(absent: list[str], gone: set[str]) -> Verdict:
    """Judge what refers to absent things: rejected when one will never come, else deferred."""
    never = [name for name in absent if name in gone]
    return refers_to_rejected(never[0]) if never else Deferred(absent[0])
