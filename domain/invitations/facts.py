"""Reads all that the rules need to settle invitations, for a whole batch with one query a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.facts import Fact, load
from domain.invitations.rules import Decision, Entry, Schedule
from domain.sql import fetch, fetch_dicts


@dataclass(frozen=True, slots=True)
class Case:
    """An invitation with everything that happened to it."""

    row: Mapping[str, Any]
    sent: Entry
    entries: list[Entry]
    schedule: Schedule
    deleted_at: datetime | None
    decisions: dict[str, Decision]
    # What was paid in this invitation's name, but for another person or event.
    foreign: list[Entry]


class Seats:
    """The free seats of events, given out one by one within a transaction that locks the events."""

    def __init__(self, free: dict[str, int]) -> None:
        """Start with so many free seats for each event."""
        self._free = free

    def is_free(self, event: str) -> bool:
        """Say whether one is free."""
        return self._free[event] > 0

    def take(self, event: str) -> None:
        """Take one."""
        self._free[event] -= 1

    def give_back(self, event: str) -> None:
        """Free one for others in the same batch."""
        self._free[event] += 1


def load_cases(session: Session, invitations: Iterable[str]) -> list[Case]:
    """Read invitations with what happened to them: holders of seats, then those that paid first.

    Who gets the last seat of those in one batch is then the one who paid first, and a seat that is
    given up in the same batch is free for them.
    """
    wanted = sorted(set(invitations))
    rows = fetch_dicts(session, _ROWS, ids=wanted)
    facts = load(session, "invitation_facts", "invitation_id", wanted)
    payments, foreign = _payments(session, {row["id"]: row for row in rows})
    decisions = _decisions(session, wanted)
    cases = [
        _case(row, facts[row["id"]], payments.get(row["id"], []), decisions.get(row["id"], {}))
        for row in rows
    ]
    for case in cases:
        case.foreign.extend(foreign.get(case.row["id"], ()))
    return sorted(cases, key=lambda case: (not case.row["holds_seat"], _first_payment(case)))


# Whose seat is taken: also that of somebody whose event was cancelled, since a cancellation may
# turn out to have come after the end, when the schedule is corrected.
_HOLDS_SEAT = """
({0}.status IN ('confirmed', 'pending_reconfirmation', 'cancelled_late')
OR {0}.status = 'cancelled' AND EXISTS (
    SELECT FROM seat_decisions AS decided
    WHERE decided.invitation_id = {0}.id AND decided.granted
        AND decided.refund_reason = 'event_cancelled'))
"""

_ROWS = f"""
SELECT invited.id, invited.event_id, invited.user_id, invited.status, invited.confirmed_at,
    invited.reconfirm_by, invited.duo_id, users.deleted_at, events.starts_at, events.ends_at,
    events.cancelled_at, events.completed_at, events.material_changes,
    {_HOLDS_SEAT.format("invited")} AS holds_seat
FROM invitations AS invited
JOIN users ON users.id = invited.user_id
JOIN events ON events.id = invited.event_id
WHERE invited.id = ANY(%(ids)s)
"""


def _case(
    row: Mapping[str, Any],
    facts: list[Fact],
    payments: list[Entry],
    decisions: dict[str, Decision],
) -> Case:
    """Put together what belongs to one invitation."""
    entries = [Entry(fact.kind, fact.stamp, fact.data) for fact in facts]
    sent = next(entry for entry in entries if entry.kind == "invitation.sent")
    return Case(
        row=row,
        sent=sent,
        entries=[*(e for e in entries if e.kind != "invitation.sent"), *payments],
        schedule=Schedule(
            row["starts_at"],
            row["cancelled_at"],
            row["completed_at"],
            [datetime.fromisoformat(time) for time in row["material_changes"] or ()],
        ),
        deleted_at=row["deleted_at"],
        decisions=decisions,
        foreign=[],
    )


def _first_payment(case: Case) -> tuple[Any, ...]:
    paid = [entry.stamp.order for entry in case.entries if entry.kind == "payment.succeeded"]
    return (0, *min(paid)) if paid else (1,)


def _payments(
    session: Session, invitations: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, list[Entry]], dict[str, list[Entry]]]:
    """Give what was paid for each invitation, and what names it wrongly."""
    owners = fetch(
        session,
        "SELECT id, invitation_id, user_id, event_id FROM payments"
        " WHERE invitation_id = ANY(%(ids)s) AND purpose = 'confirmation_fee'",
        ids=list(invitations),
    )
    entries: dict[str, list[Entry]] = {}
    foreign: dict[str, list[Entry]] = {}
    facts = load(session, "payment_facts", "payment_id", (payment for payment, *_ in owners))
    for payment, invitation, user, event in owners:
        row = invitations.get(invitation)
        if row is None:
            continue
        is_its_own = (row["user_id"], row["event_id"]) == (user, event)
        (entries if is_its_own else foreign).setdefault(invitation, []).extend(
            Entry(fact.kind, fact.stamp, fact.data, payment)
            for fact in facts[payment]
            if fact.kind in ("payment.succeeded", "payment.failed")
        )
    return entries, foreign


def _decisions(session: Session, invitations: list[str]) -> dict[str, dict[str, Decision]]:
    """Give what was decided about the payments for each invitation."""
    rows = fetch(
        session,
        "SELECT invitation_id, payment_id, granted, refund_reason FROM seat_decisions"
        " WHERE invitation_id = ANY(%(ids)s)",
        ids=invitations,
    )
    decisions: dict[str, dict[str, Decision]] = {}
    for invitation, payment, granted, reason in rows:
        decisions.setdefault(invitation, {})[payment] = Decision(granted, reason)
    return decisions


def load_seats(session: Session, events: Iterable[str]) -> Seats:
    """Count the free seats of locked events."""
    rows = fetch(
        session,
        f"""
        SELECT events.id, events.max_attendees - count(holder.id)
        FROM events LEFT JOIN invitations AS holder
            ON holder.event_id = events.id AND {_HOLDS_SEAT.format("holder")}
        WHERE events.id = ANY(%(ids)s) GROUP BY events.id
        """,
        ids=list(set(events)),
    )
    return Seats(dict(rows))
