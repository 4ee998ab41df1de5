"""What happens to one invitation, in words; and where it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.invitations.rules import Course, Decision, Entry, Schedule, settle_invitation
from tests.factories.facts import DAY, START, a_stamp

SENT = START - 10 * DAY
PAID = START - 9 * DAY
GRANTED = {"first": Decision(granted=True)}


def entry(kind: str, time: datetime, *, id_: str = "m", payment: str | None = None) -> Entry:
    """One thing that happened."""
    return Entry(kind, a_stamp(time, id_), {}, payment)


def paid(time: datetime = PAID, payment: str = "first", *, id_: str = "m") -> Entry:
    """Money arrived."""
    return entry("payment.succeeded", time, id_=id_, payment=payment)


def payment_failed(time: datetime = PAID) -> Entry:
    """A card was refused."""
    return entry("payment.failed", time, payment="failed")


@dataclass(frozen=True, slots=True)
class Story:
    """All that an invitation is judged by; `expires_at` is given unless it is None."""

    entries: Sequence[Entry] = ()
    starts_at: datetime = START
    expires_at: datetime | None = START
    changes: Sequence[datetime] = ()
    cancelled_at: datetime | None = None
    completed_at: datetime | None = None
    deleted_at: datetime | None = None
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    holds_seat: bool = False
    seat_free: bool = True


def settled(*entries: Entry, **rest: Any) -> Course:
    """Where an invitation ends, given its entries and whatever else a story says."""
    return settled_story(Story(entries, **rest))


def settled_story(story: Story) -> Course:
    """Where an invitation ends."""
    given = {} if story.expires_at is None else {"expires_at": story.expires_at.isoformat()}
    return settle_invitation(
        sent=Entry("invitation.sent", a_stamp(SENT), given),
        entries=story.entries,
        schedule=Schedule(
            story.starts_at, story.cancelled_at, story.completed_at, tuple(story.changes)
        ),
        deleted_at=story.deleted_at,
        decisions=story.decisions,
        holds_seat=story.holds_seat,
        is_seat_free=lambda: story.seat_free,
    )


def refunds(course: Course) -> dict[str, str]:
    """Which payments go back, and why."""
    return {
        payment: decision.refund_reason
        for payment, decision in course.decisions.items()
        if decision.refund_reason is not None
    }
