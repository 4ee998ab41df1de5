"""Settles attendance: each person's status at each event, and their reliability.

The events are locked for change by the caller.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from domain.attendance.facts import Pair, load_check_ins, load_occasions, load_reports
from domain.attendance.meetings import awaited_meetings
from domain.attendance.payloads import AttendanceSettled
from domain.attendance.rules import (
    PRESENT,
    Occasion,
    Outcome,
    Presence,
    absentee_rating,
    settle_presence,
)
from domain.batch import DomainEvent, Effects
from domain.payload import Payload
from domain.sql import execute, fetch, fetch_dicts, update_rows
from domain.tables.attendance import AttendanceStatus
from domain.things import presence_of


def settle(
    session: Session, causes: Mapping[Pair, DomainEvent[Payload]], effects: Effects
) -> dict[Pair, Presence]:
    """Judge people at events again and write what changed; `causes` says what touched each.

    Gives what was decided about those who have a row.
    """
    if not causes:
        return {}
    rows = _load_rows(session, causes)
    occasions = load_occasions(session, (event for event, _ in causes))
    presences = _judge(session, rows, occasions)
    columns = {pair: _columns(each, occasions[pair[0]]) for pair, each in presences.items()}
    changed = [row for row in rows if _differs(row, columns[_pair(row)])]
    update_rows(
        session, "attendance", "id", [{"id": row["id"], **columns[_pair(row)]} for row in changed]
    )
    moved = {_pair(row) for row in changed if row["status"] != presences[_pair(row)].status}
    # Somebody without a row may have had one a moment ago: their numbers are counted again.
    gone = set(causes) - {_pair(row) for row in rows}
    _rate(session, {user for _, user in causes})
    for pair in sorted(moved | gone):
        event, user = pair
        effects.follow(causes[pair], AttendanceSettled(event_id=event, user_id=user))
    present = {pair for pair, each in presences.items() if each.status in PRESENT}
    effects.arrived |= {presence_of(*pair) for pair in moved & present}
    # Whoever is present, moved or not: the event itself may be what has changed.
    effects.arrived |= awaited_meetings(session, present)
    return presences


def _pair(row: Mapping[str, Any]) -> Pair:
    return row["event_id"], row["user_id"]


def _load_rows(session: Session, pairs: Iterable[Pair]) -> list[dict[str, Any]]:
    """Read the attendance rows of these people, with whether they cancelled late."""
    listed = list(pairs)
    return fetch_dicts(
        session,
        """
        SELECT seat.id, seat.event_id, seat.user_id, seat.status, seat.checked_in_at,
            seat.check_in_latitude, seat.check_in_longitude, seat.reported_by_user_id, seat.ends_at,
            invited.status = 'cancelled_late' AS cancelled_late
        FROM unnest(%(events)s::uuid[], %(users)s::uuid[]) AS asked (event_id, user_id)
        JOIN attendance AS seat USING (event_id, user_id)
        JOIN invitations AS invited ON invited.id = seat.id
        """,
        events=[event for event, _ in listed],
        users=[user for _, user in listed],
    )


def _judge(
    session: Session, rows: Iterable[Mapping[str, Any]], occasions: Mapping[str, Occasion]
) -> dict[Pair, Presence]:
    """Decide for each row whether the person came."""
    cancelled_late = {_pair(row): row["cancelled_late"] for row in rows}
    check_ins = load_check_ins(session, cancelled_late)
    reports = load_reports(session, cancelled_late)
    return {
        pair: settle_presence(
            cancelled_late=late,
            check_ins=check_ins.get(pair, ()),
            reports=reports.get(pair, ()),
            occasion=occasions[pair[0]],
        )
        for pair, late in cancelled_late.items()
    }


def _columns(presence: Presence, occasion: Occasion) -> dict[str, Any]:
    """Give an attendance row's derived columns."""
    checked_in = presence.checked_in
    return {
        "ends_at": occasion.ends_at,
        "status": presence.status,
        "checked_in_at": checked_in.stamp.time if checked_in else None,
        "check_in_latitude": checked_in.place.latitude if checked_in else None,
        "check_in_longitude": checked_in.place.longitude if checked_in else None,
        "reported_by_user_id": presence.reported_by,
    }


def _differs(row: Mapping[str, Any], columns: Mapping[str, Any]) -> bool:
    return any(row[name] != value for name, value in columns.items())


def _rate(session: Session, users: Iterable[str]) -> None:
    """Compute people's reliability and count from their own outcomes, one person at a time."""
    people = sorted(users)
    execute(
        session,
        "SELECT user_id FROM user_internal_metrics WHERE user_id = ANY(%(users)s)"
        " ORDER BY user_id FOR NO KEY UPDATE",
        users=people,
    )
    # Read after the lock, so that what another event's batch has just written is seen.
    rows = fetch(
        session,
        """
        SELECT seat.user_id, seat.status, events.starts_at
        FROM attendance AS seat JOIN events ON events.id = seat.event_id
        WHERE seat.user_id = ANY(%(users)s) AND seat.status <> 'confirmed'
        """,
        users=people,
    )
    outcomes: dict[str, list[Outcome]] = {user: [] for user in people}
    for user, status, starts_at in rows:
        outcomes[user].append(Outcome(AttendanceStatus(status), starts_at))
    execute(
        session,
        """
        UPDATE user_internal_metrics AS kept SET absentee_rating = rated.rating,
            outcomes_present = rated.present, updated_at = now()
        FROM unnest(%(users)s::uuid[], %(ratings)s::float8[], %(present)s::int[])
            AS rated (user_id, rating, present)
        WHERE kept.user_id = rated.user_id
            AND (kept.absentee_rating, kept.outcomes_present)
            IS DISTINCT FROM (rated.rating, rated.present)
        """,
        users=people,
        ratings=[absentee_rating(outcomes[user]) for user in people],
        present=[sum(each.status in PRESENT for each in outcomes[user]) for user in people],
    )
