"""Redis is emptied, restarted or full while work is done: it only ever held bells."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine

from tests.acceptance.faults.scene import (
    SOON,
    Publisher,
    assert_all_applied_once,
    is_applied,
    pass_time,
    wait_until_settled,
    work_goes_on,
)
from tests.helpers.ledger import a_registration, ask, publish, until
from tests.helpers.processes import WORKERS, Crew, stopped
from workers import embedded
from workers.embedded.files import wait_until

AWHILE = timedelta(seconds=1.5)


@pytest.fixture
def client(own_redis: Path) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(embedded.redis_url(own_redis)) as client:
        yield client


@pytest.fixture
def publisher(engine: Engine, crew: Crew) -> Publisher:
    return Publisher(engine, seed=5)


def done(engine: Engine) -> int:
    count: int = ask(engine, "SELECT count(*) FROM deliveries WHERE state = 'done'")
    return count


class TestRedis:
    def test_may_be_emptied_at_any_moment(
        self, engine: Engine, publisher: Publisher, client: redis.Redis
    ) -> None:
        """G5, G2."""
        with publisher.at_work():
            for _ in range(30):
                client.flushall()
                pass_time(timedelta(milliseconds=100))
            work_goes_on(engine, "afterwards")
        wait_until_settled(engine)
        assert_all_applied_once(engine, publisher.published)

    def test_may_lose_the_only_bell_there_was(
        self, engine: Engine, crew: Crew, client: redis.Redis
    ) -> None:
        """G5: nothing else is published that would ring another."""
        with ExitStack() as stops:
            for worker in crew[WORKERS].workers():
                stops.enter_context(stopped(worker, timedelta()))
            publish(engine, a_registration("the last"))
            until(lambda: ask(engine, "SELECT count(*) FROM outbox") == 0, "it is routed")
            client.flushall()
        until(lambda: is_applied(engine, "the last"), "it is applied", SOON)

    def test_may_be_shut_down_and_come_back_empty(
        self, engine: Engine, publisher: Publisher, client: redis.Redis, own_redis: Path
    ) -> None:
        """G5, G2: publishing goes on meanwhile."""
        with publisher.at_work():
            for time in range(2):
                pass_time(AWHILE)
                client.shutdown(nosave=True)
                assert wait_until(lambda: not embedded.redis_runs(own_redis), AWHILE)
                count = len(publisher.published)
                pass_time(AWHILE)
                assert len(publisher.published) > count
                embedded.start_redis(own_redis)
                work_goes_on(engine, f"after return {time}")
        wait_until_settled(engine)
        assert_all_applied_once(engine, publisher.published)

    def test_may_be_full_for_a_while(
        self, engine: Engine, publisher: Publisher, client: redis.Redis
    ) -> None:
        """G5, G2: nothing is evicted, so that a full Redis refuses even to give bells away."""
        with publisher.at_work():
            pass_time(AWHILE)
            client.config_set("maxmemory", 1)
            pass_time(2 * AWHILE)
            client.config_set("maxmemory", 0)
            work_goes_on(engine, "afterwards")
        wait_until_settled(engine)
        assert_all_applied_once(engine, publisher.published)

    def test_may_hang_and_go_on(
        self, engine: Engine, publisher: Publisher, client: redis.Redis
    ) -> None:
        """G5, G2: answers come too late for everybody who waited."""
        with publisher.at_work():
            pass_time(AWHILE)
            client.client_pause(7_000)
            pass_time(timedelta(seconds=7))
            work_goes_on(engine, "afterwards")
        wait_until_settled(engine)
        assert_all_applied_once(engine, publisher.published)
