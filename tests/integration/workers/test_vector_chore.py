"""The chore that makes vectors: what it takes, when it rests, what it does with what is refused."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.constants import (
    REFUSED_FIRST_PAUSE,
    REQUEST_LEASE,
    REST_FIRST_PAUSE,
    REST_LONGEST_PAUSE,
)
from domain.matching.requests import Mark, mark, take
from domain.tables.ledger import DeliveryState
from domain.tables.matching import RequestKind
from tests.factories.town import NOW, Town, literal
from tests.helpers.pages import an_id
from tests.helpers.ports import ScriptedEmbedder, trouble
from tests.helpers.roles import as_scheduler
from workers.chores.vectors import make_vectors

EVENT = RequestKind.EVENT
SECOND = timedelta(seconds=1)


@pytest.fixture
def town(engine: Engine) -> Town:
    """Three events that have no vector yet, each asked for."""
    town = Town(engine)
    town.person("Hanna")
    for name in ("drinks", "brunch", "dinner"):
        town.event(name, about=None)
        ask_for(engine, name)
    return town


def ask_for(engine: Engine, event: str, *, cause: int | None = None, now: datetime = NOW) -> None:
    with Session(engine) as session, session.begin():
        mark(session, [Mark(EVENT, an_id(event), cause)], now=now)


def rows(engine: Engine, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), parameters)]


def made(engine: Engine) -> list[str]:
    """The titles of the events that have a vector."""
    found = rows(engine, "SELECT title FROM events WHERE event_vector IS NOT NULL ORDER BY title")
    return [title for (title,) in found]


def requests(engine: Engine) -> list[tuple[int, datetime]]:
    """(attempts, due_at) of what is still to be done for events."""
    found = rows(
        engine, "SELECT attempts, due_at FROM matching_requests WHERE kind = 'event' ORDER BY id"
    )
    return [(attempts, due_at) for attempts, due_at in found]


class TestRest:
    def test_trouble_leaves_everything_null_and_due_and_the_port_alone(
        self, engine: Engine, town: Town
    ) -> None:
        """G13: a service that is away delays only what it is asked."""
        embedder = ScriptedEmbedder(trouble=trouble("http_503"))
        make_vectors(as_scheduler(engine), embedder, now=NOW)
        assert made(engine) == []
        assert requests(engine) == [(0, NOW)] * 3
        rested = rows(engine, "SELECT port, failures, until, reason FROM port_rests")
        assert rested == [("embeddings", 1, NOW + REST_FIRST_PAUSE, "http_503")]
        make_vectors(as_scheduler(engine), embedder, now=NOW + REST_FIRST_PAUSE - SECOND)
        assert len(embedder.asked) == 1

    def test_a_port_that_breaks_its_promise_rests_too(self, engine: Engine, town: Town) -> None:
        embedder = ScriptedEmbedder(trouble=OverflowError("a secret of Ana's"))
        assert make_vectors(as_scheduler(engine), embedder, now=NOW) == 0
        assert requests(engine) == [(0, NOW)] * 3
        rested = rows(engine, "SELECT until, reason FROM port_rests")
        assert rested == [(NOW + REST_FIRST_PAUSE, "failed_OverflowError")]

    def test_it_is_asked_again_after_a_pause_that_grows_in_rows_and_has_an_end(
        self, engine: Engine, town: Town
    ) -> None:
        now, pauses = NOW, []
        for _ in range(10):
            make_vectors(as_scheduler(engine), ScriptedEmbedder(trouble=trouble()), now=now)
            ((until,),) = rows(engine, "SELECT until FROM port_rests")
            pauses.append(until - now)
            now = until
        assert pauses[:3] == [REST_FIRST_PAUSE, 2 * REST_FIRST_PAUSE, 4 * REST_FIRST_PAUSE]
        assert pauses[-1] == REST_LONGEST_PAUSE

    @pytest.mark.parametrize(
        ("asked", "pause"),
        [
            (timedelta(minutes=2), timedelta(minutes=2)),
            (SECOND, REST_FIRST_PAUSE),
            (timedelta(days=9), REST_LONGEST_PAUSE),
        ],
    )
    def test_it_is_left_alone_for_as_long_as_it_asks(
        self, engine: Engine, town: Town, asked: timedelta, pause: timedelta
    ) -> None:
        embedder = ScriptedEmbedder(trouble=trouble("http_429", retry_after=asked))
        make_vectors(as_scheduler(engine), embedder, now=NOW)
        assert rows(engine, "SELECT until FROM port_rests") == [(NOW + pause,)]

    def test_once_it_answers_all_is_made_and_nothing_is_left_of_the_rest(
        self, engine: Engine, town: Town
    ) -> None:
        make_vectors(as_scheduler(engine), ScriptedEmbedder(trouble=trouble()), now=NOW)
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW + REST_FIRST_PAUSE)
        assert made(engine) == ["brunch", "dinner", "drinks"]
        assert requests(engine) == rows(engine, "SELECT 1 FROM port_rests") == []

    def test_what_needs_no_port_goes_on(self, engine: Engine, town: Town) -> None:
        make_vectors(as_scheduler(engine), ScriptedEmbedder(trouble=trouble()), now=NOW)
        with Session(engine) as session, session.begin():
            mark(session, [Mark(RequestKind.NEGATIVE, an_id("Hanna"))], now=NOW)
        assert make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW) == 1


class TestRefusal:
    def test_it_hurts_only_itself(self, engine: Engine, town: Town) -> None:
        """G8: what a service won't take is tried alone, and ever less often."""
        embedder = ScriptedEmbedder(refuses="brunch")
        make_vectors(as_scheduler(engine), embedder, now=NOW)
        assert made(engine) == []
        assert requests(engine) == [(1, NOW + REFUSED_FIRST_PAUSE)] * 3
        later = NOW + REFUSED_FIRST_PAUSE
        make_vectors(as_scheduler(engine), embedder, now=later)
        assert made(engine) == ["dinner", "drinks"]
        assert requests(engine) == [(2, later + 2 * REFUSED_FIRST_PAUSE)]
        assert sorted(map(len, embedder.asked)) == [1, 1, 1, 3]

    def test_fresh_ones_don_t_wait_for_it(self, engine: Engine, town: Town) -> None:
        embedder = ScriptedEmbedder(refuses="brunch")
        make_vectors(as_scheduler(engine), embedder, now=NOW)
        town.event("supper", about=None)
        ask_for(engine, "supper", now=NOW + SECOND)
        make_vectors(as_scheduler(engine), embedder, now=NOW + SECOND)
        assert made(engine) == ["supper"]


