"""Blocks, reports and flags while others are at work on what they part, judge and count."""

import pytest
from sqlalchemy import Engine

from domain.catalogue import HANDLERS, Handler
from domain.tables.kudos import Kudo
from tests.concurrency.race import apply_alone, in_the_midst, publish_last, race
from tests.helpers.diary import Diary
from tests.helpers.ledger import PATIENCE, ask, drift, route_all, until
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.safety import call_off, report, resolve
from tests.helpers.said import published, rows
from tests.helpers.telling import settle, tell

KUDOS_GIVEN = HANDLERS["kudos.apply_kudos_given"]
CONNECTED = HANDLERS["connections.apply_event_settled"]
COMPLETED = HANDLERS["gatherings.apply_event_completed"]
PUBLISHED = HANDLERS["gatherings.apply_event_published"]
BLOCKED = HANDLERS["safety.apply_user_blocked"]
UNBLOCKED = HANDLERS["safety.apply_user_unblocked"]
KUDOS_PARTED = HANDLERS["kudos.apply_block_settled"]
CONNECTIONS_PARTED = HANDLERS["connections.apply_block_settled"]
REPORTED = HANDLERS["safety.apply_report_filed"]
DECIDED = HANDLERS["safety.apply_report_resolved"]
JUDGED = HANDLERS["users.apply_report_settled"]
LOGGED = HANDLERS["safety.apply_event_settled"]
CALLED_OFF = HANDLERS["gatherings.apply_event_cancelled"]
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada and Dan were at drinks of Hanna's, which nobody has said is over."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Dan")
    diary.event("drinks", host="Hanna", seats=8)
    diary.attended("drinks", "Ada", "Dan")
    tell(engine, diary.pages)
    return diary


def overtake(engine: Engine, first: Handler, parted: Handler) -> None:
    """Keep a block while a batch that hasn't seen it is in the midst: its judges must wait."""
    with in_the_midst(engine, first) as going:
        assert going.join(BLOCKED).result(PATIENCE.total_seconds()).outcomes == {"done": 1}
        route_all(engine)
        waiting = going.join(parted)
        until(lambda: ask(engine, WAITING) > 0, "who judges again waits for the first")
        assert not waiting.done()
        going.go_on.set()
        assert waiting.result(PATIENCE.total_seconds()).outcomes == {"done": 1}


def kudos_of_dan(engine: Engine) -> dict[str, int]:
    found: dict[str, int] = ask(
        engine,
        "SELECT aggregated_kudos FROM user_internal_metrics WHERE user_id = :id",
        id=an_id("Dan"),
    )
    return found


class TestBlocks:
    def test_kudos_that_were_being_counted_when_a_block_was_heard_of_do_not_count(
        self, engine: Engine, diary: Diary
    ) -> None:
        """G3, G4."""
        diary.thanked("drinks", "Ada", "Dan", Kudo.HELPFUL)
        diary.blocked("Dan", "Ada", at=END)
        publish_last(engine, diary, 2)
        overtake(engine, KUDOS_GIVEN, KUDOS_PARTED)
        settle(engine)
        assert kudos_of_dan(engine) == {}
        assert drift(engine) == []

    def test_kudos_wait_for_those_that_are_being_judged_again(
        self, engine: Engine, diary: Diary
    ) -> None:
        """G3."""
        diary.thanked("drinks", "Ada", "Dan", Kudo.HELPFUL)
        tell(engine, diary.pages)
        diary.blocked("Dan", "Ada", at=END)
        publish_last(engine, diary, 1)
        apply_alone(engine, BLOCKED)
        diary.thanked("drinks", "Ada", "Dan", Kudo.INSPIRING)
        publish_last(engine, diary, 1)
        race(engine, KUDOS_PARTED, KUDOS_GIVEN)
        settle(engine)
        assert kudos_of_dan(engine) == {}
        assert drift(engine) == []

    def test_connections_that_were_being_made_when_a_block_was_heard_of_do_not_stay(
        self, engine: Engine, diary: Diary
    ) -> None:
        """G3, G4."""
        diary.ended("drinks")
        diary.blocked("Dan", "Ada", at=END)
        publish_last(engine, diary, 3)
        apply_alone(engine, COMPLETED)
        overtake(engine, CONNECTED, CONNECTIONS_PARTED)
        settle(engine)
        assert rows(engine, "SELECT FROM connections") == []
        assert drift(engine) == []

    @pytest.mark.parametrize(("first", "second"), [(BLOCKED, UNBLOCKED), (UNBLOCKED, BLOCKED)])
    def test_a_block_and_its_end_at_once_leave_the_newest_word(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """G4."""
        diary.blocked("Dan", "Ada", at=END)
        diary.unblocked("Dan", "Ada", at=END + DAY)
        publish_last(engine, diary, 2)
        race(engine, first, second)
        found = rows(engine, "SELECT blocked_at, unblocked_at FROM blocked_users")
        assert found == [(END, END + DAY)]


class TestReports:
    def test_three_that_are_judged_at_once_suspend_once(self, engine: Engine, diary: Diary) -> None:
        """G3."""
        for reporter in ("Hanna", "Ada", "Dan"):
            report(diary, f"by {reporter}", by=reporter, about="Cleo", at=END)
        publish_last(engine, diary, 3)
        apply_alone(engine, REPORTED)
        race(engine, JUDGED, JUDGED, limit=1)
        settle(engine)
        assert ask(engine, "SELECT status FROM users WHERE id = :id", id=an_id("Cleo")) == (
            "suspended"
        )
        assert len(published(engine, "user.suspended")) == 1
        assert drift(engine) == []

    @pytest.mark.parametrize(("first", "second"), [(JUDGED, PUBLISHED), (PUBLISHED, JUDGED)])
    def test_an_event_that_is_published_while_its_host_is_banned_is_cancelled(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """G4."""
        report(diary, "by Ada", by="Ada", about="Hanna", at=START)
        tell(engine, diary.pages)
        resolve(diary, "by Ada", "ban", at=START + 5 * DAY)
        diary.event("walk", host="Hanna", seats=4, starts_at=START + 9 * DAY)
        publish_last(engine, diary, 3)
        apply_alone(engine, DECIDED)
        race(engine, first, second)
        settle(engine)
        found = ask(engine, "SELECT status FROM events WHERE id = :id", id=an_id("walk"))
        assert found == "cancelled"
        assert drift(engine) == []


class TestFlags:
    def test_a_host_is_flagged_once_by_two_batches(self, engine: Engine, diary: Diary) -> None:
        """G3."""
        names = ("walk", "brunch", "picnic")
        for name in names:
            diary.event(name, host="Hanna", seats=4, starts_at=START + 9 * DAY)
        tell(engine, diary.pages)
        for number, name in enumerate(names):
            call_off(diary, name, at=START + number * HOUR)
        publish_last(engine, diary, 3)
        apply_alone(engine, CALLED_OFF)
        race(engine, LOGGED, LOGGED, limit=1)
        settle(engine)
        flagged = {"host_id": an_id("Hanna"), "reason": "cancellations"}
        assert published(engine, "host.flagged") == [flagged]
        assert drift(engine) == []
