"""Settles invitations: status, seat, attendance row and refunds, from all that happened.

The events of the invitations are locked for change by the caller, so that seats are counted and
given by one transaction at a time.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from domain.attendance.payloads import AttendanceSettled
from domain.batch import DomainEvent, Effects
from domain.gatherings.payloads import EventReconfirmationRequested
from domain.invitations.facts import Case, Seats, load_cases, load_seats
from domain.invitations.payloads import InvitationConfirmed, InvitationRefused, InvitationSettled
from domain.invitations.rules import (
    EVENT_CANCELLED,
    HOLDING,
    SEATED,
    Course,
    Decision,
    refuse_foreign,
    settle_invitation,
)
from domain.payload import Payload
from domain.payments.payloads import PaymentSucceeded, RefundRequested
from domain.sql import execute, fetch, insert_missing, update_rows
from domain.things import seat_of

Cause = DomainEvent[Payload]


def settle(
    session: Session, causes: Mapping[str, Cause], effects: Effects
) -> dict[tuple[str, Any], str]:
    """Fold and write the invitations; `causes` says which domain event touched each.

    Gives notes on what had no effect, by (invitation, order of its stamp).
    """
    if not causes:
        return {}
    cases = load_cases(session, causes)
    seats = load_seats(session, (case.row["event_id"] for case in cases))
    settled = [(case, _course(case, seats)) for case in cases]
    update_rows(session, "invitations", "id", [_columns(case, course) for case, course in settled])
    for event, user, invitation in _write_attendance(session, settled):
        effects.follow(causes[invitation], AttendanceSettled(event_id=event, user_id=user))
    _write_decisions(session, settled)
    for case, course in settled:
        _follow(case, course, causes[case.row["id"]], effects)
    return {
        (str(case.row["id"]), stamp.order): note
        for case, course in settled
        for stamp, note in course.notes.items()
    }


def _course(case: Case, seats: Seats) -> Course:
    """Fold one invitation, and take or give back its seat."""
    event: str = case.row["event_id"]
    course = settle_invitation(
        sent=case.sent,
        entries=case.entries,
        schedule=case.schedule,
        deleted_at=case.deleted_at,
        decisions=case.decisions,
        holds_seat=case.row["holds_seat"],
        is_seat_free=lambda: seats.is_free(event),
    )
    keeps_seat = course.status in HOLDING or _may_want_it_again(course)
    if keeps_seat and not case.row["holds_seat"]:
        seats.take(event)
    elif case.row["holds_seat"] and not keeps_seat:
        seats.give_back(event)
    for entry in case.foreign:
        refuse_foreign(course, entry)
    return course


def _may_want_it_again(course: Course) -> bool:
    """Say whether the event's cancellation, which may be taken back, is all that took the seat."""
    return course.status == "cancelled" and any(
        decision.granted and decision.refund_reason == EVENT_CANCELLED
        for decision in course.decisions.values()
    )


def _columns(case: Case, course: Course) -> dict[str, Any]:
    """Give an invitation's columns."""
    said = case.sent.data
    return {
        "id": case.row["id"],
        "status": course.status,
        "expires_at": course.expires_at,
        "confirmed_at": course.confirmed_at,
        "reconfirm_by": course.reconfirm_by,
        "decline_reason": course.decline_reason,
        "match_reason": said.get("match_reason"),
        "duo_id": _duo(case),
    }


def _duo(case: Case) -> str | None:
    """Give with which duo somebody was invited, if with any."""
    said = case.sent.data.get("duo_id")
    return None if said is None else str(said).lower()


def _write_attendance(
    session: Session, settled: Iterable[tuple[Case, Course]]
) -> list[tuple[str, str, str]]:
    """Make and remove attendance rows: one stands for everybody who holds a seat.

    Gives (event, person, invitation) of removed rows that said more than that a seat was taken:
    a new row in their place, made before anybody has looked, would hide that.
    """
    holders = [case.row for case, course in settled if course.status in HOLDING]
    others = [case.row["id"] for case, course in settled if course.status not in HOLDING]
    insert_missing(
        session,
        "attendance",
        [
            {
                "id": row["id"],
                "event_id": row["event_id"],
                "user_id": row["user_id"],
                "status": "confirmed",
                "ends_at": row["ends_at"],
            }
            for row in holders
        ],
    )
    removed = fetch(
        session,
        "DELETE FROM attendance WHERE id = ANY(%(ids)s) RETURNING event_id, user_id, id, status",
        ids=others,
    )
    return [(event, user, row) for event, user, row, status in removed if status != "confirmed"]


