"""Reads what the rules need to settle attendance, for a whole batch with one query a table."""

from collections.abc import Iterable

from sqlmodel import Session

from domain.attendance.rules import CheckIn, Occasion, Place, Report
from domain.payload import Stamp
from domain.sql import fetch
from domain.tables.attendance import AttendanceStatus

Pair = tuple[str, str]


def load_occasions(session: Session, events: Iterable[str]) -> dict[str, Occasion]:
    """Give what attendance is judged by, for each event."""
    rows = fetch(
        session,
        """
        SELECT events.id, starts_at, ends_at, finalized_at IS NOT NULL,
            array_agg(locations.latitude ORDER BY stop."order"),
            array_agg(locations.longitude ORDER BY stop."order")
        FROM events
        JOIN event_itinerary_stops AS stop ON stop.event_id = events.id
        JOIN locations ON locations.id = stop.location_id
        WHERE events.id = ANY(%(ids)s) GROUP BY events.id
        """,
        ids=list(set(events)),
    )
    return {
        event: Occasion(
            starts, ends, [Place(*place) for place in zip(north, east, strict=True)], final
        )
        for event, starts, ends, final, north, east in rows
    }


def pairs_of_events(session: Session, events: Iterable[str]) -> list[Pair]:
    """Give (event, person) of everybody who has an attendance row."""
    return [
        (event, user)
        for event, user in fetch(
            session,
            "SELECT event_id, user_id FROM attendance WHERE event_id = ANY(%(ids)s)",
            ids=list(events),
        )
    ]


def reported_by(session: Session, reporters: Iterable[Pair]) -> list[tuple[Pair, Pair]]:
    """Give ((event, person), (event, reporter)) for all on whom these people reported."""
    listed = list(reporters)
    rows = fetch(
        session,
        """
        SELECT said.event_id, said.user_id, said.reporter_id
        FROM unnest(%(events)s::uuid[], %(reporters)s::uuid[]) AS asked (event_id, reporter_id)
        JOIN attendance_reports AS said USING (event_id, reporter_id)
        """,
        events=[event for event, _ in listed],
        reporters=[reporter for _, reporter in listed],
    )
    return [((event, user), (event, reporter)) for event, user, reporter in rows]


def load_check_ins(session: Session, pairs: Iterable[Pair]) -> dict[Pair, list[CheckIn]]:
    """Give the check-ins of each person at each event."""
    listed = list(pairs)
    rows = fetch(
        session,
        """
        SELECT tried.event_id, tried.user_id, checked_in_at, id, source, latitude, longitude
        FROM unnest(%(events)s::uuid[], %(users)s::uuid[]) AS asked (event_id, user_id)
        JOIN attendance_check_ins AS tried USING (event_id, user_id)
        """,
        events=[event for event, _ in listed],
        users=[user for _, user in listed],
    )
    found: dict[Pair, list[CheckIn]] = {}
    for event, user, time, id_, source, latitude, longitude in rows:
        attempt = CheckIn(Stamp(time, id_, source), Place(latitude, longitude))
        found.setdefault((event, user), []).append(attempt)
    return found


def load_reports(session: Session, pairs: Iterable[Pair]) -> dict[Pair, list[Report]]:
    """Give the reports on each person by those who may report: host, co-hosts, attendees."""
    listed = list(pairs)
    rows = fetch(
        session,
        """
        SELECT said.event_id, said.user_id, said.reported_at, said.stamp_id, said.stamp_source,
            said.reporter_id, said.status, leads.yes
        FROM unnest(%(events)s::uuid[], %(users)s::uuid[]) AS asked (event_id, user_id)
        JOIN attendance_reports AS said USING (event_id, user_id)
        JOIN events ON events.id = said.event_id
        CROSS JOIN LATERAL (
            SELECT events.host_id = said.reporter_id OR EXISTS (
                SELECT FROM event_collaborators AS helper
                WHERE helper.event_id = said.event_id AND helper.user_id = said.reporter_id
                    AND lower(helper.role) = 'co-host'
            ) AS yes
        ) AS leads
        WHERE leads.yes OR EXISTS (
            SELECT FROM attendance AS seat
            WHERE seat.event_id = said.event_id AND seat.user_id = said.reporter_id
        )
        """,
        events=[event for event, _ in listed],
        users=[user for _, user in listed],
    )
    found: dict[Pair, list[Report]] = {}
    for event, user, time, id_, source, reporter, status, leads in rows:
        report = Report(Stamp(time, id_, source), reporter, AttendanceStatus(status), leads)
        found.setdefault((event, user), []).append(report)
    return found
