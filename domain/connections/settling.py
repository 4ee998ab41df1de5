"""Settles the memory book: who is in it, with a snapshot, and what its owner wrote there.

The events are locked for change by the caller.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlmodel import Session

from domain.batch import DomainEvent, Effects
from domain.connections.facts import (
    Key,
    columns,
    load_evenings,
    load_evenings_of_two,
    load_of_entries,
    load_of_events,
)
from domain.connections.payloads import ConnectionMutual
from domain.connections.rules import Entry, Pair, settle_connections, settle_entry
from domain.payload import Payload, thing
from domain.sql import array, as_json, execute, fetch

Cause = DomainEvent[Payload]


def entry_of(key: Key) -> str:
    """Name a connection, for what was written before it stands."""
    return thing("connection", ":".join(key))


def settle(
    session: Session,
    causes: Mapping[str, Cause],
    effects: Effects,
    *,
    touched: Collection[Key] = (),
) -> None:
    """Make the connections of whole events that stand, and remove those that don't.

    `touched` are those in which something that was written is gone.
    """
    facts = load_of_events(session, causes)
    written: dict[str, list[Pair]] = {event: [] for event in causes}
    for event, owner, other in facts:
        written[event].append((owner, other))
    wanted = {
        (event, owner, other)
        for event, evening in load_evenings(session, causes).items()
        for owner, other in settle_connections(
            evening.present,
            evening.host,
            stands=evening.stands,
            blocked=evening.blocked,
            written=written[event],
            seated=evening.seated,
        )
    }
    kept = _kept(session, causes)
    _insert(session, wanted - kept)
    _delete(session, kept - wanted)
    # Also of those that stood before: what is said while they don't isn't in them yet.
    entries = {key: settle_entry(facts.get(key, ())) for key in wanted & {*facts, *touched}}
    _write_entries(session, entries, {key: causes[key[0]] for key in entries}, effects)
    effects.arrived |= {entry_of(key) for key in {*entries, *touched}}


def write(session: Session, causes: Mapping[Key, Cause], effects: Effects) -> dict[Key, Entry]:
    """Write what owners have just written, where the connection stands; give those entries."""
    standing = {
        key
        for key, evening in load_evenings_of_two(session, causes).items()
        if key[1:]
        in settle_connections(
            evening.present,
            evening.host,
            stands=evening.stands,
            written=[key[1:]],
            seated=evening.seated,
        )
    }
    _insert(session, standing)
    facts = load_of_entries(session, standing)
    entries = {key: settle_entry(facts[key]) for key in standing}
    _write_entries(session, entries, causes, effects)
    return entries


def _kept(session: Session, events: Iterable[str]) -> set[Key]:
    """Give the connections that are there."""
    rows = fetch(
        session,
        "SELECT event_id, owner_id, connected_user_id FROM connections"
        " WHERE event_id = ANY(%(events)s::uuid[])",
        events=array(events),
    )
    return {(event, owner, other) for event, owner, other in rows}


def _insert(session: Session, keys: Collection[Key]) -> None:
    """Make connections, with a snapshot of the other person; those that are there stay."""
    if not keys:
        return
    execute(
        session,
        """
        INSERT INTO connections (owner_id, connected_user_id, event_id, snapshot_name,
            snapshot_face_card_url, was_photo_authentic)
        SELECT met.owner_id, met.other_id, met.event_id,
            coalesce(profile.preferred_name, profile.first_name),
            profile.current_face_card_photo_url,
            EXISTS (
                SELECT FROM profile_photos AS photo
                WHERE photo.user_id = met.other_id AND photo.url = profile.current_photo_url
                    AND photo.is_authentic
                    AND events.starts_at BETWEEN photo.stamp_time AND photo.authentic_expires_at)
        FROM unnest(%(events)s::uuid[], %(owners)s::uuid[], %(others)s::uuid[])
            AS met (event_id, owner_id, other_id)
        JOIN events ON events.id = met.event_id
        LEFT JOIN social_profiles AS profile ON profile.user_id = met.other_id
        ON CONFLICT DO NOTHING
        """,
        **columns(keys),
    )


def _delete(session: Session, keys: Collection[Key]) -> None:
    """Remove connections that no longer stand."""
    if not keys:
        return
    execute(
        session,
        """
        DELETE FROM connections AS kept
        USING unnest(%(events)s::uuid[], %(owners)s::uuid[], %(others)s::uuid[])
            AS gone (event_id, owner_id, other_id)
        WHERE kept.event_id = gone.event_id AND kept.owner_id = gone.owner_id
            AND kept.connected_user_id = gone.other_id
        """,
        **columns(keys),
    )


def _write_entries(
    session: Session, entries: Mapping[Key, Entry], causes: Mapping[Key, Cause], effects: Effects
) -> None:
    """Write what stands in connections; say once of a pair that both want to connect again."""
    if not entries:
        return
    rows = fetch(
        session,
        """
        UPDATE connections AS kept SET is_favorite = said.is_favorite,
            wants_to_connect_again = said.wants_to_connect_again,
            does_not_want_to_connect_again = said.does_not_want_to_connect_again,
            private_notes = said.private_notes, updated_at = now()
        FROM jsonb_populate_recordset(NULL::connections, %(rows)s::jsonb) AS said
        WHERE kept.owner_id = said.owner_id AND kept.connected_user_id = said.connected_user_id
            AND kept.event_id = said.event_id
            AND (kept.is_favorite, kept.wants_to_connect_again,
                kept.does_not_want_to_connect_again, kept.private_notes)
            IS DISTINCT FROM (said.is_favorite, said.wants_to_connect_again,
                said.does_not_want_to_connect_again, said.private_notes)
        RETURNING kept.event_id, kept.owner_id, kept.connected_user_id,
            kept.wants_to_connect_again AND NOT kept.does_not_want_to_connect_again
        """,
        rows=as_json(
            {"event_id": event, "owner_id": owner, "connected_user_id": other, **entry.fields}
            for (event, owner, other), entry in sorted(entries.items())
        ),
    )
    wishes = {
        (min(owner, other), max(owner, other)): causes[event, owner, other]
        for event, owner, other, wants in rows
        if wants
    }
    for low, high in _mutual(session, wishes):
        effects.follow(
            wishes[low, high],
            ConnectionMutual(user_id=low, other_user_id=high),
            once=f"mutual {low} {high}",
        )


def _mutual(session: Session, pairs: Collection[Pair]) -> list[Pair]:
    """Give those pairs who both want to connect again, each wherever they met.

    The two may say so at the same moment at two events: their metrics, which are always there,
    are the lock by which one of them sees the other's wish.
    """
    if not pairs:
        return []
    execute(
        session,
        "SELECT user_id FROM user_internal_metrics WHERE user_id = ANY(%(users)s::uuid[])"
        " ORDER BY user_id FOR NO KEY UPDATE",
        users=array(sorted({person for pair in pairs for person in pair})),
    )
    wants = """
        EXISTS (SELECT FROM connections AS kept
            WHERE kept.owner_id = {0} AND kept.connected_user_id = {1}
                AND kept.wants_to_connect_again AND NOT kept.does_not_want_to_connect_again)
    """
    rows = fetch(
        session,
        f"""
        SELECT low, high FROM unnest(%(lows)s::uuid[], %(highs)s::uuid[]) AS asked (low, high)
        WHERE {wants.format("low", "high")} AND {wants.format("high", "low")}
        """,
        lows=array(low for low, _ in pairs),
        highs=array(high for _, high in pairs),
    )
    return [(low, high) for low, high in rows]
