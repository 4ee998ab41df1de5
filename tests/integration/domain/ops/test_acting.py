"""What ops do to one delivery: by leave, once, written down with it, and undone as it was."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.ops.acting import WrongRequestError, discard, restore, retry
from domain.ops.forgetting import forget
from domain.ops.permissions import Actor, ForbiddenError
from domain.tables.accounts import Role, Via
from tests.helpers.ledger import ask
from tests.integration.dashboard.scene import a_delivery

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OPERATOR = Actor("grace", Role.OPERATOR, Via.DASHBOARD)
VIEWER = Actor("ada", Role.VIEWER, Via.API)
KEY = (1, "kudos.apply_kudos_given")


def a_dead_one(engine: Engine) -> dict[str, Any]:
    why = "waited in vain for event:1"
    died = NOW - timedelta(hours=3)
    error = {"error": "KeyError", "fingerprint": "KeyError"}
    columns = {"attempts": 8, "awaits": "event:1", "reason": why, "settled_at": died}
    a_delivery(engine, 1, "dead", **columns, **error)
    return row(engine)


def row(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT * FROM deliveries")).mappings().one())


def entries(engine: Engine) -> list[tuple[str, ...]]:
    with engine.connect() as connection:
        statement = "SELECT actor, via, action, why FROM audit_log ORDER BY id"
        return [tuple(each) for each in connection.execute(text(statement))]


def do(engine: Engine, work: Callable[[Session], bool]) -> bool:
    with Session(engine) as session, session.begin():
        return work(session)


class TestLeave:
    def test_a_viewer_changes_nothing_by_any_door(self, engine: Engine) -> None:
        before = a_dead_one(engine)
        for work in (
            lambda session: retry(session, VIEWER, KEY, now=NOW),
            lambda session: discard(session, VIEWER, KEY, why="why not", now=NOW),
            lambda session: restore(session, VIEWER, KEY, now=NOW),
        ):
            with pytest.raises(ForbiddenError, match="Your role is viewer"):
                do(engine, work)
        assert row(engine) == before
        assert entries(engine) == []


class TestUndo:
    def test_a_discard_is_taken_back_as_if_it_had_not_been(self, engine: Engine) -> None:
        before = a_dead_one(engine)
        assert do(engine, lambda s: discard(s, OPERATOR, KEY, why=" long  over ", now=NOW))
        given_up = row(engine)
        assert given_up["state"] == "discarded"
        assert given_up["reason"] == "waited in vain for event:1 | discarded: long over"
        assert do(engine, lambda s: restore(s, OPERATOR, KEY, now=NOW))
        assert row(engine) == before
        assert entries(engine) == [
            ("grace", "dashboard", "discard", "long over"),
            ("grace", "dashboard", "restore", None),
        ]

    @pytest.mark.parametrize("state", ["pending", "deferred"])
    def test_what_a_removed_handler_left_is_discarded_and_is_dead_once_that_is_undone(
        self, engine: Engine, state: str
    ) -> None:
        gone, waits = "kudos.gone", {"due_at": NOW, "awaits": "event:1"}
        a_delivery(engine, 1, state, handler=gone, **waits)
        assert not do(engine, lambda s: retry(s, OPERATOR, (1, gone), now=NOW))
        assert do(engine, lambda s: discard(s, OPERATOR, (1, gone), why="removed", now=NOW))
        given_up = row(engine)
        assert (given_up["state"], given_up["due_at"]) == ("discarded", None)
        assert do(engine, lambda s: restore(s, OPERATOR, (1, gone), now=NOW))
        back = row(engine)
        assert (back["state"], back["awaits"], back["settled_at"]) == ("dead", "event:1", NOW)

    @pytest.mark.parametrize("state", ["pending", "deferred", "done"])
    def test_what_a_handler_will_still_do_is_not_discarded(
        self, engine: Engine, state: str
    ) -> None:
        a_delivery(engine, 1, state)
        assert not do(engine, lambda s: discard(s, OPERATOR, KEY, why="no", now=NOW))
        a_delivery(engine, 2, "done", handler="kudos.gone")
        assert not do(engine, lambda s: discard(s, OPERATOR, (2, "kudos.gone"), why="x", now=NOW))
        assert entries(engine) == []

    def test_each_has_one_effect_however_often_it_is_pressed(self, engine: Engine) -> None:
        a_dead_one(engine)
        assert [do(engine, lambda s: retry(s, OPERATOR, KEY, now=NOW)) for _ in range(3)] == [
            True, False, False,
        ]  # fmt: skip
        assert len(entries(engine)) == 1
        assert not do(engine, lambda s: discard(s, OPERATOR, KEY, why="no", now=NOW))
        assert not do(engine, lambda s: restore(s, OPERATOR, KEY, now=NOW))
        assert len(entries(engine)) == 1

    def test_after_thirty_days_it_cannot_be(self, engine: Engine) -> None:
        a_dead_one(engine)
        do(engine, lambda s: discard(s, OPERATOR, KEY, why="over", now=NOW))
        with Session(engine) as session, session.begin():
            assert forget(session, NOW + timedelta(days=30)) == 0
            assert forget(session, NOW + timedelta(days=30, seconds=1)) == 1
        assert not do(engine, lambda s: restore(s, OPERATOR, KEY, now=NOW))

    def test_what_is_rolled_back_is_not_written_down(self, engine: Engine) -> None:
        a_dead_one(engine)
        with Session(engine) as session:
            assert retry(session, OPERATOR, KEY, now=NOW)
            session.rollback()
        assert row(engine)["state"] == "dead"
        assert entries(engine) == []

    @pytest.mark.parametrize("why", ["", "  ", "x" * 2_001, "a\0b"])
    def test_a_reason_is_a_plain_text(self, engine: Engine, why: str) -> None:
        a_dead_one(engine)
        with pytest.raises(WrongRequestError):
            do(engine, lambda s: discard(s, OPERATOR, KEY, why=why, now=NOW))
        assert ask(engine, "SELECT count(*) FROM discards") == 0
