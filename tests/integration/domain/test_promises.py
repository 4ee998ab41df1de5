"""What people are promised is measured from rows, slot by slot, and never looked at as a whole."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.figures.promises import (
    KEPT,
    STALE,
    NotAddedUpError,
    add_up_promises,
    forget_promises,
    promise_days,
    read_promises,
)
from domain.figures.snapshot import PromiseNow
from domain.notifications.sending import Again, Outcome, conclude, hand_over, put_back
from domain.tables.notifications import NotificationStatus
from tests.helpers.explain import explain, overhear
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


def run(engine: Engine, now: datetime) -> None:
    """Have the scheduler add up once."""
    with Session(acting_as(engine, "scheduler")) as session, session.begin():
        add_up_promises(session, now)


def add_up(engine: Engine, *, now: datetime = NOW) -> PromiseNow:
    run(engine, now)
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
    for each in (late, old):
        handover = {"notification_id": each, "channel": "push", "attempt": 1, "state": "sent"}
        plant(engine, "handovers", handover | {"handed_over_at": NOW - 19 * MINUTE})
    found = add_up(engine)
    assert (found.hour_kept, found.hour_broken) == (2, 0)
    # What was made before anybody added up isn't looked for.
    assert ask(engine, "SELECT count(*) FROM promises") == 1


def test_after_a_stop_it_goes_on_where_it_was_an_hour_at_a_time(engine: Engine) -> None:
    """Also what wasn't ripe when it stopped, and over hours in which nobody was told anything."""
    told(engine, ago=30 * SECOND)
    told(engine, ago=8 * MINUTE, after=[("sent", 2)])
    assert add_up(engine).hour_broken == 0
    begun = NOW + 5 * 60 * MINUTE
    told(engine, ago=-90 * MINUTE, after=[("sent", 2)])
    told(engine, ago=-295 * MINUTE)
    counted = []
    for minute in range(8):
        now = begun + minute * MINUTE
        run(engine, now)
        counted.append(ask(engine, "SELECT sum(kept + broken)::int FROM promises"))
        with Session(acting_as(engine, "dashboard")) as session:
            if minute < 6:
                with pytest.raises(NotAddedUpError):
                    read_promises(session, now)
    assert counted == [2, 3, 3, 3, 3, 3, 4, 4]
    found = add_up(engine, now=now)
    assert (found.today_kept, found.today_broken) == (2, 2)
    # Nothing older than a day is added up: ten days later it begins a day before.
    run(engine, NOW + timedelta(days=10))
    until = ask(engine, "SELECT min(until) FROM promise_progress")
    assert until == datetime(2026, 11, 30, 13, tzinfo=UTC)


def test_a_slot_that_became_empty_goes(engine: Engine) -> None:
    told(engine, ago=9 * MINUTE, after=[("sent", 2)])
    told(engine, ago=29 * MINUTE, after=[("sent", 2)])
    assert add_up(engine).hour_kept == 2
    with engine.begin() as connection:
        connection.execute(
            text("DELETE FROM notifications WHERE created_at > :ago"), {"ago": NOW - 10 * MINUTE}
        )
    assert add_up(engine).hour_kept == 1
    assert ask(engine, "SELECT count(*) FROM promises") == 1


def test_sums_that_nobody_has_made_lately_are_not_known(engine: Engine) -> None:
    """But for a system in which nobody has ever been told anything: there it is nothing."""

    def read(now: datetime) -> PromiseNow:
        with Session(acting_as(engine, "dashboard")) as session:
            return read_promises(session, now)[0]

    assert read(NOW).month_kept == 0
    told(engine, ago=9 * MINUTE, after=[("sent", 2)])
    with pytest.raises(NotAddedUpError):
        read(NOW)
    run(engine, NOW)
    assert read(NOW + STALE).month_kept == 1
    with pytest.raises(NotAddedUpError):
        read(NOW + STALE + SECOND)


MANY: Final = """
    WITH said AS (
        INSERT INTO domain_events (seq, received_at, source, id, type, subject, time, data)
        SELECT 1000 + n, cast(:at AS timestamptz), '/s', 'm' || n, 't', 's', :at, '{}'
        FROM generate_series(1, 3000) AS n
    ), told AS (
        INSERT INTO notifications (id, user_id, category, template, params, channel, dedupe_key,
            status, send_after, planned_at, expires_at, domain_event_id, created_at)
        SELECT gen_random_uuid(), gen_random_uuid(), 'push_event_invitations', 'invitation', '{}',
            'push', 'm' || n, 'sent', :at, :at, cast(:at AS timestamptz) + interval '1 day',
            1000 + n, cast(:at AS timestamptz) + CASE WHEN n % 10 = 0 THEN interval '0 s'
                ELSE interval '-1 day' END
        FROM generate_series(1, 3000) AS n RETURNING id
    )
    INSERT INTO handovers (notification_id, channel, attempt, state, handed_over_at)
    SELECT id, 'push', 1, 'sent', :at FROM told
"""


def test_adding_up_goes_by_indexes(engine: Engine) -> None:
    """Neither a month nor all handovers are read for half an hour, and nothing of it twice."""
    with engine.begin() as connection:
        connection.execute(text(MANY), {"at": NOW - 9 * MINUTE})
        connection.execute(text("ANALYZE notifications, handovers, domain_events"))
    with Session(engine) as session, session.begin():
        heard = overhear(session)
        add_up_promises(session, NOW)
        (asked,) = [
            each
            for each in heard
            if each.parameters.get("name") == "invitation_push" and "summed" in each.statement
        ]
        plans = [str(explain(session, asked, generic=each)) for each in (False, True)]
    for plan in plans:
        assert plan.count("notifications_created_at_idx: 300 rows x 1,") == 1, plan
        assert plan.count("handovers_notification_id_attempt_token_id_key: 1 rows x 300,") == 1
        read = [line for line in plan.splitlines() if "Seq Scan" in line]
        # Months that are still empty.
        assert [line for line in read if ": 0 rows" not in line] == [], plan


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
