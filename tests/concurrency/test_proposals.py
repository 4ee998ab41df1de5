"""Proposals for an event beside somebody's deletion, and beside what else is done with the event.

A deletion that isn't committed yet holds Ada's row, so that the search is over and not yet kept.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from domain.matching.erasing import erase
from domain.matching.proposals import propose
from domain.things import Hold, lock
from tests.concurrency.race import WAITING
from tests.factories.town import CLIMBING, NOW, Town
from tests.helpers.ledger import PATIENCE, ask, until
from tests.helpers.pages import an_id


@pytest.fixture
def town(engine: Engine) -> Town:
    """Hanna's event; Ada, and a pair: Bo and Cleo."""
    town = Town(engine)
    town.person("Hanna")
    town.event("drinks")
    for name in ("Ada", "Bo", "Cleo"):
        town.person(name, likes=CLIMBING)
    town.duo("Bo", "Cleo")
    return town


def delete(connection: Connection | Session, name: str) -> None:
    connection.execute(
        text("UPDATE users SET deleted_at = now() WHERE id = :id"), {"id": an_id(name)}
    )


def propose_for(engine: Engine, event: str) -> int:
    with Session(engine) as session, session.begin():
        return propose(session, an_id(event), now=NOW)


@contextmanager
def once_searched(engine: Engine, change: Callable[[Session], None]) -> Iterator[None]:
    """Have a change commit after the search for candidates and before they are kept."""
    with ThreadPoolExecutor(1) as pool:
        with Session(engine) as session, session.begin():
            change(session)
            proposing = pool.submit(propose_for, engine, "drinks")
            until(lambda: ask(engine, WAITING) > 0, "the proposals wait for the change")
            yield
        proposing.result(PATIENCE.total_seconds())


def proposed(engine: Engine, town: Town) -> list[str]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT user_id::text FROM event_candidates ORDER BY rank"))
        return sorted(town.names[user] for (user,) in rows)


class TestDeleted:
    @pytest.mark.parametrize(
        ("who", "left"),
        [("Ada", ["Bo", "Cleo"]), ("Bo", ["Ada"]), ("Hanna", [])],
    )
    def test_nobody_who_is_deleted_during_the_search_is_proposed(
        self, engine: Engine, town: Town, who: str, left: list[str]
    ) -> None:
        """Nor a partner alone, nor anybody for the sake of what a deleted host likes."""

        def leave(session: Session) -> None:
            delete(session, who)
            erase(session, [an_id(who)])

        with once_searched(engine, leave):
            pass
        assert proposed(engine, town) == left

    def test_who_is_deleted_afterwards_waits_to_be_erased(self, engine: Engine, town: Town) -> None:
        with ThreadPoolExecutor(1) as pool, Session(engine) as session:
            propose(session, an_id("drinks"), now=NOW)
            leaving = pool.submit(leave_at_once, engine, "Ada")
            until(lambda: ask(engine, WAITING) > 0, "the deletion waits for the proposals")
            session.commit()
            leaving.result(PATIENCE.total_seconds())
        assert proposed(engine, town) == ["Bo", "Cleo"]


def leave_at_once(engine: Engine, name: str) -> None:
    with Session(engine) as session, session.begin():
        delete(session, name)
        erase(session, [an_id(name)])


class TestEvent:
    def test_it_is_free_for_others_during_the_search(self, engine: Engine, town: Town) -> None:
        """Payments hold the event's row: they must not wait for a search."""
        with (
            once_searched(engine, lambda session: delete(session, "Ada")),
            Session(engine) as other,
        ):
            other.execute(text("SET lock_timeout = '2s'"))
            assert lock(other, "event", [an_id("drinks")], Hold.CHANGE) == {an_id("drinks")}

    def test_one_that_closes_meanwhile_gets_none(self, engine: Engine, town: Town) -> None:
        with once_searched(engine, lambda session: delete(session, "Ada")):
            town.run("UPDATE events SET status = 'cancelled_by_host'")
        assert proposed(engine, town) == []

    def test_of_two_at_once_one_proposes(self, engine: Engine, town: Town) -> None:
        with once_searched(engine, lambda session: delete(session, "Ada")):
            town.run(
                "INSERT INTO event_candidates (event_id, user_id, rank, score, match_reason,"
                " proposed_at) VALUES (:event, :bo, 1, 0.5, 'It fits your preferences.', now())",
                event=an_id("drinks"),
                bo=an_id("Bo"),
            )
        assert proposed(engine, town) == ["Bo"]
