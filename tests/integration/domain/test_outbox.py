"""Publishing: in the caller's transaction, and each domain event once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.outbox import publish, publish_many
from domain.sql import fetch, texts
from domain.tables.keys import ApiKey
from domain.users.payloads import UserVerified
from tests.helpers.ledger import a_registration, ask, backend, until
from tests.helpers.ledger import publish as publish_alone
from tests.helpers.pages import SOURCE, START, an_id

EVERYWHERE = {"domain_events": 1, "domain_event_keys": 1, "outbox": 1}
NOWHERE = dict.fromkeys(EVERYWHERE, 0)


def counts(engine: Engine) -> dict[str, int]:
    return {table: ask(engine, f"SELECT count(*) FROM {table}") for table in EVERYWHERE}


def somebody_elses_row() -> ApiKey:
    """Something that an API service writes beside what it publishes."""
    return ApiKey(id=uuid4(), name="ours", key_hash=uuid4().bytes, types=["*"])


def say_verified(session: Session) -> bool:
    payload = UserVerified(user_id=an_id("Ada"))
    return publish(session, payload, source=SOURCE, time=START, id="1")


class TestPublish:
    def test_exists_with_what_the_caller_wrote_once_the_caller_commits(
        self, engine: Engine
    ) -> None:
        """G1."""
        with Session(engine) as session:
            session.add(somebody_elses_row())
            assert say_verified(session)
            assert counts(engine) == NOWHERE
            session.commit()
        assert counts(engine) == EVERYWHERE
        assert ask(engine, "SELECT count(*) FROM api_keys") == 1

    def test_never_existed_when_the_caller_rolls_back(self, engine: Engine) -> None:
        """G1."""
        with Session(engine) as session:
            session.add(somebody_elses_row())
            assert say_verified(session)
            session.rollback()
        assert counts(engine) == NOWHERE
        assert ask(engine, "SELECT count(*) FROM api_keys") == 0

    def test_never_existed_when_the_connection_ends_before_the_commit(self, engine: Engine) -> None:
        """G1: published again with the same id it exists, once."""
        with Session(engine) as session:
            assert say_verified(session)
            session.flush()
            ask(engine, "SELECT pg_terminate_backend(:pid)", pid=backend(session.connection()))
            with pytest.raises(DBAPIError):
                session.commit()
        assert counts(engine) == NOWHERE
        with Session(engine) as session, session.begin():
            assert say_verified(session)
        assert counts(engine) == EVERYWHERE

    def test_is_no_second_one_when_the_answer_to_the_commit_was_lost(self, engine: Engine) -> None:
        """G1: the publisher can't know, says it again, and the first one stands."""
        for is_new in (True, False):
            with Session(engine) as session, session.begin():
                assert say_verified(session) is is_new
        assert counts(engine) == EVERYWHERE

    def test_refuses_a_time_without_an_offset_and_writes_nothing(self, engine: Engine) -> None:
        """G11."""
        naive = datetime(2026, 3, 14, 18)  # noqa: DTZ001 - that is the case
        verified = UserVerified(user_id=an_id("Ada"))
        with Session(engine) as session:
            with pytest.raises(ValueError, match="offset"):
                publish(session, verified, source=SOURCE, time=naive, id="1")
            session.commit()
        assert counts(engine) == NOWHERE


