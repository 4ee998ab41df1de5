"""Applies what happens to gatherings: facts are kept, the events are folded from them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlmodel import Session

from domain.batch import Batch, DomainEvent, Effects
from domain.deleted import deletions
from domain.facts import keep, load
from domain.gatherings.payloads import (
    EventCancelled,
    EventCompleted,
    EventFinalized,
    EventPublished,
    EventSettled,
    EventUpdated,
    LocationAdded,
)
from domain.gatherings.rules import Gathering, settle_gathering
from domain.payload import Payload
from domain.sql import array, as_json, execute, fetch, insert_missing, update_rows
from domain.things import Hold, lock
from domain.users.payloads import UserDeparted
from domain.verdict import NEWER_STANDS, Accepted, Rejected, Verdict


def apply_location_added(session: Session, batch: Batch[LocationAdded], now: datetime) -> Effects:
    """Keep places; of two domain events about one place the newer stands."""
    del now
    newest: dict[str, DomainEvent[LocationAdded]] = {}
    for added in sorted(batch, key=lambda each: each.stamp.order):
        newest[added.payload.location_id] = added
    rows = [
        {
            "id": identity,
            **added.payload.model_dump(exclude={"location_id"}),
            "stamp_time": added.time,
            "stamp_id": added.id,
            "stamp_source": added.source,
        }
        for identity, added in sorted(newest.items())
    ]
    written = _write_locations(session, rows)
    effects = Effects()
    for added in batch:
        location_id = added.payload.location_id
        if location_id not in written or newest[location_id] is not added:
            effects.verdicts[added.seq] = Accepted(NEWER_STANDS)
    for location_id, event_id in _events_at(session, written):
        effects.follow(newest[location_id], EventSettled(event_id=event_id))
    return effects


def _write_locations(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Upsert places by their newest word; give those of which it was news."""
    written = fetch(
        session,
        """
        INSERT INTO locations AS kept (id, name, address, latitude, longitude, google_place_id,
            stamp_time, stamp_id, stamp_source)
        SELECT id, name, address, latitude, longitude, google_place_id, stamp_time, stamp_id,
            stamp_source
        FROM jsonb_populate_recordset(NULL::locations, %(rows)s::jsonb)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, address = excluded.address,
            latitude = excluded.latitude, longitude = excluded.longitude,
            google_place_id = excluded.google_place_id, stamp_time = excluded.stamp_time,
            stamp_id = excluded.stamp_id, stamp_source = excluded.stamp_source
        WHERE kept.stamp_time IS NULL
            OR (kept.stamp_time, kept.stamp_id COLLATE "C", kept.stamp_source COLLATE "C")
            < (excluded.stamp_time, excluded.stamp_id COLLATE "C",
               excluded.stamp_source COLLATE "C")
        RETURNING id
        """,
        rows=as_json(rows),
    )
    return {location for (location,) in written}


def _events_at(session: Session, places: Iterable[str]) -> list[tuple[str, str]]:
    """Give (location, event) of all events that stop at these places.

    A statement of its own: it sees the events of those who held the place while we waited.
    """
    found = fetch(
        session,
        "SELECT DISTINCT location_id, event_id FROM event_itinerary_stops"
        " WHERE location_id = ANY(%(ids)s::uuid[])",
        ids=array(places),
    )
    return [(location, event) for location, event in found]


def apply_event_published(session: Session, batch: Batch[EventPublished], now: datetime) -> Effects:
    """Make events; one that another host has under this id is refused."""
    del now
    _make_rows(session, batch)
    hosts = dict(
        fetch(
            session,
            "SELECT id, host_id FROM events WHERE id = ANY(%(ids)s)",
            ids=[each.payload.event_id for each in batch],
        )
    )
    taken: dict[int, Verdict] = {
        each.seq: Rejected("id_taken", "another host published an event with this event_id")
        for each in batch
        if hosts[each.payload.event_id] != each.payload.host_id
    }
    accepted = batch.without(taken)
    lock(session, "event", (each.payload.event_id for each in accepted), Hold.CHANGE)
    effects = _keep_and_settle(session, accepted)
    effects.verdicts |= taken
    gone = deletions(session, (each.payload.host_id for each in accepted))
    for each in accepted:
        if each.payload.host_id in gone:
            # Heard of late: what it says of helpers is to be erased as well.
            effects.follow(each, UserDeparted(user_id=each.payload.host_id))
    return effects