class TestPoison:
    """G8: what can't be made hurts only itself, and is tried ever less often."""

    @pytest.fixture
    def poisoned(self, engine: Engine, town: Town) -> Town:
        """What Ada likes and dislikes can't be averaged: the database itself refuses to write."""
        town.run("DELETE FROM matching_requests")
        for name in ("Ada", "Bo"):
            town.person(name)
            town.invite("drinks", name)
        town.run("UPDATE events SET event_vector = cast(:v AS vector)", v=literal("jazz"))
        town.run(
            "INSERT INTO invitation_facts (invitation_id, source, id, time, kind, data)"
            " SELECT id, '/test', id::text, now(), 'invitation.declined',"
            ' \'{"decline_reason": "not_interested"}\'::jsonb FROM invitations'
        )
        town.run(
            f"ALTER TABLE user_interest_vectors ADD CHECK (user_id <> '{an_id('Ada')}') NOT VALID"
        )
        with Session(engine) as session, session.begin():
            asked = [Mark(RequestKind.NEGATIVE, an_id(name)) for name in ("Ada", "Bo")]
            mark(session, asked, now=NOW)
        return town

    def test_the_others_of_its_portion_are_made(self, engine: Engine, poisoned: Town) -> None:
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW)
        ((user_id,),) = rows(engine, "SELECT user_id FROM user_interest_vectors")
        assert str(user_id) == an_id("Bo")

    def test_it_is_put_off_for_longer_each_time(self, engine: Engine, poisoned: Town) -> None:
        left = "SELECT target, attempts, due_at FROM matching_requests"
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW)
        later = NOW + REFUSED_FIRST_PAUSE
        assert rows(engine, left) == [(an_id("Ada"), 1, later)]
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=later)
        assert rows(engine, left) == [(an_id("Ada"), 2, later + 2 * REFUSED_FIRST_PAUSE)]

    def test_proposals_of_one_event_don_t_keep_back_those_of_another(
        self, engine: Engine, town: Town
    ) -> None:
        town.person("Ada", likes="drinks")
        town.run(
            f"ALTER TABLE event_candidates ADD CHECK (event_id <> '{an_id('drinks')}') NOT VALID"
        )
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW)
        found = rows(engine, "SELECT event_id::text FROM event_candidates ORDER BY 1")
        assert found == [(each,) for each in sorted([an_id("brunch"), an_id("dinner")])]
        assert rows(engine, "SELECT target FROM matching_requests") == [(an_id("drinks"),)]


class TestCause:
    """A mark is ready once the other handlers of the domain event that caused it are through."""

    @pytest.mark.parametrize("state", DeliveryState)
    def test_it_waits_for_whoever_writes_the_change(
        self, engine: Engine, town: Town, state: DeliveryState
    ) -> None:
        town.run("DELETE FROM matching_requests")
        ask_for(engine, "drinks", cause=7)
        for handler, stands in (("gatherings.apply", state), ("matching.apply", "done")):
            town.run(
                "INSERT INTO deliveries (seq, handler, lane, received_at, state)"
                " VALUES (7, :handler, 'plans', now(), :state)",
                handler=handler,
                state=stands,
            )
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW)
        is_through = state in {"done", "rejected", "discarded"}
        assert (made(engine) == ["drinks"]) == is_through
        town.run("UPDATE deliveries SET state = 'done'")
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW + timedelta(minutes=6))
        assert made(engine) == ["drinks"]

    def test_one_that_waits_doesn_t_keep_another_of_the_same_thing(
        self, engine: Engine, town: Town
    ) -> None:
        town.run("DELETE FROM matching_requests")
        for cause in (7, 8):
            ask_for(engine, "drinks", cause=cause)
        town.run(
            "INSERT INTO deliveries (seq, handler, lane, received_at, state)"
            " VALUES (7, 'gatherings.apply', 'plans', now(), 'failed')"
        )
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW)
        assert made(engine) == ["drinks"]
        assert len(requests(engine)) == 1


