"""Rules, the table "Invitations and seats": every row of it, and that there are no others."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from domain.invitations.rules import Decision
from tests.factories.facts import DAY, HOUR, MINUTE, START
from tests.factories.invitations import (
    PAID,
    Story,
    entry,
    paid,
    payment_failed,
    refunds,
    settled_story,
)

EXPIRES = START - HOUR
LAST_EARLY = START - DAY
CHANGED = PAID + DAY
GRANTED: dict[str, Any] = {"decisions": {"first": Decision(granted=True)}, "holds_seat": True}

FROM = {
    "sent": Story(),
    "payment_failed": Story([payment_failed()]),
    "declined": Story([entry("invitation.declined", PAID)]),
    "expired": Story([entry("invitation.expired", EXPIRES, id_="a")]),
    "confirmed": Story([paid()], **GRANTED),
    "pending_reconfirmation": Story([paid()], changes=[CHANGED], **GRANTED),
    "cancelled_early": Story([paid(), entry("invitation.cancelled", LAST_EARLY)], **GRANTED),
    "cancelled_late": Story(
        [paid(), entry("invitation.cancelled", EXPIRES - HOUR)],
        **GRANTED,
    ),
    "cancelled": Story([paid()], decisions={"first": Decision(refund_reason="event_full")}),
}


@dataclass(frozen=True)
class Move:
    """What happens, and the rows of the table for it: from -> (to, payments that go back)."""

    entry: Any = None
    rest: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, tuple[str, set[str]]] = field(default_factory=dict)
    # What goes back where there is no row.
    otherwise: frozenset[str] = frozenset()


UNANSWERED = ("sent", "payment_failed")
SEATED = ("confirmed", "pending_reconfirmation")
MOVES = {
    "payment.succeeded at expires_at, seat free": Move(
        paid(EXPIRES, "second"),
        rows=dict.fromkeys(UNANSWERED, ("confirmed", set())),
        otherwise=frozenset({"second"}),
    ),
    "payment.succeeded, event full": Move(
        paid(EXPIRES, "second"),
        {"seat_free": False},
        rows=dict.fromkeys(UNANSWERED, ("cancelled", {"second"})),
        otherwise=frozenset({"second"}),
    ),
    "payment.succeeded after expires_at": Move(
        paid(EXPIRES + MINUTE, "second"), otherwise=frozenset({"second"})
    ),
    "payment.failed": Move(payment_failed(EXPIRES), rows={"sent": ("payment_failed", set())}),
    "invitation.declined": Move(
        entry("invitation.declined", EXPIRES), rows=dict.fromkeys(UNANSWERED, ("declined", set()))
    ),
    "invitation.expired at expires_at": Move(
        entry("invitation.expired", EXPIRES),
        rows={
            **dict.fromkeys(UNANSWERED, ("expired", set())),
            "pending_reconfirmation": ("cancelled_early", {"first"}),
        },
    ),
    "invitation.expired before expires_at and deadline": Move(
        entry("invitation.expired", CHANGED + HOUR)
    ),
    "invitation.cancelled 24 h before the start": Move(
        entry("invitation.cancelled", LAST_EARLY),
        rows=dict.fromkeys(SEATED, ("cancelled_early", set())),
    ),
    "invitation.cancelled later": Move(
        entry("invitation.cancelled", EXPIRES),
        rows=dict.fromkeys(SEATED, ("cancelled_late", set())),
    ),
    "invitation.cancelled at the start": Move(entry("invitation.cancelled", START)),
    "a material change": Move(
        rest={"changes": [CHANGED, EXPIRES]}, rows={"confirmed": ("pending_reconfirmation", set())}
    ),
    "invitation.reconfirmed": Move(
        entry("invitation.reconfirmed", EXPIRES),
        rows={"pending_reconfirmation": ("confirmed", set())},
    ),
    "event.cancelled": Move(
        rest={"cancelled_at": START - MINUTE},
        rows={
            **dict.fromkeys(UNANSWERED, ("cancelled", set())),
            **dict.fromkeys(SEATED, ("cancelled", {"first"})),
        },
    ),
}
# Nothing can be early after it was late.
IMPOSSIBLE = ("cancelled_late", "invitation.cancelled 24 h before the start")
CASES = [
    pytest.param(before, move, id=f"{before} | {name}")
    for name, move in MOVES.items()
    for before in FROM
    if (before, name) != IMPOSSIBLE
]


class TestTable:
    @pytest.mark.parametrize("status", FROM)
    def test_each_case_begins_where_it_says(self, status: str) -> None:
        assert settled_story(replace(FROM[status], expires_at=EXPIRES)).status == status

    @pytest.mark.parametrize(("before", "move"), CASES)
    def test_a_row_says_what_becomes_of_it_and_without_one_nothing_does(
        self, before: str, move: Move
    ) -> None:
        story = FROM[before]
        happened = [*story.entries, *([] if move.entry is None else [move.entry])]
        course = settled_story(replace(story, expires_at=EXPIRES, entries=happened, **move.rest))
        expected, back = move.rows.get(before, (before, set(move.otherwise)))
        assert course.status == expected
        refunded_before = {"first"} if before == "cancelled" else set()
        assert set(refunds(course)) == back | refunded_before
