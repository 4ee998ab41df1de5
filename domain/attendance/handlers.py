"""Applies who came: check-ins and reports are kept, attendance and reliability follow from them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from domain.attendance.facts import (
    Pair,
    load_occasions,
    load_reports,
    pairs_of_events,
    reported_by,
)
from domain.attendance.payloads import AttendanceReported, AttendeeCheckedIn
from domain.attendance.rules import CheckIn, Place, note_on_check_in, note_on_report
from domain.attendance.settling import settle
from domain.batch import Batch, DomainEvent, Effects
from domain.gatherings.payloads import EventSettled
from domain.invitations.payloads import InvitationSettled
from domain.payload import Payload
from domain.sql import execute
from domain.verdict import Accepted, Rejected, Verdict


def apply_attendee_checked_in(
    session: Session, batch: Batch[AttendeeCheckedIn], now: datetime
) -> Effects:
    """Keep check-ins; the earliest that counts stands."""
    del now
    _keep_check_ins(session, batch)
    effects = Effects()
    occasions = load_occasions(session, (each.payload.event_id for each in batch))
    presences = settle(session, {_pair(each.payload): each for each in batch}, effects)
    for checked_in in batch:
        said = checked_in.payload
        attempt = CheckIn(checked_in.stamp, Place(said.latitude, said.longitude))
        note = note_on_check_in(
            attempt, occasion=occasions[said.event_id], presence=presences.get(_pair(said))
        )
        if note is not None:
            effects.verdicts[checked_in.seq] = Accepted(note)
    return effects


def apply_attendance_reported(
    session: Session, batch: Batch[AttendanceReported], now: datetime
) -> Effects:
    """Keep reports; the newest of each reporter about a person stands."""
    del now
    verdicts: dict[int, Verdict] = {
        each.seq: Rejected("self", "nobody reports on themselves")
        for each in batch
        if each.payload.reporter_id == each.payload.user_id
    }
    about_others = batch.without(verdicts)
    _keep_reports(session, about_others)
    effects = Effects(verdicts)
    causes = {_pair(each.payload): each for each in about_others}
    presences = settle(session, causes, effects)
    effects.verdicts |= _notes_on_reports(session, about_others, presences=presences)
    return effects


def _notes_on_reports(
    session: Session, batch: Batch[AttendanceReported], *, presences: Collection[Pair]
) -> dict[int, Verdict]:
    """Say of reports that don't count why."""
    pairs = {_pair(each.payload) for each in batch}
    occasions = load_occasions(session, (event for event, _ in pairs))
    standing = {
        (pair, report.reporter): report
        for pair, reports in load_reports(session, pairs).items()
        for report in reports
    }
    verdicts: dict[int, Verdict] = {}
    for each in batch:
        pair = _pair(each.payload)
        note = note_on_report(
            each.stamp,
            standing=standing.get((pair, each.payload.reporter_id)),
            occasion=occasions[pair[0]],
            has_row=pair in presences,
        )
        if note is not None:
            verdicts[each.seq] = Accepted(note)
    return verdicts


def _pair(said: AttendeeCheckedIn | AttendanceReported | InvitationSettled) -> Pair:
    return said.event_id, said.user_id


def apply_invitation_settled(
    session: Session, batch: Batch[InvitationSettled], now: datetime
) -> Effects:
    """Judge again whoever got or gave up a seat, and those on whom they reported."""
    del now
    effects = Effects()
    causes: dict[Pair, DomainEvent[Payload]] = {_pair(each.payload): each for each in batch}
    for pair, reporter in reported_by(session, causes):
        causes.setdefault(pair, causes[reporter])
    settle(session, causes, effects)
    return effects


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Judge again everybody at events that changed."""
    del now
    effects = Effects()
    by_event = {each.payload.event_id: each for each in batch}
    pairs = pairs_of_events(session, by_event)
    settle(session, {pair: by_event[pair[0]] for pair in pairs}, effects)
    return effects


def _keep_check_ins(session: Session, batch: Iterable[DomainEvent[AttendeeCheckedIn]]) -> None:
    """Insert check-ins that aren't there yet."""
    listed = list(batch)
    execute(
        session,
        """
        INSERT INTO attendance_check_ins
            (event_id, user_id, id, source, latitude, longitude, checked_in_at)
        SELECT * FROM unnest(%(events)s::uuid[], %(users)s::uuid[], %(ids)s::text[],
            %(sources)s::text[], %(latitudes)s::float8[], %(longitudes)s::float8[],
            %(times)s::timestamptz[])
        ON CONFLICT DO NOTHING
        """,
        events=[each.payload.event_id for each in listed],
        users=[each.payload.user_id for each in listed],
        ids=[each.id for each in listed],
        sources=[each.source for each in listed],
        latitudes=[each.payload.latitude for each in listed],
        longitudes=[each.payload.longitude for each in listed],
        times=[each.time for each in listed],
    )


def _keep_reports(session: Session, batch: Iterable[DomainEvent[AttendanceReported]]) -> None:
    """Write the newest report of each reporter about each person."""
    newest: dict[tuple[str, str, str], DomainEvent[AttendanceReported]] = {}
    for each in sorted(batch, key=lambda each: each.stamp.order):
        said = each.payload
        newest[(said.event_id, said.user_id, said.reporter_id)] = each
    execute(
        session,
        """
        INSERT INTO attendance_reports AS kept
            (event_id, user_id, reporter_id, status, reported_at, stamp_id, stamp_source)
        SELECT * FROM unnest(%(events)s::uuid[], %(users)s::uuid[], %(reporters)s::uuid[],
            %(statuses)s::text[], %(times)s::timestamptz[], %(ids)s::text[], %(sources)s::text[])
        ON CONFLICT (event_id, user_id, reporter_id) DO UPDATE
        SET status = excluded.status, reported_at = excluded.reported_at,
            stamp_id = excluded.stamp_id, stamp_source = excluded.stamp_source
        WHERE (kept.reported_at, kept.stamp_id COLLATE "C", kept.stamp_source COLLATE "C")
            < (excluded.reported_at, excluded.stamp_id COLLATE "C",
               excluded.stamp_source COLLATE "C")
        """,
        **_report_columns(newest),
    )


def _report_columns(
    newest: Mapping[tuple[str, str, str], DomainEvent[AttendanceReported]],
) -> dict[str, list[object]]:
    """Turn reports into one list a column, in key order."""
    listed = sorted(newest.items())
    return {
        "events": [key[0] for key, _ in listed],
        "users": [key[1] for key, _ in listed],
        "reporters": [key[2] for key, _ in listed],
        "statuses": [str(each.payload.status) for _, each in listed],
        "times": [each.time for _, each in listed],
        "ids": [each.id for _, each in listed],
        "sources": [each.source for _, each in listed],
    }
