"""Applies who met whom: the memory book follows from attendance at completed events."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from domain.attendance.payloads import AttendanceSettled
from domain.batch import Batch, Effects
from domain.blocks import events_of_both, load_blocks
from domain.connections.rules import Pair, settle_connections
from domain.gatherings.payloads import EventSettled
from domain.safety.payloads import BlockSettled
from domain.sql import execute, fetch
from domain.things import Hold, lock


def apply_attendance_settled(
    session: Session, batch: Batch[AttendanceSettled], now: datetime
) -> Effects:
    """Settle events at which somebody's attendance changed."""
    del now
    _settle(session, {each.payload.event_id for each in batch})
    return Effects()


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Settle events that changed."""
    del now
    _settle(session, {each.payload.event_id for each in batch})
    return Effects()


def apply_block_settled(session: Session, batch: Batch[BlockSettled], now: datetime) -> Effects:
    """Settle events at which both were, of whom one blocked the other or ended that."""
    del now
    pairs = {(each.payload.blocker_id, each.payload.blocked_id) for each in batch}
    _settle(session, lock(session, "event", events_of_both(session, pairs), Hold.CHANGE))
    return Effects()


def _settle(session: Session, events: Iterable[str]) -> None:
    """Make connections that stand and remove those that don't."""
    wanted = _wanted(session, events)
    kept: dict[str, set[Pair]] = {event: set() for event in wanted}
    for event, owner, other in fetch(
        session,
        "SELECT event_id, owner_id, connected_user_id FROM connections"
        " WHERE event_id = ANY(%(events)s)",
        events=list(wanted),
    ):
        kept[event].add((owner, other))
    _insert(session, {event: pairs - kept[event] for event, pairs in wanted.items()})
    _delete(session, {event: kept[event] - pairs for event, pairs in wanted.items()})


def _wanted(session: Session, events: Iterable[str]) -> dict[str, set[Pair]]:
    """Give the connections that stand, by event."""
    rows = fetch(
        session,
        """
        SELECT events.id, host_id, CASE WHEN cancelled_at IS NULL THEN completed_at END,
            ARRAY(SELECT seat.user_id FROM attendance AS seat
                WHERE seat.event_id = events.id AND seat.status IN ('attended', 'late'))
        FROM events WHERE id = ANY(%(events)s)
        """,
        events=list(events),
    )
    blocks = load_blocks(session, (person for *_, present in rows for person in present))
    return {
        event: settle_connections(
            present,
            host,
            stands=completed_at is not None,
            blocked=blocks.standing(completed_at, present) if completed_at is not None else (),
        )
        for event, host, completed_at, present in rows
    }


def _columns(pairs: Mapping[str, Iterable[Pair]]) -> dict[str, list[str]]:
    """Turn connections into one list a column, in key order."""
    rows = sorted((event, *pair) for event, listed in pairs.items() for pair in listed)
    return {
        "events": [row[0] for row in rows],
        "owners": [row[1] for row in rows],
        "others": [row[2] for row in rows],
    }


def _insert(session: Session, pairs: Mapping[str, Iterable[Pair]]) -> None:
    """Make connections with a snapshot of the other person."""
    columns = _columns(pairs)
    if columns["events"]:
        execute(
            session,
            """
            INSERT INTO connections (owner_id, connected_user_id, event_id, snapshot_name,
                snapshot_face_card_url)
            SELECT met.owner_id, met.other_id, met.event_id,
                coalesce(profile.preferred_name, profile.first_name),
                profile.current_face_card_photo_url
            FROM unnest(%(events)s::uuid[], %(owners)s::uuid[], %(others)s::uuid[])
                AS met (event_id, owner_id, other_id)
            LEFT JOIN social_profiles AS profile ON profile.user_id = met.other_id
            ON CONFLICT DO NOTHING
            """,
            **columns,
        )


def _delete(session: Session, pairs: Mapping[str, Iterable[Pair]]) -> None:
    """Remove connections that no longer stand."""
    columns = _columns(pairs)
    if columns["events"]:
        execute(
            session,
            """
            DELETE FROM connections AS kept
            USING unnest(%(events)s::uuid[], %(owners)s::uuid[], %(others)s::uuid[])
                AS gone (event_id, owner_id, other_id)
            WHERE kept.event_id = gone.event_id AND kept.owner_id = gone.owner_id
                AND kept.connected_user_id = gone.other_id
            """,
            **columns,
        )
