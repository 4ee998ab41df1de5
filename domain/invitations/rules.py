"""What becomes of an invitation, given everything that happened to it. Pure.

The table "Invitations and seats" of the rules, read in the order of time: each entry moves the
invitation on, or has no effect where the table has no row for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.constants import (
    EARLY_CANCELLATION,
    INVITATION_CLOSES_BEFORE_START,
    INVITATION_LIFE,
    RECONFIRMATION_AT_LEAST,
    RECONFIRMATION_CLOSES_BEFORE_START,
    RECONFIRMATION_LIFE,
)
from domain.payload import Stamp
from domain.tables.invitations import InvitationStatus
from domain.verdict import Rejected

UNANSWERED = (InvitationStatus.SENT, InvitationStatus.PAYMENT_FAILED)
SEATED = (InvitationStatus.CONFIRMED, InvitationStatus.PENDING_RECONFIRMATION)
OPEN = (*UNANSWERED, *SEATED)
# Who cancels late keeps the seat from others.
HOLDING = (*SEATED, InvitationStatus.CANCELLED_LATE)
BARRED = ("suspended", "banned", "paused", "archived_for_recycling")
EVENT_FULL = "event_full"
EVENT_CANCELLED = "event_cancelled"
NOT_THIS_INVITATION = "not_this_invitation"
# Of what gives up or confirms a seat that nobody has taken. Should a payment be heard of that came
# before, it is judged again.
NO_SEAT_YET = "no_seat_yet"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to an invitation, and when; `payment` for what was paid."""

    kind: str
    stamp: Stamp
    data: Mapping[str, Any] = field(default_factory=dict)
    payment: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """An event as it finally stands: start, and what an invitation is judged by."""

    starts_at: datetime
    cancelled_at: datetime | None = None
    completed_at: datetime | None = None
    material_changes: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a payment when it was applied, and stands."""

    granted: bool = False
    refund_reason: str | None = None


@dataclass(slots=True)
class Course:
    """An invitation on its way through its entries, and where it ends."""

    status: InvitationStatus = InvitationStatus.SENT
    expires_at: datetime | None = None
    confirmed_at: datetime | None = None
    reconfirm_by: datetime | None = None
    decline_reason: str | None = None
    paid_by: str | None = None
    # A seat that was given up and is wanted again, when others have taken it.
    lost_seat: bool = False
    decisions: dict[str, Decision] = field(default_factory=dict)
    notes: dict[Stamp, str] = field(default_factory=dict)


def default_expiry(sent_at: datetime, starts_at: datetime) -> datetime:
    """Give until when an invitation may be answered, unless it says so itself."""
    return min(sent_at + INVITATION_LIFE, starts_at - INVITATION_CLOSES_BEFORE_START)


def reconfirmation_deadline(changed_at: datetime, starts_at: datetime) -> datetime:
    """Give until when a changed plan may be answered: at least 2 h after the change."""
    latest = min(changed_at + RECONFIRMATION_LIFE, starts_at - RECONFIRMATION_CLOSES_BEFORE_START)
    return max(latest, changed_at + RECONFIRMATION_AT_LEAST)


def judge_invitation(
    *,
    is_host: bool,
    is_blocked: bool,
    status: str,
    age: int,
    ages: tuple[int | None, int | None],
) -> Rejected | None:
    """Refuse to invite the host, across a block, somebody barred, or outside the event's ages."""
    low, high = ages
    if is_host:
        return Rejected("host", "the host can't be invited to their own event")
    if is_blocked:
        return Rejected("blocked", "a block stands between the host and the user")
    if status in BARRED:
        return Rejected("user_barred", f"the user is {status}")
    if (low is not None and age < low) or (high is not None and age > high):
        return Rejected("age", f"the user is {age} on the event's day")
    return None


def timeline(
    entries: Sequence[Entry], schedule: Schedule, deleted_at: datetime | None
) -> list[Entry]:
    """Put what happened to the invitation, its event and its person into one order.

    What the event or the person did at the same moment comes first.
    """
    marks = [("event.changed", changed) for changed in schedule.material_changes]
    if schedule.cancelled_at is not None:
        marks.append(("event.cancelled", schedule.cancelled_at))
    if schedule.completed_at is not None:
        marks.append(("event.completed", schedule.completed_at))
    if deleted_at is not None:
        marks.append(("user.deleted", deleted_at))
    around = [Entry(kind, Stamp(time, "", "")) for kind, time in marks]
    return sorted([*around, *entries], key=lambda entry: entry.stamp.order)


