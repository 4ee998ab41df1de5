"""Two people of ops at once: what one has done the other meets, and neither undoes it unseen."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.ops import erasing
from domain.ops.acting import TakenError, hold_these, restore, restore_these
from domain.ops.beginning import AlreadyBegunError
from domain.ops.bulk import Order, start, undo
from domain.ops.pausing import Hold, pause
from domain.ops.permissions import Actor, ForbiddenError
from domain.ops.stepping import step_operations
from domain.ops.triage import DeadSelection
from domain.tables.accounts import Role, Via
from domain.tables.ops import BulkKind
from tests.concurrency.race import WAITING
from tests.helpers.ledger import ask, until
from tests.helpers.postgres import PostgresServer
from tests.helpers.roles import acting_as
from workers.account_service import (
    AccountOrder,
    add_account,
    change_role,
    disable,
    enable,
    remove,
    sign_out_everywhere,
)
from workers.accounts import keep_account
from workers.key_service import KeyOrder, order_key, revoke, rotate

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
ADA, BO = (Actor(name, Role.ADMIN, Via.DASHBOARD) for name in ("ada", "bo"))
ALL: Final = DeadSelection(handler="h")
Work = Callable[[Session], Any]

# What bo still tries as an admin.
MANAGING: Final[dict[str, Work]] = {
    "create": lambda session: add_account(
        session, BO, AccountOrder("eve", Role.ADMIN, "none"), now=NOW
    ),
    "enable": lambda session: enable(session, BO, "ada", now=NOW),
    "remove": lambda session: remove(session, BO, "ada", now=NOW),
    "sign out": lambda session: sign_out_everywhere(session, BO, "ada", now=NOW),
    "make a key": lambda session: order_key(session, BO, KeyOrder(uuid4(), "mine"), now=NOW),
    "rotate a key": lambda session: rotate(session, BO, "theirs", overlap=HOUR, now=NOW),
    "revoke a key": lambda session: revoke(session, BO, uuid4(), why="so", now=NOW),
    "erase": lambda session: erasing.erase(
        session, BO, erasing.Order(uuid4(), uuid4(), why="so", confirm="12345678"), now=NOW
    ),
}


@pytest.fixture(scope="module")
def shared(postgres_server: PostgresServer) -> Iterator[Engine]:
    with postgres_server.engine(pool_size=4) as made:
        yield made


@pytest.fixture
def engine(shared: Engine) -> Engine:
    """Three are dead, and there are two admins."""
    with shared.begin() as connection:
        connection.execute(
            text("TRUNCATE deliveries, discards, bulk_items, bulk_operations, pauses, audit_log")
        )
        connection.execute(text("DELETE FROM dashboard_users"))
        connection.execute(
            text(
                "INSERT INTO deliveries (seq, handler, lane, received_at, state, settled_at)"
                " SELECT n, 'h', 'afterwards', :now, 'dead', :now FROM generate_series(1, 3) AS n"
            ),
            {"now": NOW},
        )
    with Session(shared) as session, session.begin():
        for admin in (ADA, BO):
            keep_account(session, admin.name, role=Role.ADMIN, password_hash="none")
    return shared


def at_once(engine: Engine, first: Work, second: Work, *, then: Work | None = None) -> Future[Any]:
    """Do the first; before it is committed somebody begins the second, which waits for it.

    What is to be done `then` is done in the transaction of the first while the second waits.
    """
    dashboard = acting_as(engine, "dashboard")

    def do(work: Work) -> Any:
        with Session(dashboard) as session, session.begin():
            return work(session)

    with ThreadPoolExecutor(1) as pool, Session(dashboard) as session, session.begin():
        first(session)
        other = pool.submit(do, second)
        until(lambda: ask(engine, WAITING) > 0 or other.done(), "the second waits")
        assert not other.done(), other.result()
        if then is not None:
            then(session)
    return other


class TestBulk:
    def test_one_form_sent_twice_begins_one(self, engine: Engine) -> None:
        order, once = Order(BulkKind.RETRY, ALL, "because", 3), uuid4()

        def begin(session: Session) -> Any:
            return start(session, ADA, order, identity=once, now=NOW)

        begun = at_once(engine, begin, begin).result()
        assert (begun.id, begun.total, begun.is_new) == (once, 3, False)
        assert ask(engine, "SELECT count(*) FROM bulk_items") == 3

    def test_of_two_forms_over_the_same_rows_one_begins(self, engine: Engine) -> None:
        order, first = Order(BulkKind.DISCARD, ALL, "because", 3), uuid4()
        other = at_once(
            engine,
            lambda session: start(session, ADA, order, identity=first, now=NOW),
            lambda session: start(session, BO, order, identity=uuid4(), now=NOW),
        )
        with pytest.raises(AlreadyBegunError, match="3 of these are in a discard that ada") as met:
            other.result()
        assert met.value.bulk_id == first
        assert ask(engine, "SELECT count(*) FROM bulk_operations") == 1

    def test_what_two_undo_is_restored_once(self, engine: Engine) -> None:
        order, given_up = Order(BulkKind.DISCARD, ALL, "because", 3), uuid4()
        with Session(engine) as session, session.begin():
            start(session, ADA, order, identity=given_up, now=NOW)
        for _ in range(2):
            with Session(engine) as session, session.begin():
                step_operations(session, NOW)
        other = at_once(
            engine,
            lambda session: undo(session, ADA, given_up, identity=uuid4(), now=NOW),
            lambda session: undo(session, BO, given_up, identity=uuid4(), now=NOW),
        )
        with pytest.raises(AlreadyBegunError, match="restore that ada"):
            other.result()

    def test_what_is_restored_and_undone_at_once_is_restored_once(self, engine: Engine) -> None:
        """A step has it in hand while somebody restores it: they wait, and nothing stands still."""
        order, given_up = Order(BulkKind.DISCARD, ALL, "because", 3), uuid4()
        with Session(engine) as session, session.begin():
            start(session, ADA, order, identity=given_up, now=NOW)
        with Session(engine) as session, session.begin():
            step_operations(session, NOW)
        other = at_once(
            engine,
            lambda session: hold_these(session, [(2, "h")]),
            lambda session: restore(session, BO, (2, "h"), now=NOW),
            then=lambda session: restore_these(session, [(2, "h")]),
        )
        assert other.result() is False
        assert ask(engine, "SELECT state FROM deliveries WHERE seq = 2") == "dead"
        left = "SELECT count(*) FROM bulk_items WHERE result = 'discarded' AND reason IS NULL"
        assert ask(engine, left) == 2


class TestAdmins:
    def test_of_two_who_take_it_from_each_other_one_is_left(self, engine: Engine) -> None:
        other = at_once(
            engine,
            lambda session: change_role(session, ADA, "bo", role=Role.VIEWER, now=NOW),
            lambda session: disable(session, BO, "ada", why="mine", now=NOW),
        )
        with pytest.raises(ForbiddenError, match="no admin any more"):
            other.result()
        left = "SELECT string_agg(name, ' ') FROM dashboard_users WHERE role = 'admin'"
        assert ask(engine, f"{left} AND disabled_at IS NULL") == "ada"

    def test_the_same_where_one_is_disabled_first(self, engine: Engine) -> None:
        other = at_once(
            engine,
            lambda session: disable(session, BO, "ada", why="mine", now=NOW),
            lambda session: change_role(session, ADA, "bo", role=Role.OPERATOR, now=NOW),
        )
        with pytest.raises(ForbiddenError):
            other.result()
        assert ask(engine, "SELECT role FROM dashboard_users WHERE name = 'bo'") == "admin"

    @pytest.mark.parametrize("name", MANAGING)
    def test_who_lost_it_meanwhile_does_nothing_more(self, engine: Engine, name: str) -> None:
        other = at_once(
            engine,
            lambda session: change_role(session, ADA, "bo", role=Role.VIEWER, now=NOW),
            MANAGING[name],
        )
        with pytest.raises(ForbiddenError, match="no admin any more"):
            other.result()
        assert ask(engine, "SELECT string_agg(action, ' ') FROM audit_log") == "account.role"


def test_of_two_who_pause_the_second_sees_the_first(engine: Engine) -> None:
    other = at_once(
        engine,
        lambda session: pause(session, ADA, Hold("seats", NOW + HOUR, "a backup"), now=NOW),
        lambda session: pause(session, BO, Hold("seats", NOW + 2 * HOUR, "a test"), now=NOW),
    )
    with pytest.raises(TakenError, match=r"by ada until 2026-11-21 13:00 UTC: “a backup”"):
        other.result()
    assert ask(engine, "SELECT why FROM pauses") == "a backup"
