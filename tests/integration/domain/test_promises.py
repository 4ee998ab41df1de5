"""What people are promised is measured from rows, slot by slot, and never looked at as a whole."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.figures.promises import (
    KEPT,
    add_up_promises,
    forget_promises,
    promise_days,
    read_promises,
)
from domain.figures.snapshot import PromiseNow
from domain.notifications.sending import Again, Outcome, conclude, hand_over, put_back
from domain.tables.notifications import NotificationStatus
from tests.helpers.ledger import ask
from tests.helpers.roles import acting_as
from tests.integration.dashboard.scene import plant

NOW = datetime(2026, 11, 21, 12, 5, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SEQS = count(1)


def told(
    engine: Engine, *, ago: timedelta, after: Sequence[tuple[str, int]] = (), **columns: object
) -> UUID:
    """Publish an invitation and tell of it; `after`: handovers, their state and after how long."""
    seq, at, who = next(SEQS), NOW - ago, uuid4()
    said = {"source": "/s", "id": f"i{seq}", "type": "t", "subject": "s", "time": at, "data": "{}"}
    plant(engine, "domain_events", {"seq": seq, "received_at": at, **said})
    notification = {
        "id": uuid4(),
        "user_id": who,
        "category": "push_event_invitations",
        "template": "invitation",
        "params": "{}",
        "channel": "push",
        "dedupe_key": f"k{seq}",
        "status": "sent" if after else "scheduled",
        "send_after": at + SECOND,
        "planned_at": at + SECOND,
        "expires_at": at + timedelta(days=1),
        "domain_event_id": seq,
        "created_at": at + SECOND,
        **columns,
    }
    plant(engine, "notifications", notification)
    for attempt, (state, seconds) in enumerate(after, 1):
        handover = {
            "notification_id": notification["id"],
            "channel": "push",
            "attempt": attempt,
            "state": state,
            "handed_over_at": at + seconds * SECOND,
        }
        plant(engine, "handovers", handover)
    return UUID(str(notification["id"]))


def add_up(engine: Engine, *, now: datetime = NOW) -> PromiseNow:
    with Session(acting_as(engine, "scheduler")) as session, session.begin():
        add_up_promises(session, now)
    with Session(acting_as(engine, "dashboard")) as session:
        invitation, seat = read_promises(session, now)
    assert (seat.month_kept, seat.month_broken) == (0, 0)
    return invitation


CASES = [
    ("in time", {"after": [("delivered", 59)]}, (1, 0)),
    ("too late", {"after": [("sent", 61)]}, (0, 1)),
    ("in time at the second try", {"after": [("put_back", 2), ("sent", 40)]}, (1, 0)),
    ("still waits", {}, (0, 1)),
    ("may still be in time", {"ago": 30 * SECOND}, (0, 0)),
    ("is already in time", {"ago": 30 * SECOND, "after": [("sent", 3)]}, (1, 0)),
    ("failed", {"status": "failed", "after": [("failed", 3)]}, (0, 1)),
    ("nobody knows", {"status": "unknown", "after": [("unknown", 3)]}, (0, 1)),
    ("no such phone any more", {"status": "failed", "reason": "DeviceNotRegistered"}, (0, 0)),
    ("deliberately not", {"status": "suppressed"}, (0, 0)),
    ("in the morning", {"planned_at": NOW + 60 * MINUTE}, (0, 0)),
    ("of before plans were kept", {"planned_at": None}, (0, 1)),
    ("then in the morning", {"planned_at": None, "send_after": NOW + 60 * MINUTE}, (0, 0)),
    ("given up when it was late", {"status": "suppressed", "attempts": 1}, (0, 1)),
    (
        "given up in time",
        {"status": "suppressed", "attempts": 1, "updated_at": NOW - 9 * MINUTE + 30 * SECOND},
        (0, 0),
    ),
    ("over when it was told", {"status": "expired", "expires_at": NOW - 9 * MINUTE}, (0, 0)),
    ("another text", {"template": "kudos"}, (0, 0)),
    ("by text message", {"channel": "sms"}, (0, 0)),
]


@pytest.mark.parametrize(
    ("columns", "counted"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_kept_what_is_broken_and_what_was_never_promised(
    engine: Engine, columns: dict[str, object], counted: tuple[int, int]
) -> None:
    told(engine, **{"ago": 9 * MINUTE, **columns})  # type: ignore[arg-type]
    found = add_up(engine)
    assert (found.hour_kept, found.hour_broken) == counted


@pytest.mark.parametrize(
    ("again", "sent", "counted"),
    [(20, None, (0, 1)), (300, 300, (0, 1)), (20, 20, (1, 0))],
    ids=["never sent", "sent after 5 min", "sent within time"],
)
def test_what_a_provider_does_not_take_at_once_still_counts(
    engine: Engine, again: int, sent: int | None, counted: tuple[int, int]
) -> None:
    """And what is put back until later isn't taken for what was to wait."""
    ago = 9 * MINUTE
    tries = [("put_back", 2), *([("sent", sent)] if sent else [])]
    identity = str(told(engine, ago=ago, after=tries, status="scheduled"))
    with Session(acting_as(engine, "sender")) as session, session.begin():
        hand_over(session, [identity])
        assert put_back(session, {identity: Again(NOW - ago + again * SECOND, "http_503")}) == 1
        if sent:
            hand_over(session, [identity])
            conclude(session, {identity: Outcome(NotificationStatus.SENT, None, "ticket")})
    found = add_up(engine)
    assert (found.hour_kept, found.hour_broken) == counted


def test_slots_are_added_up_again_while_they_may_change_and_never_twice(engine: Engine) -> None:
    late = told(engine, ago=20 * MINUTE)
    told(engine, ago=20 * MINUTE, after=[("sent", 2)])
    old = told(engine, ago=50 * MINUTE)
    for _ in range(2):
        found = add_up(engine)
        assert (found.hour_kept, found.hour_broken) == (1, 1)
    # The scheduler stood still: it goes on where it was.
    later = NOW + 3 * 60 * MINUTE
    told(engine, ago=-70 * MINUTE, after=[("sent", 2)])
    for each in (late, old):
        handover = {"notification_id": each, "channel": "push", "attempt": 1, "state": "sent"}
        plant(engine, "handovers", handover | {"handed_over_at": NOW - 49 * MINUTE})
    found = add_up(engine, now=later)
    assert (found.today_kept, found.today_broken) == (3, 0)
    assert found.hour_kept == 0
    assert ask(engine, "SELECT count(*) FROM promises") == 2


def test_a_month_is_the_budget_and_old_slots_go(engine: Engine) -> None:
    for ago, kept, broken in ((timedelta(), 985, 5), (timedelta(days=20), 1_000, 10)):
        row = {"name": "invitation_push", "at": NOW - ago, "kept": kept, "broken": broken}
        plant(engine, "promises", row)
    plant(engine, "promises", row | {"at": NOW - KEPT - MINUTE, "broken": 500})
    with Session(acting_as(engine, "dashboard")) as session:
        found, _ = read_promises(session, NOW)
        days = promise_days(session, NOW)["invitation_push"]
    assert round(found.budget_used, 3) == 0.75
    assert round(found.burn, 3) == 0.505
    assert [(day.kept, day.broken) for day in days] == [(985, 5), (1_000, 10)]
    with Session(acting_as(engine, "scheduler")) as session, session.begin():
        assert forget_promises(session, NOW) == 1
