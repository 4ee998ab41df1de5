"""Several workers on one handler share its deliveries out among them."""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from random import Random
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.dispatch import apply_due
from tests.concurrency.race import in_the_midst
from tests.helpers.ledger import (
    DONE,
    REGISTERED,
    a_registration,
    ask,
    behaving,
    deliveries,
    publish,
    route_all,
)
from workers.bells import Bells
from workers.broker import make_broker
from workers.clock import utc_now
from workers.desk import WorkDesk
from workers.work import SLICE, Shift

NAMES = tuple(f"person {number:03}" for number in range(600))


class TestSeveralWorkers:
    def test_never_apply_one_delivery_twice(self, engine: Engine) -> None:
        """G3."""
        publish(engine, *map(a_registration, NAMES))
        route_all(engine)
        applied: Counter[str] = Counter()

        def take_down(_: Session, batch: Sequence[DomainEvent[Any]]) -> None:
            applied.update(each.id for each in batch)

        def work(seed: int) -> int:
            draw, total = Random(seed), 0
            with WorkDesk(engine) as desk:
                while deliveries_due(engine):
                    total += apply_due(
                        desk.desk,
                        behaving(REGISTERED, take_down),
                        limit=draw.randint(1, 20),
                        now=datetime.now(UTC),
                    ).claimed
            return total

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) == len(NAMES)
        assert applied == Counter(NAMES)
        assert deliveries(engine, REGISTERED) == dict.fromkeys(NAMES, DONE)

    def test_do_not_wait_for_one_that_is_slow(self, engine: Engine) -> None:
        """G8."""
        publish(engine, *map(a_registration, NAMES))
        route_all(engine)
        with in_the_midst(engine, REGISTERED, limit=300) as going:
            others = going.join(REGISTERED).result(10)
            assert others.outcomes == {"done": 300}
            assert going.join(REGISTERED).result(10).claimed == 0
            going.go_on.set()
            assert going.first.result(10).outcomes == {"done": 300}
        assert ask(engine, "SELECT count(*) FROM users") == len(NAMES)

    def test_go_home_when_others_have_all_that_is_due_in_hand(
        self, engine: Engine, broker_url: str
    ) -> None:
        """To look again and again would take the time of those who work."""
        publish(engine, *map(a_registration, NAMES))
        route_all(engine)
        with in_the_midst(engine, REGISTERED, limit=1_000), WorkDesk(engine) as desk:
            shift = Shift(desk, Bells(make_broker(broker_url)), 100, utc_now)
            began = time.monotonic()
            assert shift.work(REGISTERED.lane) == 0
            assert time.monotonic() - began < SLICE.total_seconds() / 2


def deliveries_due(engine: Engine) -> int:
    count: int = ask(engine, "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL")
    return count