def _write_decisions(session: Session, settled: Iterable[tuple[Case, Course]]) -> None:
    """Keep what was decided about payments."""
    rows = [
        (payment, case.row["id"], decision.granted, decision.refund_reason)
        for case, course in settled
        for payment, decision in course.decisions.items()
        if case.decisions.get(payment) != decision
    ]
    _keep_decisions(session, rows)


def _keep_decisions(session: Session, rows: Iterable[tuple[str, str, bool, str | None]]) -> None:
    """Write decisions; a reason once given stands."""
    listed = list(rows)
    if listed:
        execute(
            session,
            """
            INSERT INTO seat_decisions AS known (payment_id, invitation_id, granted, refund_reason)
            SELECT * FROM unnest(%(payments)s::uuid[], %(invitations)s::uuid[],
                %(granted)s::boolean[], %(reasons)s::text[])
            ON CONFLICT (payment_id) DO UPDATE SET
                granted = excluded.granted,
                refund_reason = coalesce(known.refund_reason, excluded.refund_reason)
            """,
            payments=[row[0] for row in listed],
            invitations=[row[1] for row in listed],
            granted=[row[2] for row in listed],
            reasons=[row[3] for row in listed],
        )


def refund_unseated(
    session: Session, cause: Cause, paid: PaymentSucceeded, effects: Effects
) -> None:
    """Send back what was paid for an invitation that was refused."""
    assert paid.invitation_id is not None
    decision = Decision(refund_reason="invitation_rejected")
    _keep_decisions(session, [(paid.payment_id, paid.invitation_id, False, decision.refund_reason)])
    _follow_refund(cause, paid.invitation_id, paid.payment_id, decision, effects)


def _follow(case: Case, course: Course, cause: Cause, effects: Effects) -> None:
    """Publish what follows for one invitation."""
    row = case.row
    person = {key: row[key] for key in ("event_id", "user_id")}
    before, after = row["status"], course.status
    seat_changed = (before in HOLDING) != (after in HOLDING)
    late_changed = before != after and "cancelled_late" in (before, after)
    if seat_changed or late_changed or _duo(case) != row["duo_id"]:
        effects.follow(cause, InvitationSettled(invitation_id=row["id"], **person))
    if seat_changed and after in HOLDING:
        effects.arrived.add(seat_of(**person))
    if _rewrites_history(case, course):
        effects.follow(cause, AttendanceSettled(**person))
    if row["confirmed_at"] is None and course.confirmed_at is not None and after in SEATED:
        effects.follow(
            cause,
            InvitationConfirmed(invitation_id=row["id"], **person),
            once=f"confirmed {course.paid_by}",
        )
    if after == "pending_reconfirmation" and course.reconfirm_by != row["reconfirm_by"]:
        assert course.reconfirm_by is not None
        effects.follow(
            cause,
            EventReconfirmationRequested(
                invitation_id=row["id"], deadline=course.reconfirm_by, **person
            ),
        )
    for payment, decision in course.decisions.items():
        known = case.decisions.get(payment, Decision())
        if decision.refund_reason is not None and known.refund_reason is None:
            _follow_refund(cause, row["id"], payment, decision, effects)


def _rewrites_history(case: Case, course: Course) -> bool:
    """Say whether news of a seat ever had, or never, came only after the event's completion.

    Who may be written about in the memory book depends on it; before, completion decides that.
    """
    changed = (case.row["confirmed_at"] is None) != (course.confirmed_at is None)
    return changed and case.schedule.completed_at is not None


def _follow_refund(
    cause: Cause, invitation: str, payment: str, decision: Decision, effects: Effects
) -> None:
    """Ask for the refund, once for a payment; who got no seat is refused as well."""
    reason = decision.refund_reason or ""
    effects.follow(
        cause,
        RefundRequested(payment_id=payment, reason=reason),
        once=f"refund {payment}",
    )
    if not decision.granted:
        effects.follow(
            cause,
            InvitationRefused(invitation_id=invitation, payment_id=payment, reason=reason),
            once=f"refused {payment}",
        )