class TestPublishMany:
    def test_takes_each_source_and_id_once_within_a_batch_and_across_batches(
        self, engine: Engine
    ) -> None:
        ada, bo, cleo = (a_registration(name) for name in ("Ada", "Bo", "Cleo"))
        assert publish_alone(engine, ada, bo, ada) == 2
        assert publish_alone(engine, bo, cleo, ada) == 1
        assert counts(engine) == dict.fromkeys(EVERYWHERE, 3)

    def test_keeps_the_first_of_two_that_say_different_things_under_one_id(
        self, engine: Engine
    ) -> None:
        first, second = a_registration("Ada"), a_registration("Ada", clerk_id="another")
        assert publish_alone(engine, first, second) == 1
        assert publish_alone(engine, second) == 0
        assert ask(engine, "SELECT data->>'clerk_id' FROM domain_events") == "Ada"

    def test_numbers_them_in_the_order_in_which_they_are_given(self, engine: Engine) -> None:
        names = [str(number) for number in range(50)]
        Random(1).shuffle(names)
        publish_alone(engine, *(a_registration(name) for name in [*names, *names[:5]]))
        told = ask(engine, "SELECT string_agg(id, ' ' ORDER BY seq) FROM domain_events")
        assert told.split() == names

    def test_takes_the_same_id_from_another_source(self, engine: Engine) -> None:
        ada = a_registration("Ada")
        assert publish_alone(engine, ada, replace(ada, source="/services/other")) == 2

    def test_publishes_nothing_at_all_of_an_empty_batch(self, engine: Engine) -> None:
        assert publish_alone(engine) == 0

    def test_gives_each_new_one_to_just_one_of_many_publishers_at_once(
        self, engine: Engine
    ) -> None:
        """Each has them in an order of its own, and none runs into a deadlock."""
        pages = [a_registration(f"person {number}") for number in range(300)]

        def publish_shuffled(seed: int) -> int:
            shuffled = Random(seed).sample(pages, len(pages))
            return sum(
                publish_alone(engine, *shuffled[start : start + 60])
                for start in range(0, len(pages), 60)
            )

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(publish_shuffled, range(4))) == len(pages)
        assert counts(engine) == dict.fromkeys(EVERYWHERE, len(pages))


class TestTwoPublishersOfTheSame:
    """The second must wait until it is known whether the first one's exist."""

    def publish_while_another_holds_it(self, engine: Engine, *, keeps: bool) -> int:
        pages = [a_registration(name) for name in ("Ada", "Bo")]
        with ThreadPoolExecutor(1) as pool, Session(engine) as first:
            assert publish_many(first, pages) == 2
            second = pool.submit(publish_alone, engine, *reversed(pages))
            holder = backend(first.connection())
            until(lambda: bool(blocked_by(engine, holder)), "the second publisher waits")
            assert not second.done()
            if keeps:
                first.commit()
            else:
                first.rollback()
            return second.result(10)

    def test_adds_nothing_once_the_first_has_committed(self, engine: Engine) -> None:
        assert self.publish_while_another_holds_it(engine, keeps=True) == 0
        assert counts(engine) == dict.fromkeys(EVERYWHERE, 2)

    def test_publishes_them_once_the_first_has_rolled_back(self, engine: Engine) -> None:
        """G1."""
        assert self.publish_while_another_holds_it(engine, keeps=False) == 2
        assert counts(engine) == dict.fromkeys(EVERYWHERE, 2)


def blocked_by(engine: Engine, holder: int) -> Sequence[int]:
    """Which connections wait for this one."""
    with engine.connect() as connection:
        return (
            connection.execute(
                text(
                    "SELECT pid FROM pg_stat_activity"
                    " WHERE :holder = ANY(pg_blocking_pids(pid)) AND wait_event_type = 'Lock'"
                ),
                {"holder": holder},
            )
            .scalars()
            .all()
        )


class TestTexts:
    def test_any_text_comes_back_as_it_was(self, engine: Engine) -> None:
        said = [
            "",
            "plain",
            'a "quote"',
            "a\\b",
            "{a,b}",
            "NULL",
            None,
            "null",
            " a ",
            "a\nb",
            "\u2603",
        ]
        said += ['\\"', "'", "%(x)s", "\\\\", '{"kudo": "a\\\\b\\u0001"}']
        with Session(engine) as session:
            ((back,),) = fetch(session, "SELECT %(said)s::text[]", said=texts(said))
        assert back == said