def settle_invitation(
    *,
    sent: Entry,
    entries: Sequence[Entry],
    schedule: Schedule,
    deleted_at: datetime | None,
    decisions: Mapping[str, Decision],
    holds_seat: bool,
    is_seat_free: Callable[[], bool],
) -> Course:
    """Fold what happened to an invitation into where it stands.

    `decisions` are those made before, `holds_seat` says whether its seat is still kept for it.
    `is_seat_free` is asked for a payment that could take a seat and has none. That one once took
    a seat stands, also when it was given up again and is somebody else's now.
    """
    given = sent.data.get("expires_at")
    expires_at = (
        datetime.fromisoformat(given)
        if given
        else default_expiry(sent.stamp.time, schedule.starts_at)
    )
    entries_in_order = timeline(entries, schedule, deleted_at)

    def fold(*, lost_seat: bool) -> Course:
        course = Course(expires_at=expires_at, decisions=dict(decisions), lost_seat=lost_seat)
        for entry in entries_in_order:
            _MOVES[entry.kind](course, entry, schedule, is_seat_free)
        _refund_what_was_not_needed(course)
        return course

    course = fold(lost_seat=False)
    if course.status in SEATED and not holds_seat and not is_seat_free():
        return fold(lost_seat=True)
    return course


def _decline(course: Course, entry: Entry, _schedule: Schedule, _seat: Callable[[], bool]) -> None:
    if course.status in UNANSWERED:
        course.status = InvitationStatus.DECLINED
        course.decline_reason = entry.data.get("decline_reason")
    else:
        course.notes[entry.stamp] = f"invitation_{course.status}"


def _expire(course: Course, entry: Entry, _schedule: Schedule, _seat: Callable[[], bool]) -> None:
    time = entry.stamp.time
    if course.status in UNANSWERED and course.expires_at is not None and time >= course.expires_at:
        course.status = InvitationStatus.EXPIRED
    elif (
        course.status is InvitationStatus.PENDING_RECONFIRMATION
        and course.reconfirm_by is not None
        and time >= course.reconfirm_by
    ):
        course.status = InvitationStatus.CANCELLED_EARLY
        _refund(course, course.paid_by, "reconfirmation_lapsed")
    else:
        is_open = course.status in (*UNANSWERED, InvitationStatus.PENDING_RECONFIRMATION)
        course.notes[entry.stamp] = "not_due" if is_open else f"invitation_{course.status}"


def _cancel(course: Course, entry: Entry, schedule: Schedule, _seat: Callable[[], bool]) -> None:
    if course.status in UNANSWERED:
        course.notes[entry.stamp] = NO_SEAT_YET
    elif course.status not in SEATED:
        course.notes[entry.stamp] = f"invitation_{course.status}"
    elif entry.stamp.time >= schedule.starts_at:
        course.notes[entry.stamp] = "event_started"
    elif schedule.starts_at - entry.stamp.time >= EARLY_CANCELLATION:
        course.status = InvitationStatus.CANCELLED_EARLY
    else:
        course.status = InvitationStatus.CANCELLED_LATE


def _leave(course: Course, entry: Entry, schedule: Schedule, seat: Callable[[], bool]) -> None:
    """The person was deleted: as if they had cancelled then."""
    if course.status in UNANSWERED:
        course.status = InvitationStatus.CANCELLED
    else:
        _cancel(course, entry, schedule, seat)


def _lose_event(
    course: Course, _entry: Entry, _schedule: Schedule, _seat: Callable[[], bool]
) -> None:
    if course.status in OPEN:
        course.status = InvitationStatus.CANCELLED
        _refund(course, course.paid_by, EVENT_CANCELLED)


def _end_event(
    course: Course, _entry: Entry, _schedule: Schedule, _seat: Callable[[], bool]
) -> None:
    """After completion nobody takes a seat any more; `_pay` sees it by the schedule."""


