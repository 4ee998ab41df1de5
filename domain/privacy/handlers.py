"""Erases people: destroys their keys, then whatever was written of them in readable form.

Whoever reads what was kept of an event, and writes rows from it, holds the event. So the erasure
holds all events in which it erases something: else what it erases could be written once more by
somebody who had read it before.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from pydantic_core import from_json, to_json
from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.constants import ERASED_TEXT
from domain.gatherings.payloads import EventSettled
from domain.inbox.clerk import stand_in
from domain.payload import Payload, type_of
from domain.personal import erase
from domain.privacy.traces import EVENTS_WITH_TRACES, FACT_TRACES, TRACES, FactTrace, Trace
from domain.sealing import destroy_keys
from domain.sql import execute, fetch
from domain.things import Hold, lock
from domain.users.payloads import UserDeparted


def apply_user_departed(session: Session, batch: Batch[UserDeparted], now: datetime) -> Effects:
    """Erase those who were deleted. Nothing is locked before their keys: see `destroy_keys`.

    Then come the events, in key order, so that two who met and leave at once wait for one another.
    """
    del now
    effects = Effects()
    causes = {each.payload.user_id: each for each in batch}
    people = _deleted(session, causes)
    if not people:
        return effects
    owners = {*people, *_unnamed(session, people)}
    # What Clerk told of them before they had registered is sealed for whom they were there.
    destroy_keys(session, {*owners, *map(stand_in, people.values())})
    lock(session, "event", _events(session, people), Hold.CHANGE)
    for event, person in _events_with_comments(session, people):
        effects.follow(causes[person], EventSettled(event_id=event))
    for fact_trace in FACT_TRACES:
        _erase_facts(session, fact_trace, owners)
    for trace in TRACES:
        _erase_rows(session, trace, people)
    _erase_helpers(session, people)
    _erase_tellings(session, people)
    return effects


def _deleted(session: Session, people: Iterable[str]) -> dict[str, str]:
    """Give who was deleted and not only banned, each with their id at Clerk."""
    rows = fetch(
        session,
        "SELECT id, clerk_id FROM users WHERE id = ANY(%(ids)s) AND deleted_at IS NOT NULL"
        " ORDER BY id",
        ids=list(people),
    )
    return dict(rows)


def _unnamed(session: Session, people: Collection[str]) -> list[str]:
    """Give the events of these hosts: what is said of helpers who are no users is kept for them."""
    rows = fetch(session, "SELECT id FROM events WHERE host_id = ANY(%(ids)s)", ids=list(people))
    return [event for (event,) in rows]


def _events(session: Session, people: Collection[str]) -> list[str]:
    """Give the events in whose facts or rows these people left something."""
    rows = fetch(session, EVENTS_WITH_TRACES, owners=list(people))
    return [event for (event,) in rows]


def _events_with_comments(session: Session, people: Collection[str]) -> list[tuple[str, str]]:
    """Give (event, person) of comments: the event's summary quotes them, and is written again."""
    rows = fetch(
        session,
        "SELECT event_id, rater_id FROM ratings WHERE rater_id = ANY(%(ids)s)"
        " AND comment IS NOT NULL ORDER BY event_id, rater_id",
        ids=list(people),
    )
    return [(event, person) for event, person in rows]


def _erase_facts(session: Session, trace: FactTrace, owners: Collection[str]) -> None:
    """Erase what is personal in kept facts."""
    rows = fetch(
        session,
        f"SELECT {trace.thing}, source, id, kind, data::text FROM {trace.table} WHERE {trace.of}"
        f" ORDER BY {trace.thing}, source, id",
        owners=list(owners),
    )
    changed = []
    for thing, source, identity, kind, text in rows:
        payload = Payload.OF_TYPE.get(type_of(kind))
        data = from_json(text)
        if payload is not None and erase(payload, data, people=owners):
            changed.append((thing, source, identity, to_json(data).decode()))
    _write_facts(session, trace, changed)


def _write_facts(
    session: Session, trace: FactTrace, changed: Sequence[tuple[str, str, str, str]]
) -> None:
    """Write the data of facts, given as (thing, source, id, data)."""
    if not changed:
        return
    things, sources, ids, data = map(list, zip(*changed, strict=True))
    execute(
        session,
        f"UPDATE {trace.table} AS kept SET data = erased.data FROM unnest(%(things)s::uuid[],"
        " %(sources)s::text[], %(ids)s::text[], %(data)s::jsonb[])"
        f" AS erased (thing, source, id, data) WHERE kept.{trace.thing} = erased.thing"
        " AND kept.source = erased.source AND kept.id = erased.id",
        things=things,
        sources=sources,
        ids=ids,
        data=data,
    )


def _erase_rows(session: Session, trace: Trace, people: Collection[str]) -> None:
    """Erase columns of the rows that name these people."""
    settings = ", ".join(
        f'"{column}" = CASE WHEN kept."{column}" IS NOT NULL THEN erased."{column}" END'
        for column in trace.erased
    )
    execute(
        session,
        f"UPDATE {trace.table} AS kept SET {settings}"
        f" FROM jsonb_populate_record(NULL::{trace.table}, %(erased)s::jsonb) AS erased"
        f" WHERE kept.{trace.person} = ANY(%(people)s::uuid[])",
        erased=to_json(trace.erased).decode(),
        people=list(people),
    )


def _erase_helpers(session: Session, people: Collection[str]) -> None:
    """Erase helpers without an account from these hosts' events."""
    execute(
        session,
        "UPDATE event_collaborators AS kept SET first_name = %(erased)s, last_name = NULL,"
        " phone_number = NULL FROM events WHERE events.id = kept.event_id"
        " AND kept.user_id IS NULL AND events.host_id = ANY(%(people)s::uuid[])",
        erased=ERASED_TEXT,
        people=list(people),
    )


def _erase_tellings(session: Session, people: Collection[str]) -> None:
    """Delete what these people were told, or were to be told.

    What others are told of them holds their id and nothing more: names are looked up when it is
    sent. Locked after all else, in key order, as everywhere (domain/notifications/telling.py).
    """
    execute(
        session,
        """
        DELETE FROM notifications WHERE id IN (
            SELECT id FROM notifications WHERE user_id = ANY(%(people)s::uuid[])
            ORDER BY user_id, dedupe_key, channel FOR UPDATE)
        """,
        people=list(people),
    )
