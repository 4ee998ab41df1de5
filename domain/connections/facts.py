"""What owners wrote in their memory books, kept and read; and what decides whom they met."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from domain.batch import DomainEvent
from domain.blocks import Pair, load_blocks
from domain.connections.payloads import ConnectionUpdated
from domain.facts import Fact
from domain.payload import Stamp
from domain.sql import array, execute, fetch
from domain.things import Hold, lock

# (event, owner, the other)
Key = tuple[str, str, str]
Facts = dict[Key, list[Fact]]


class Evening(NamedTuple):
    """What decides who met at an event: who came, and who ever got a seat."""

    host: str
    completed_at: datetime | None
    present: list[str]
    seated: list[str]
    blocked: Collection[Pair] = frozenset()

    @property
    def stands(self) -> bool:
        """Say whether it is completed, and not cancelled."""
        return self.completed_at is not None


_STANDS = "CASE WHEN cancelled_at IS NULL THEN completed_at END"


def keep(session: Session, batch: Iterable[DomainEvent[ConnectionUpdated]]) -> None:
    """Keep what was written; what is kept already is left alone."""
    listed = list(batch)
    if not listed:
        return
    execute(
        session,
        """
        INSERT INTO connection_facts
            (owner_id, connected_user_id, event_id, time, id, source, kind, data)
        SELECT * FROM unnest(%(owners)s::uuid[], %(others)s::uuid[], %(events)s::uuid[],
            %(times)s::timestamptz[], %(ids)s::text[], %(sources)s::text[], %(kinds)s::text[],
            %(data)s::jsonb[])
        ON CONFLICT DO NOTHING
        """,
        owners=array(each.payload.owner_id for each in listed),
        others=array(each.payload.connected_user_id for each in listed),
        events=array(each.payload.event_id for each in listed),
        times=[each.time for each in listed],
        ids=[each.id for each in listed],
        sources=[each.source for each in listed],
        kinds=[each.payload.NAME for each in listed],
        data=[each.data for each in listed],
    )


def load_of_events(session: Session, events: Iterable[str]) -> Facts:
    """Give all that was written about people at these events, in order."""
    return _gather(
        fetch(
            session,
            """
            SELECT event_id, owner_id, connected_user_id, kind, time, id, source, data
            FROM connection_facts WHERE event_id = ANY(%(events)s::uuid[])
            """,
            events=array(events),
        )
    )


def load_of_entries(session: Session, keys: Iterable[Key]) -> Facts:
    """Give what was written by these owners about these people, in order."""
    return _gather(
        fetch(
            session,
            """
            SELECT said.event_id, said.owner_id, said.connected_user_id, kind, time, id, source,
                data
            FROM unnest(%(events)s::uuid[], %(owners)s::uuid[], %(others)s::uuid[])
                AS asked (event_id, owner_id, connected_user_id)
            JOIN connection_facts AS said USING (event_id, owner_id, connected_user_id)
            """,
            **columns(keys),
        )
    )


def _gather(rows: Iterable[tuple[Any, ...]]) -> Facts:
    facts: Facts = {}
    for event, owner, other, kind, time, id_, source, data in rows:
        said = Fact(kind, Stamp(time, id_, source), data)
        facts.setdefault((event, owner, other), []).append(said)
    for listed in facts.values():
        listed.sort(key=lambda fact: fact.stamp.order)
    return facts


def columns(keys: Iterable[Key]) -> dict[str, str]:
    """Turn keys into one array a column, in their order."""
    listed = sorted(keys)
    return {
        "events": array(event for event, _, _ in listed),
        "owners": array(owner for _, owner, _ in listed),
        "others": array(other for _, _, other in listed),
    }


def load_evenings(session: Session, events: Iterable[str]) -> dict[str, Evening]:
    """Give what decides who met at each event."""
    rows = fetch(
        session,
        f"""
        SELECT id, host_id, {_STANDS},
            ARRAY(SELECT seat.user_id FROM attendance AS seat
                WHERE seat.event_id = events.id AND seat.status IN ('attended', 'late')),
            ARRAY(SELECT invited.user_id FROM invitations AS invited
                WHERE invited.event_id = events.id AND invited.confirmed_at IS NOT NULL)
        FROM events WHERE id = ANY(%(events)s::uuid[])
        """,
        events=array(events),
    )
    evenings = {event: Evening(*rest) for event, *rest in rows}
    blocks = load_blocks(session, (one for each in evenings.values() for one in each.present))
    return {
        event: each._replace(blocked=blocks.standing(each.completed_at, each.present))
        if each.completed_at is not None
        else each
        for event, each in evenings.items()
    }


def load_evenings_of_two(session: Session, keys: Iterable[Key]) -> dict[Key, Evening]:
    """Give what decides whether an owner may write about the other.

    That is who ever got a seat; who came needn't be known, since they all did.
    """
    rows = fetch(
        session,
        f"""
        SELECT asked.event_id, owner_id, other_id, host_id, {_STANDS}, '{{}}'::uuid[],
            ARRAY(SELECT invited.user_id FROM invitations AS invited
                WHERE invited.event_id = asked.event_id
                    AND invited.user_id IN (owner_id, other_id)
                    AND invited.confirmed_at IS NOT NULL)
        FROM unnest(%(events)s::uuid[], %(owners)s::uuid[], %(others)s::uuid[])
            AS asked (event_id, owner_id, other_id)
        JOIN events ON events.id = asked.event_id
        """,
        **columns(keys),
    )
    return {(event, owner, other): Evening(*rest) for event, owner, other, *rest in rows}


def forget_after_deletion(session: Session, owners: Iterable[str]) -> set[Key]:
    """Remove what people wrote later than their deletion; lock its events and give the keys."""
    wanted = array(owners)
    rows = fetch(
        session,
        """
        SELECT DISTINCT said.event_id FROM connection_facts AS said
        JOIN users ON users.id = said.owner_id AND said.time > users.deleted_at
        WHERE said.owner_id = ANY(%(owners)s::uuid[])
        """,
        owners=wanted,
    )
    lock(session, "event", (event for (event,) in rows), Hold.CHANGE)
    return {
        (event, owner, other)
        for event, owner, other in fetch(
            session,
            """
            DELETE FROM connection_facts AS said USING users
            WHERE said.owner_id = ANY(%(owners)s::uuid[]) AND users.id = said.owner_id
                AND said.time > users.deleted_at
            RETURNING said.event_id, said.owner_id, said.connected_user_id
            """,
            owners=wanted,
        )
    }