def _change_plan(
    course: Course, entry: Entry, schedule: Schedule, _seat: Callable[[], bool]
) -> None:
    if course.status in SEATED:
        course.status = InvitationStatus.PENDING_RECONFIRMATION
        course.reconfirm_by = reconfirmation_deadline(entry.stamp.time, schedule.starts_at)


def _reconfirm(
    course: Course, entry: Entry, _schedule: Schedule, _seat: Callable[[], bool]
) -> None:
    if course.status is InvitationStatus.PENDING_RECONFIRMATION:
        course.status = InvitationStatus.CONFIRMED
        course.reconfirm_by = None
    elif course.status in UNANSWERED:
        course.notes[entry.stamp] = NO_SEAT_YET
    else:
        course.notes[entry.stamp] = f"invitation_{course.status}"


def _fail_payment(
    course: Course, entry: Entry, _schedule: Schedule, _seat: Callable[[], bool]
) -> None:
    if course.status is InvitationStatus.SENT:
        course.status = InvitationStatus.PAYMENT_FAILED
    else:
        course.notes[entry.stamp] = f"invitation_{course.status}"


def _pay(
    course: Course, entry: Entry, schedule: Schedule, is_seat_free: Callable[[], bool]
) -> None:
    """Take a seat, or send the money back."""
    payment = entry.payment
    assert payment is not None
    if payment == course.paid_by:
        # The same money, told of twice (by Stripe and by a service, say): nothing to send back.
        course.notes[entry.stamp] = "same_payment"
        return
    known = course.decisions.get(payment, Decision())
    reason = _why_not(course, entry, schedule)
    if reason is None and known.refund_reason is not None and not known.granted:
        reason = known.refund_reason
    has_place = not course.lost_seat if known.granted else is_seat_free()
    if reason is None and not has_place:
        reason = EVENT_FULL
        course.decisions[payment] = Decision(granted=False, refund_reason=known.refund_reason)
    if reason is None:
        course.status = InvitationStatus.CONFIRMED
        course.confirmed_at = entry.stamp.time
        course.paid_by = payment
        course.decisions[payment] = Decision(granted=True, refund_reason=known.refund_reason)
        return
    if reason == EVENT_FULL and course.status in UNANSWERED:
        course.status = InvitationStatus.CANCELLED
    course.notes[entry.stamp] = reason
    _refund(course, payment, reason)


def _why_not(course: Course, entry: Entry, schedule: Schedule) -> str | None:
    """Say why a payment can't take a seat, whatever the seats; None when it could."""
    paid = {
        payment
        for payment, known in course.decisions.items()
        if known.granted and known.refund_reason in (None, EVENT_CANCELLED)
    }
    if paid - {entry.payment}:
        return "already_paid"
    if course.status not in UNANSWERED:
        return f"invitation_{course.status}"
    if course.expires_at is not None and entry.stamp.time > course.expires_at:
        return "too_late"
    if schedule.completed_at is not None and entry.stamp.time >= schedule.completed_at:
        return "event_over"
    return None


def _refund(course: Course, payment: str | None, reason: str) -> None:
    """Note that money goes back; a reason once given stands."""
    if payment is None:
        return
    known = course.decisions.get(payment, Decision())
    if known.refund_reason is None:
        course.decisions[payment] = Decision(known.granted, reason)


def refuse_foreign(course: Course, entry: Entry) -> None:
    """Send back what names this invitation, but another person or event; it touches nothing."""
    course.notes[entry.stamp] = NOT_THIS_INVITATION
    if entry.kind == "payment.succeeded":
        _refund(course, entry.payment, NOT_THIS_INVITATION)


def _refund_what_was_not_needed(course: Course) -> None:
    """Send back what had taken a seat that something older, heard of later, has taken away."""
    for payment, known in list(course.decisions.items()):
        if known.granted and payment != course.paid_by:
            _refund(course, payment, f"invitation_{course.status}")


_MOVES: dict[str, Callable[[Course, Entry, Schedule, Callable[[], bool]], None]] = {
    "invitation.declined": _decline,
    "invitation.expired": _expire,
    "invitation.cancelled": _cancel,
    "invitation.reconfirmed": _reconfirm,
    "payment.succeeded": _pay,
    "payment.failed": _fail_payment,
    "event.changed": _change_plan,
    "event.cancelled": _lose_event,
    "event.completed": _end_event,
    "user.deleted": _leave,
}