class TestLease:
    def test_what_one_has_in_hand_no_other_takes_until_the_lease_is_over(
        self, engine: Engine, town: Town
    ) -> None:
        """G7: whoever is killed with it has done nothing, and somebody else does it later."""
        with Session(engine) as session, session.begin():
            assert len(take(session, [EVENT], limit=9, now=NOW)) == 3
        assert (
            make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW + REQUEST_LEASE - SECOND)
            == 0
        )
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW + REQUEST_LEASE)
        assert made(engine) == ["brunch", "dinner", "drinks"]


class TestMeanwhile:
    """What happens while the port is being asked, outside of any transaction."""

    def during(self, engine: Engine, happens: Callable[[], None]) -> ScriptedEmbedder:
        embedder = ScriptedEmbedder()

        def once() -> None:
            embedder.before = None
            happens()

        embedder.before = once
        make_vectors(as_scheduler(engine), embedder, now=NOW)
        return embedder

    def test_no_transaction_is_open(self, engine: Engine, town: Town) -> None:
        open_ones: list[int] = []

        def look() -> None:
            statement = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            open_ones.append(rows(engine, statement)[0][0])

        self.during(engine, look)
        assert open_ones == [0]

    def test_a_text_that_changes_is_never_overwritten_by_the_vector_of_the_old_one(
        self, engine: Engine, town: Town
    ) -> None:
        embedder = self.during(engine, lambda: town.run("UPDATE events SET title = 'Jazz night'"))
        assert made(engine) == []
        make_vectors(as_scheduler(engine), embedder, now=NOW)
        assert made(engine) == ["Jazz night"] * 3
        assert all(said.startswith("Jazz night") for said in embedder.asked[-1])
        assert requests(engine) == []

    def test_nothing_is_written_for_somebody_who_is_deleted(
        self, engine: Engine, town: Town
    ) -> None:
        town.run("UPDATE users SET mood = 'curious'")
        with Session(engine) as session, session.begin():
            mark(session, [Mark(RequestKind.PERSONA, an_id("Hanna"))], now=NOW)
        self.during(engine, lambda: town.run("UPDATE users SET deleted_at = now()"))
        assert rows(engine, "SELECT 1 FROM user_interest_vectors") == []
        assert rows(engine, "SELECT 1 FROM matching_requests WHERE kind = 'persona'") == []

    def test_two_at_once_make_each_once_and_leave_nothing(self, engine: Engine, town: Town) -> None:
        """G14: two schedulers have the effect of one."""
        other = ScriptedEmbedder()
        first = self.during(
            engine,
            lambda: assert_idle(make_vectors(as_scheduler(engine), other, now=NOW)),
        )
        assert made(engine) == ["brunch", "dinner", "drinks"]
        assert (len(first.asked), len(other.asked)) == (1, 0)
        assert requests(engine) == []


def assert_idle(done: int) -> None:
    assert done == 0


class TestProposals:
    def test_an_event_has_its_candidates_once_it_has_its_vector(
        self, engine: Engine, town: Town
    ) -> None:
        town.person("Ada", likes="drinks")
        town.person("Bo", likes="brunch")
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW)
        found = rows(
            engine,
            "SELECT user_id, rank, proposed_at FROM event_candidates WHERE event_id = :event"
            " ORDER BY rank",
            event=an_id("drinks"),
        )
        assert [(str(user), rank) for user, rank, _ in found] == [
            (an_id("Ada"), 1),
            (an_id("Bo"), 2),
        ]
        assert {proposed_at for _, _, proposed_at in found} == {NOW}

    def test_they_stay_as_they_were_when_its_texts_change(self, engine: Engine, town: Town) -> None:
        town.person("Ada", likes="drinks")
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW)
        before = rows(engine, "SELECT * FROM event_candidates ORDER BY event_id")
        town.person("Bo", likes="drinks")
        town.run("UPDATE events SET title = 'Jazz'")
        ask_for(engine, "drinks")
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW + SECOND)
        assert rows(engine, "SELECT * FROM event_candidates ORDER BY event_id") == before

    @pytest.mark.parametrize(
        "change", ["status = 'cancelled'", "starts_at = '2026-02-01T00:00:00Z'"]
    )
    def test_none_are_made_for_what_is_cancelled_or_has_begun(
        self, engine: Engine, town: Town, change: str
    ) -> None:
        town.person("Ada", likes="drinks")
        town.run(f"UPDATE events SET {change}")
        make_vectors(as_scheduler(engine), ScriptedEmbedder(), now=NOW)
        assert rows(engine, "SELECT 1 FROM event_candidates") == []