def apply_event_updated(session: Session, batch: Batch[EventUpdated], now: datetime) -> Effects:
    """Change plans, each field by its newest word."""
    del now
    return _keep_and_settle(session, batch)


def apply_event_cancelled(session: Session, batch: Batch[EventCancelled], now: datetime) -> Effects:
    """Cancel events that aren't over."""
    del now
    return _keep_and_settle(session, batch)


def apply_event_completed(session: Session, batch: Batch[EventCompleted], now: datetime) -> Effects:
    """Complete events that are over."""
    del now
    return _keep_and_settle(session, batch)


def apply_event_finalized(session: Session, batch: Batch[EventFinalized], now: datetime) -> Effects:
    """Finalise completed events: who hasn't shown up by now is a no-show."""
    del now
    return _keep_and_settle(session, batch)


def apply_user_departed(session: Session, batch: Batch[UserDeparted], now: datetime) -> Effects:
    """Judge again the events of hosts who were deleted or banned."""
    del now
    rows = fetch(
        session,
        "SELECT id, host_id FROM events WHERE host_id = ANY(%(hosts)s) ORDER BY id",
        hosts=[each.payload.user_id for each in batch],
    )
    causes = {each.payload.user_id: each for each in batch}
    effects = Effects()
    lock(session, "event", (event for event, _ in rows), Hold.CHANGE)
    _settle(session, {event: causes[host] for event, host in rows}, effects)
    return effects


def _make_rows(session: Session, batch: Batch[EventPublished]) -> None:
    """Insert events that aren't there yet, and host profiles for those who had none."""
    # In key order, as everybody does; of two about one event the earlier comes first.
    listed = sorted(batch, key=lambda each: (each.payload.event_id, each.stamp.order))
    insert_missing(
        session,
        "events",
        [
            {
                "id": each.payload.event_id,
                "status": "published",
                **each.payload.model_dump(
                    include={
                        "host_id",
                        "title",
                        "description",
                        "min_attendees",
                        "max_attendees",
                        "confirmation_fee",
                    }
                ),
            }
            for each in listed
        ],
    )
    hosts = sorted({each.payload.host_id for each in listed})
    execute(
        session,
        "INSERT INTO host_profiles (id, user_id) SELECT host, host FROM unnest(%(hosts)s::uuid[])"
        " AS host ON CONFLICT DO NOTHING",
        hosts=hosts,
    )


def _keep_and_settle(session: Session, batch: Batch[Payload]) -> Effects:
    """Keep what was said about events and settle them."""
    keep(session, "event_facts", "event_id", batch)
    effects = Effects()
    notes = _settle(session, {each.payload.subject: each for each in batch}, effects)
    for each in batch:
        note = notes.get((each.payload.subject, each.stamp.order))
        if note is not None:
            effects.verdicts[each.seq] = Accepted(note)
    return effects


def _settle(
    session: Session, causes: Mapping[str, DomainEvent[Payload]], effects: Effects
) -> dict[tuple[str, Any], str]:
    """Fold and write events, and say of those that changed that they are settled anew."""
    facts = load(session, "event_facts", "event_id", causes)
    departures = _host_departures(session, causes)
    settled = {
        event: settle_gathering(facts[event], departures.get(event, ()))
        for event in causes
        if facts[event]
    }
    before = _judged_by(session, settled)
    _write(session, settled)
    after = _judged_by(session, settled)
    for event in settled:
        # Nothing hangs on an event that was made just now: what refers to it waits for this.
        is_new = before[event][STARTS_AT] is None
        if before[event] != after[event] and not is_new:
            effects.follow(causes[event], EventSettled(event_id=event))
    return {
        (str(event), stamp.order): note
        for event, gathering in settled.items()
        for stamp, note in gathering.notes.items()
    }


