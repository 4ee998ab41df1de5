"""Deliveries: each is claimed by one worker, and with care when its process has died before."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.deliveries import claim_due
from domain.dispatch import apply_due
from tests.helpers.ledger import (
    REGISTERED,
    a_registration,
    behaving,
    deliveries,
    publish,
    route_all,
)
from tests.helpers.roles import acting_as
from workers.database import make_engine
from workers.desk import WorkDesk

NAMES = tuple(f"person {number:03}" for number in range(120))
SECOND = timedelta(seconds=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def desk(engine: Engine) -> Iterator[WorkDesk]:
    with WorkDesk(acting_as(engine, "worker")) as desk:
        yield desk


class TestClaimDue:
    def test_passes_by_what_another_worker_holds_without_waiting(
        self, engine: Engine, now: datetime
    ) -> None:
        publish(engine, *map(a_registration, NAMES))
        route_all(engine, now)
        with Session(engine) as first, Session(engine) as second:
            held = claim_due(first, REGISTERED.name, limit=100, now=now)
            rest = claim_due(second, REGISTERED.name, limit=100, now=now)
        assert (len(held), len(rest)) == (100, 20)
        assert not {each.seq for each in held} & {each.seq for each in rest}

    def test_gives_what_is_longest_due_first(self, engine: Engine, now: datetime) -> None:
        for name, waited in (("Ada", 1), ("Bo", 3), ("Cleo", 2)):
            publish(engine, a_registration(name))
            route_all(engine, now - waited * SECOND)
        with Session(engine) as session:
            claimed = claim_due(session, REGISTERED.name, limit=2, now=now)
        assert [each.id for each in claimed] == ["Bo", "Cleo"]


class TestSuspects:
    """What was in hand when its process died is tried with care."""

    @pytest.fixture(autouse=True)
    def people(self, engine: Engine, now: datetime) -> None:
        publish(engine, *map(a_registration, NAMES))
        route_all(engine, now)

    def accuse(self, engine: Engine, deaths: int, *names: str) -> None:
        statement = """
            UPDATE deliveries SET deaths = :deaths FROM domain_events AS said
            WHERE said.seq = deliveries.seq AND said.id = ANY(:names)
        """
        with engine.begin() as connection:
            connection.execute(text(statement), {"deaths": deaths, "names": list(names)})

    @pytest.mark.parametrize(("deaths", "company"), [(1, 10), (2, 1), (3, 1)])
    def test_are_claimed_in_ever_smaller_company(
        self, engine: Engine, desk: WorkDesk, now: datetime, deaths: int, company: int
    ) -> None:
        self.accuse(engine, deaths, *NAMES)
        assert apply_due(desk.desk, REGISTERED, limit=100, now=now).claimed == company

    def test_are_not_claimed_together_with_innocents(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        self.accuse(engine, 1, *NAMES[:5])
        assert apply_due(desk.desk, REGISTERED, limit=500, now=now).claimed == 5
        assert apply_due(desk.desk, REGISTERED, limit=500, now=now).claimed == len(NAMES) - 5

    def test_hold_nobody_else_up_while_they_are_tried(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        """G8."""
        self.accuse(engine, 4, NAMES[0])
        with WorkDesk(engine) as other:

            def let_others_work(_: Session, batch: Sequence[DomainEvent[Any]]) -> None:
                assert [each.id for each in batch] == [NAMES[0]]
                applied = apply_due(other.desk, REGISTERED, limit=500, now=now)
                assert applied.outcomes == {"done": len(NAMES) - 1}

            slow = behaving(REGISTERED, let_others_work)
            assert apply_due(desk.desk, slow, limit=500, now=now).outcomes == {"done": 1}

    def test_are_what_took_too_long_as_well(
        self, engine: Engine, database_url: str, now: datetime
    ) -> None:
        """G8: halving it would wait as long once more for each half that the poison is in."""
        url = f"{database_url}&options=-c%20statement_timeout%3D200"
        hurried = make_engine(url, process="test", pool_size=2)
        poison = NAMES[7]

        def sleep(session: Session, batch: Sequence[DomainEvent[Any]]) -> None:
            if any(each.id == poison for each in batch):
                session.connection().exec_driver_sql("SELECT pg_sleep(60)")

        sleepy = behaving(REGISTERED, sleep)
        with WorkDesk(hurried) as desk:
            hangs = 0
            while (report := apply_due(desk.desk, sleepy, limit=100, now=now)).claimed:
                hangs += bool(report.outcomes.keys() & {"suspected", "failed"})
        hurried.dispose()
        # A hundred, ten, and alone.
        assert hangs == 3
        became = deliveries(engine, REGISTERED)
        assert {name for name, row in became.items() if row.state == "failed"} == {poison}
        assert {row.state for name, row in became.items() if name != poison} == {"done"}
