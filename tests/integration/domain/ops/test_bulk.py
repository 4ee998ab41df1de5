"""Bulk operations: never more than was confirmed, one first, at a rate, stopped, undone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.ops.acting import WrongRequestError, discard, restore
from domain.ops.beginning import AlreadyBegunError
from domain.ops.bulk import Order, cancel, start, undo
from domain.ops.cursors import MomentCursor
from domain.ops.operations import Progress, find_operation, list_operations
from domain.ops.permissions import Actor, ForbiddenError
from domain.ops.stepping import step_operation, step_operations
from domain.ops.triage import DeadSelection
from domain.sql import execute
from domain.tables.accounts import Role, Via
from domain.tables.ops import BulkKind, ItemResult
from tests.helpers.explain import explain, overhear
from tests.helpers.postgres import PostgresServer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OPERATOR = Actor("grace", Role.OPERATOR, Via.DASHBOARD)
ALL = DeadSelection(handler="h")


@pytest.fixture(scope="module")
def shared(postgres_server: PostgresServer) -> Iterator[Engine]:
    """One database for this file; each test begins with empty tables."""
    with postgres_server.engine(pool_size=4) as made:
        yield made


@pytest.fixture
def engine(shared: Engine) -> Engine:
    with shared.begin() as connection:
        connection.execute(
            text("TRUNCATE deliveries, discards, bulk_items, bulk_operations, audit_log")
        )
    return shared


def dead(engine: Engine, count: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO deliveries (seq, handler, lane, received_at, state, attempts, error,"
                " settled_at) SELECT n, 'h', 'afterwards', :now, 'dead', 8, 'E', :now"
                " FROM generate_series(1, :count) AS n"
            ),
            {"count": count, "now": NOW},
        )


def begin(engine: Engine, kind: BulkKind = BulkKind.RETRY, *, expected: int, rate: int = 20,
          canary: bool = False) -> UUID:  # fmt: skip
    bulk_id = uuid4()
    order = Order(kind, ALL, "because", expected, rate, canary)
    with Session(engine) as session, session.begin():
        start(session, OPERATOR, order, identity=bulk_id, now=NOW)
    return bulk_id


def begin_beside(engine: Engine, kind: BulkKind = BulkKind.RETRY, *, expected: int) -> UUID:
    """Begin one over what others have in hand, as versions before this one let anybody do."""
    away = "UPDATE bulk_operations SET state = 'done' WHERE state = 'running'"
    back = "UPDATE bulk_operations SET state = 'running' WHERE state = 'done'"
    with engine.begin() as connection:
        connection.execute(text(away))
    bulk_id = begin(engine, kind, expected=expected)
    with engine.begin() as connection:
        connection.execute(text(back))
    return bulk_id


def step(engine: Engine, seconds: float) -> int:
    with Session(engine) as session, session.begin():
        return step_operations(session, NOW + seconds * SECOND)


def settle(engine: Engine, state: str) -> int:
    """The workers are done with what is due."""
    with engine.begin() as connection:
        statement = "UPDATE deliveries SET state = :state, due_at = NULL WHERE state = 'pending'"
        return connection.execute(text(statement), {"state": state}).rowcount


def progress(engine: Engine, bulk_id: UUID) -> Progress:
    with Session(engine) as session:
        found = find_operation(session, bulk_id)
    assert found is not None
    return found


def states(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT state, count(*) AS count FROM deliveries GROUP BY state")
        )
        return {row[0]: row[1] for row in rows}


class TestConfirming:
    def test_never_more_than_was_confirmed(self, engine: Engine) -> None:
        dead(engine, 3)
        with pytest.raises(WrongRequestError, match="There are 3 by now"):
            begin(engine, expected=2)
        assert progress(engine, begin(engine, expected=5)).operation.total == 3

    def test_what_dies_later_does_not_join(self, engine: Engine) -> None:
        dead(engine, 2)
        bulk_id = begin(engine, BulkKind.DISCARD, expected=2)
        with engine.begin() as connection:
            connection.execute(text("UPDATE deliveries SET seq = seq + 10"))
        dead(engine, 2)
        step(engine, 1)
        assert states(engine) == {"dead": 2, "discarded": 2}
        assert progress(engine, bulk_id).counts[ItemResult.DISCARDED] == 2

    def test_nothing_is_restored_but_by_undoing(self, engine: Engine) -> None:
        dead(engine, 1)
        with pytest.raises(WrongRequestError, match="undoing"):
            begin(engine, BulkKind.RESTORE, expected=1)

    def test_a_viewer_begins_nothing(self, engine: Engine) -> None:
        dead(engine, 1)
        viewer = Actor("ada", Role.VIEWER, Via.API)
        with Session(engine) as session, pytest.raises(ForbiddenError):
            start(session, viewer, Order(BulkKind.RETRY, ALL, "x", 1), identity=uuid4(), now=NOW)


class TestTwice:
    def test_one_form_begins_one_and_another_none_over_the_same_rows(self, engine: Engine) -> None:
        dead(engine, 3)
        order, once = Order(BulkKind.RETRY, ALL, "because", 3), uuid4()
        for is_new in (True, False):
            with Session(engine) as session, session.begin():
                begun = start(session, OPERATOR, order, identity=once, now=NOW)
            assert (begun.id, begun.total, begun.is_new) == (once, 3, is_new)
        with Session(engine) as session, pytest.raises(AlreadyBegunError, match="grace") as refused:
            start(session, OPERATOR, order, identity=uuid4(), now=NOW)
        assert refused.value.bulk_id == once
        with Session(engine) as session, session.begin():
            cancel(session, OPERATOR, once, now=NOW)
        assert progress(engine, begin(engine, expected=3)).operation.total == 3
        with engine.connect() as connection:
            statement = text("SELECT count(*) FROM audit_log WHERE action = 'bulk.retry'")
            assert connection.execute(statement).scalar_one() == 2

    def test_an_id_is_of_one_thing_only(self, engine: Engine) -> None:
        dead(engine, 3)
        once, since = uuid4(), replace(ALL, died=NOW - 60 * SECOND)
        retry = Order(BulkKind.RETRY, since, "because", 3)
        with Session(engine) as session, session.begin():
            start(session, OPERATOR, retry, identity=once, now=NOW)
        with Session(engine) as session:
            # Sent again a minute later: what died in the last hour is said by another moment.
            again = replace(retry, why="so", rate=5, selection=replace(ALL, died=NOW))
            assert not start(session, OPERATOR, again, identity=once, now=NOW).is_new
            for actor, order in (
                (OPERATOR, replace(retry, kind=BulkKind.DISCARD)),
                (OPERATOR, replace(retry, selection=replace(since, error="E"))),
                (OPERATOR, replace(retry, selection=ALL)),
                (replace(OPERATOR, name="ada"), retry),
            ):
                with pytest.raises(WrongRequestError, match=r"this id: a retry of .* by grace"):
                    start(session, actor, order, identity=once, now=NOW)
            with pytest.raises(WrongRequestError, match="Another operation"):
                undo(session, OPERATOR, uuid4(), identity=once, now=NOW)

    def test_many_that_are_over_hold_up_none(self, engine: Engine) -> None:
        """Each delivery is looked up by itself, whatever statistics don't know yet."""
        count = 3_000
        dead(engine, count)
        with engine.begin() as connection:
            for of in (
                (
                    "bulk_operations (id, kind, state, selection, why, actor, via, total, rate)"
                    " SELECT md5('o' || n)::uuid, 'retry', 'done', '', '', 'ada', 'api', 1, 1"
                    " FROM generate_series(1, 20) AS n"
                ),
                (
                    "bulk_items (bulk_id, place, seq, handler, result)"
                    " SELECT md5('o' || n % 20 + 1)::uuid, n, n / 20 + 1, 'h',"
                    " CASE n % 100 WHEN 0 THEN 'trying' ELSE 'failed' END"
                    f" FROM generate_series(0, 20 * {count} - 1) AS n"
                ),
            ):
                connection.execute(text(f"INSERT INTO {of}"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # As it was before this one.
            connection.execute(text("ANALYZE bulk_operations, bulk_items"))
        order, once = Order(BulkKind.RETRY, ALL, "because", count), uuid4()
        with Session(engine) as session, session.begin():
            asked = overhear(session)
            assert start(session, OPERATOR, order, identity=once, now=NOW).total == count
            (probing,) = (each for each in asked if "mine" in each.statement)
            for generic in (False, True):
                plan = explain(session, probing, generic=generic)
                assert "bulk_items_in_hand_idx" in plan.indexes
                assert "bulk_items" not in plan.read_whole
                # A few pages for each of them; comparing all with all would be a million rows.
                assert plan.buffers < 5 * count, plan
                assert plan.compared < 2 * count, plan
        with pytest.raises(AlreadyBegunError, match=r"3,000 of these .* grace"):
            begin(engine, expected=count)

    def test_a_step_of_one_alone(self, engine: Engine) -> None:
        dead(engine, 3)
        bulk_id = begin(engine, BulkKind.DISCARD, expected=3)
        with Session(engine) as session, session.begin():
            assert step_operation(session, str(uuid4()), NOW) == 0
            assert step_operation(session, str(bulk_id), NOW) == 3


class TestRetrying:
    def test_one_first_and_the_rest_once_that_went_well(self, engine: Engine) -> None:
        dead(engine, 5)
        bulk_id = begin(engine, expected=5, canary=True)
        assert [step(engine, 1), step(engine, 2)] == [1, 0]
        settle(engine, "done")
        assert step(engine, 3) == 0
        assert step(engine, 4) == 4
        assert settle(engine, "rejected") == 4
        step(engine, 5)
        assert progress(engine, bulk_id).operation.state == "done"
        assert progress(engine, bulk_id).counts[ItemResult.RETRIED] == 5

    def test_one_that_somebody_discards_meanwhile_says_nothing_of_the_rest(
        self, engine: Engine
    ) -> None:
        dead(engine, 5)
        bulk_id = begin(engine, expected=5, canary=True)
        step(engine, 1)
        settle(engine, "discarded")
        assert [step(engine, 2), step(engine, 3)] == [1, 0]
        assert progress(engine, bulk_id).operation.state == "canary"
        assert progress(engine, bulk_id).counts[ItemResult.SKIPPED] == 1
        settle(engine, "done")
        assert [step(engine, 4), step(engine, 5)] == [0, 3]

    def test_the_rate_is_kept_whoever_is_late(self, engine: Engine) -> None:
        dead(engine, 100)
        begin(engine, expected=100, rate=5)
        assert [step(engine, at) for at in (1, 2, 2.4, 60)] == [5, 5, 2, 10]

    def test_too_many_failures_stop_it(self, engine: Engine) -> None:
        dead(engine, 100)
        bulk_id = begin(engine, expected=100)
        step(engine, 1)
        with engine.begin() as connection:
            statement = "UPDATE deliveries SET state = 'failed' WHERE state = 'pending' AND seq < 3"
            connection.execute(text(statement))
        assert step(engine, 2) == 0
        found = progress(engine, bulk_id)
        assert (found.operation.state, found.operation.reason) == ("stopped", "too_many_failed")
        assert found.counts[ItemResult.SKIPPED] == 80
        assert states(engine)["dead"] == 80

    def test_what_somebody_else_has_settled_is_skipped_and_says_so(self, engine: Engine) -> None:
        dead(engine, 2)
        bulk_id = begin(engine, expected=2)
        with engine.begin() as connection:
            connection.execute(text("UPDATE deliveries SET state = 'done' WHERE seq = 1"))
        step(engine, 1)
        assert [(item.seq, item.reason) for item in progress(engine, bulk_id).items] == [
            (1, "was done"), (2, None),
        ]  # fmt: skip


class TestInterruptions:
    def test_a_step_that_is_cut_off_was_none(self, engine: Engine) -> None:
        dead(engine, 3)
        bulk_id = begin(engine, BulkKind.DISCARD, expected=3)
        with Session(engine) as session:
            assert step_operation(session, str(bulk_id), NOW) == 3
            session.rollback()
        assert states(engine) == {"dead": 3}
        assert [step(engine, 1), step(engine, 2)] == [3, 0]
        assert progress(engine, bulk_id).operation.state == "done"

    def test_nobody_waits_for_another_s_operation(self, engine: Engine) -> None:
        """While one step is under way others go on, another scheduler's and whoever cancels."""
        dead(engine, 3)
        first = begin(engine, BulkKind.DISCARD, expected=3, rate=20)
        second, third = (begin_beside(engine, expected=3) for _ in range(2))
        with Session(engine) as one, one.begin():
            assert step_operation(one, str(first), NOW) == 3
            with Session(engine) as other, other.begin():
                execute(other, "SET LOCAL lock_timeout = '1s'")
                assert step_operation(other, str(first), NOW) == 0
                assert cancel(other, OPERATOR, second, now=NOW)
            # What the first has in hand isn't taken for done, or for somebody else's.
            assert step(engine, 1) == 0
            assert progress(engine, third).counts[ItemResult.WAITING] == 3
        assert step(engine, 2) == 3
        assert progress(engine, third).counts[ItemResult.SKIPPED] == 3

    def test_what_somebody_has_in_hand_is_dealt_with_later(self, engine: Engine) -> None:
        dead(engine, 3)
        bulk_id = begin(engine, BulkKind.DISCARD, expected=3)
        with Session(engine) as somebody, somebody.begin():
            execute(somebody, "SELECT FROM deliveries WHERE seq = 2 FOR UPDATE")
            assert step(engine, 1) == 2
        assert progress(engine, bulk_id).counts[ItemResult.WAITING] == 1
        assert [step(engine, 2), step(engine, 3)] == [1, 0]
        assert progress(engine, bulk_id).counts[ItemResult.DISCARDED] == 3

    def test_one_that_fails_holds_up_no_other(self, engine: Engine) -> None:
        dead(engine, 3)
        broken = begin(engine, BulkKind.DISCARD, expected=3)
        bulk_id = begin_beside(engine, BulkKind.DISCARD, expected=3)
        with engine.begin() as connection:
            # Kept with what is discarded, in a column of a table that takes no such text.
            connection.execute(
                text("ALTER TABLE discards ADD CONSTRAINT broken CHECK (actor <> 'broken')")
            )
            spoil = text(
                "UPDATE bulk_operations SET actor = 'broken',"
                " created_at = created_at - interval '1 second' WHERE id = :id"
            )
            connection.execute(spoil, {"id": broken})
        try:
            with pytest.raises(psycopg.errors.CheckViolation):
                step(engine, 1)
        finally:
            with engine.begin() as connection:
                connection.execute(text("ALTER TABLE discards DROP CONSTRAINT broken"))
        assert progress(engine, bulk_id).counts[ItemResult.DISCARDED] == 3
        assert progress(engine, broken).counts[ItemResult.WAITING] == 3

    def test_what_is_cancelled_is_left_alone(self, engine: Engine) -> None:
        dead(engine, 10)
        bulk_id = begin(engine, expected=10, rate=5)
        step(engine, 1)
        with Session(engine) as session, session.begin():
            assert cancel(session, OPERATOR, bulk_id, now=NOW)
            assert not cancel(session, OPERATOR, bulk_id, now=NOW)
        assert step(engine, 2) == 0
        assert states(engine) == {"dead": 5, "pending": 5}


class TestListing:
    def test_those_of_one_moment_are_all_listed(self, engine: Engine) -> None:
        dead(engine, 1)
        begun = {str(begin_beside(engine, expected=1)) for _ in range(5)}
        found, after = list[str](), None
        with Session(engine) as session:
            while page := list_operations(session, after=after, limit=2):
                found += [each.id for each in page]
                after = MomentCursor.parse(str(MomentCursor(page[-1].created_at, page[-1].id)))
        assert len(found) == 5
        assert set(found) == begun


class TestUndoing:
    def test_all_that_it_discarded_is_dead_again(self, engine: Engine) -> None:
        dead(engine, 4)
        bulk_id = begin(engine, BulkKind.DISCARD, expected=4)
        step(engine, 1)
        with Session(engine) as session, pytest.raises(WrongRequestError, match="still goes on"):
            undo(session, OPERATOR, bulk_id, identity=uuid4(), now=NOW)
        step(engine, 2)
        assert progress(engine, bulk_id).can_be_undone
        new = uuid4()
        with Session(engine) as session, session.begin():
            assert undo(session, OPERATOR, bulk_id, identity=new, now=NOW).total == 4
            assert not undo(session, OPERATOR, bulk_id, identity=new, now=NOW).is_new
        step(engine, 3)
        step(engine, 4)
        assert states(engine) == {"dead": 4}
        assert progress(engine, new).counts[ItemResult.RESTORED] == 4
        with Session(engine) as session, pytest.raises(WrongRequestError):
            undo(session, OPERATOR, bulk_id, identity=uuid4(), now=NOW)

    def test_what_was_decided_about_since_stays_as_it_was_decided(self, engine: Engine) -> None:
        """Given up twice, the second time by another operation or by somebody, and once after
        that the undoing had begun."""
        dead(engine, 5)
        first = begin(engine, BulkKind.DISCARD, expected=5)
        assert [step(engine, 1), step(engine, 2)] == [5, 0]
        with Session(engine) as session, session.begin():
            assert all(restore(session, OPERATOR, (seq, "h"), now=NOW) for seq in (1, 2))
        second = begin(engine, BulkKind.DISCARD, expected=2)
        assert [step(engine, 3), step(engine, 4)] == [2, 0]
        self.discard_again(engine, 3)
        new = uuid4()
        with Session(engine) as session, session.begin():
            assert undo(session, OPERATOR, first, identity=new, now=NOW).total == 2
        self.discard_again(engine, 4)
        assert [step(engine, 5), step(engine, 6)] == [2, 0]
        assert states(engine) == {"dead": 1, "discarded": 4}
        counts = progress(engine, new).counts
        assert (counts[ItemResult.RESTORED], counts[ItemResult.SKIPPED]) == (1, 1)
        assert not progress(engine, first).can_be_undone
        with Session(engine) as session, session.begin():
            assert undo(session, OPERATOR, second, identity=uuid4(), now=NOW).total == 2
        step(engine, 7)
        assert states(engine) == {"dead": 3, "discarded": 2}

    def discard_again(self, engine: Engine, seq: int) -> None:
        with Session(engine) as session, session.begin():
            assert restore(session, OPERATOR, (seq, "h"), now=NOW)
            # With the same reason and by the same person as the operation: nothing tells it apart.
            assert discard(session, OPERATOR, (seq, "h"), why="because", now=NOW)

    def test_who_began_and_how_it_ended_is_in_the_log(self, engine: Engine) -> None:
        dead(engine, 1)
        begin(engine, BulkKind.DISCARD, expected=1)
        step(engine, 1)
        step(engine, 2)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT actor, action FROM audit_log ORDER BY id"))
            assert [tuple(each) for each in rows] == [
                ("grace", "bulk.discard"), ("grace", "bulk.done"),
            ]  # fmt: skip