def _host_departures(session: Session, events: Iterable[str]) -> dict[str, list[datetime]]:
    """Give for each event when its host was deleted or banned."""
    departures: dict[str, list[datetime]] = {}
    rows = fetch(
        session,
        """
        SELECT events.id, fact.time FROM events
        JOIN user_facts AS fact ON fact.user_id = events.host_id
        WHERE events.id = ANY(%(ids)s) AND (fact.kind = 'user.deleted'
            OR fact.kind = 'user.status_changed' AND fact.data->>'status' = 'banned')
        UNION ALL
        SELECT events.id, fact.time FROM events
        JOIN users ON users.id = events.host_id
        JOIN reports ON reports.reported_id = users.id
        JOIN report_facts AS fact ON fact.report_id = reports.id
        WHERE events.id = ANY(%(ids)s) AND fact.kind = 'report.resolved'
            AND fact.data->>'outcome' = 'ban'
            -- What was said after the deletion has no effect; user_facts forget it.
            AND (users.deleted_at IS NULL OR fact.time <= users.deleted_at)
        """,
        ids=list(events),
    )
    for event, time in rows:
        departures.setdefault(event, []).append(time)
    return departures


# The place of starts_at in what `_judged_by` gives; null until an event is settled first.
STARTS_AT = 1


def _judged_by(session: Session, events: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Give what others judge by: schedule, places, status, size and the co-hosts."""
    rows = fetch(
        session,
        """
        SELECT id, status, starts_at, ends_at, cancelled_at, completed_at, finalized_at,
            max_attendees, material_changes,
            (SELECT jsonb_agg(stop.location_id ORDER BY stop."order")
             FROM event_itinerary_stops AS stop WHERE stop.event_id = events.id),
            (SELECT jsonb_agg(helper.user_id ORDER BY helper.user_id)
             FROM event_collaborators AS helper
             WHERE helper.event_id = events.id AND lower(helper.role) = 'co-host')
        FROM events WHERE id = ANY(%(ids)s)
        """,
        ids=list(events),
    )
    return {event: tuple(rest) for event, *rest in rows}


def _write(session: Session, settled: Mapping[str, Gathering]) -> None:
    """Write events with their stops and collaborators, whose ids come from event and place."""
    update_rows(
        session, "events", "id", [{"id": event, **each.columns} for event, each in settled.items()]
    )
    for table in ("event_itinerary_stops", "event_collaborators"):
        execute(session, f"DELETE FROM {table} WHERE event_id = ANY(%(ids)s)", ids=list(settled))
    _insert_stops(session, settled)
    _insert_collaborators(session, settled)


def _insert_stops(session: Session, settled: Mapping[str, Gathering]) -> None:
    """Insert the stops of events."""
    rows = [
        {
            "id": uuid5(UUID(event), f"stop {stop['order']}"),
            "event_id": event,
            "description": "",
            **stop,
        }
        for event, each in settled.items()
        for stop in each.itinerary
    ]
    execute(
        session,
        """
        INSERT INTO event_itinerary_stops
            (id, event_id, location_id, "order", title, description, start_time, end_time)
        SELECT id, event_id, location_id, "order", title, description, start_time, end_time
        FROM jsonb_populate_recordset(NULL::event_itinerary_stops, %(rows)s::jsonb)
        """,
        rows=as_json(rows),
    )


def _insert_collaborators(session: Session, settled: Mapping[str, Gathering]) -> None:
    """Insert the collaborators of events."""
    rows = [
        {"id": uuid5(UUID(event), f"collaborator {place}"), "event_id": event, **helper}
        for event, each in settled.items()
        for place, helper in enumerate(each.collaborators)
    ]
    execute(
        session,
        """
        INSERT INTO event_collaborators
            (id, event_id, user_id, role, first_name, last_name, phone_number)
        SELECT id, event_id, user_id, role, first_name, last_name, phone_number
        FROM jsonb_populate_recordset(NULL::event_collaborators, %(rows)s::jsonb)
        """,
        rows=as_json(rows),
    )
