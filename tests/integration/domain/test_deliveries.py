"""Deliveries: claimed by one worker, put off and woken, and counted when their process dies."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.constants import DEFERRED_LOOKS, DEFERRED_PATIENCE, KILLED_ATTEMPTS
from domain.deaths import count_deaths
from domain.deliveries import claim_due
from domain.dispatch import apply_due, is_passing
from domain.envelope import Envelope
from domain.mending import retry_dead
from domain.payload import thing
from domain.users.payloads import UserRegistered
from tests.helpers.evening import START, an_id
from tests.helpers.ledger import (
    DONE,
    REGISTERED,
    VERIFIED,
    Row,
    a_registration,
    a_verification,
    ask,
    behaving,
    deliveries,
    due_in,
    environment,
    publish,
    route_all,
    say,
    until,
)
from tests.helpers.poisoned import KILLED
from tests.helpers.postgres import running_postgres
from tests.helpers.processes import Program, crash_postgres
from workers import embedded
from workers.database import make_engine
from workers.desk import WorkDesk

NAMES = tuple(f"person {number:03}" for number in range(120))
SECOND = timedelta(seconds=1)
WAITING_FOR_ADA = Row("deferred", looks=1, awaits=thing("user", an_id("Ada")))
ADA_IS_REFUSED = Row(
    "rejected",
    looks=1,
    awaits=thing("user", an_id("Ada")),
    reason=f"refers_to_rejected: it refers to {thing('user', an_id('Ada'))}, which was rejected",
)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def desk(engine: Engine) -> Iterator[WorkDesk]:
    with WorkDesk(engine) as desk:
        yield desk


def a_child(name: str) -> Envelope:
    """Somebody signs up who is too young to."""
    payload = UserRegistered(user_id=an_id(name), clerk_id="child", birth_date=date(2020, 1, 1))
    return say(payload, f"{name} as a child", at=START)


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


class TestDeferred:
    @pytest.fixture(autouse=True)
    def ada_is_verified_before_she_signs_up(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        publish(engine, a_verification("verified", of="Ada"))
        route_all(engine, now)
        apply_due(desk.desk, VERIFIED, limit=10, now=now)
        assert deliveries(engine, VERIFIED) == {"verified": WAITING_FOR_ADA}

    def tell(self, engine: Engine, desk: WorkDesk, page: Envelope, now: datetime) -> None:
        publish(engine, page)
        route_all(engine, now)
        apply_due(desk.desk, REGISTERED, limit=10, now=now)
        apply_due(desk.desk, VERIFIED, limit=10, now=now)

    def test_is_applied_in_the_same_round_as_what_it_waited_for(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        self.tell(engine, desk, a_registration("Ada"), now)
        assert deliveries(engine, VERIFIED) == {"verified": DONE}

    def test_goes_on_waiting_when_something_else_arrives(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        self.tell(engine, desk, a_registration("Bo"), now)
        assert deliveries(engine, VERIFIED) == {"verified": WAITING_FOR_ADA}

    def test_is_looked_at_again_after_ever_longer_pauses(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        for pause in (*DEFERRED_LOOKS, DEFERRED_LOOKS[-1]):
            assert due_in(engine, "verified", now) == pause
            now += pause
            assert apply_due(desk.desk, VERIFIED, limit=1, now=now).outcomes == {"deferred": 1}

    def test_is_healed_by_the_second_look_when_the_wake_was_missed(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        """Bo arrives after his verification was judged, and before that was written down."""
        publish(engine, a_registration("Ada"))
        route_all(engine, now)
        apply_due(desk.desk, REGISTERED, limit=10, now=now)
        publish(engine, a_registration("Bo"), a_verification("Bo verified", of="Bo"))
        route_all(engine, now)
        with WorkDesk(engine) as other:

            def let_bo_arrive(_: Session, batch: Sequence[DomainEvent[Any]]) -> None:
                assert [each.id for each in batch] == ["verified"]
                assert apply_due(other.desk, REGISTERED, limit=10, now=now).claimed == 1

            slow = behaving(VERIFIED, let_bo_arrive)
            report = apply_due(desk.desk, slow, limit=10, now=now)
        assert report.outcomes == {"done": 1, "deferred": 1}
        assert apply_due(desk.desk, VERIFIED, limit=10, now=now).claimed == 0
        later = now + DEFERRED_LOOKS[0]
        assert apply_due(desk.desk, VERIFIED, limit=10, now=later).outcomes == {"done": 1}

    def test_is_rejected_when_what_it_waits_for_is_rejected(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        self.tell(engine, desk, a_child("Ada"), now)
        self.tell(engine, desk, a_verification("once more", of="Ada"), now)
        assert deliveries(engine, VERIFIED) == {
            "verified": ADA_IS_REFUSED,
            "once more": ADA_IS_REFUSED._replace(looks=1),
        }

    def test_is_judged_again_when_what_was_rejected_is_made_after_all(
        self, engine: Engine, desk: WorkDesk, now: datetime
    ) -> None:
        """G4: the order of the two registrations doesn't matter."""
        self.tell(engine, desk, a_child("Ada"), now)
        assert deliveries(engine, VERIFIED) == {"verified": ADA_IS_REFUSED}
        self.tell(engine, desk, a_registration("Ada"), now)
        assert deliveries(engine, VERIFIED) == {"verified": DONE}

    def test_is_dead_after_a_week_and_says_for_what_it_waited(
        self, engine: Engine, desk: WorkDesk
    ) -> None:
        """G16: and lives when it is retried once Ada is there, one handler and once."""
        received = ask(engine, "SELECT received_at FROM domain_events")
        almost = received + DEFERRED_PATIENCE - SECOND
        assert apply_due(desk.desk, VERIFIED, limit=1, now=almost).outcomes == {"deferred": 1}
        later = almost + DEFERRED_LOOKS[-1]
        apply_due(desk.desk, VERIFIED, limit=1, now=later)
        reason = f"waited in vain for {WAITING_FOR_ADA.awaits}"
        assert deliveries(engine, VERIFIED)["verified"].reason == reason
        assert deliveries(engine, VERIFIED)["verified"].state == "dead"
        self.tell(engine, desk, a_registration("Ada"), later + 365 * timedelta(days=1))
        assert deliveries(engine, VERIFIED)["verified"].state == "dead"
        seq = ask(engine, "SELECT seq FROM deliveries WHERE state = 'dead'")
        for is_first in (True, False):
            with Session(engine) as session, session.begin():
                assert retry_dead(session, seq, VERIFIED.name, now=later) is is_first
            applied = apply_due(desk.desk, VERIFIED, limit=10, now=later)
            assert applied.claimed == int(is_first)
        assert deliveries(engine, VERIFIED) == {"verified": DONE}


class TestCountDeaths:
    def count(self, engine: Engine) -> int:
        with Session(engine) as session, session.begin():
            return count_deaths(session, datetime.now(UTC))

    def until_disconnected(self, engine: Engine) -> None:
        statement = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'momento-worker'"
        )
        until(lambda: ask(engine, statement) == 0, "the server has noticed")

    @pytest.mark.parametrize("poison", [NAMES[:1], NAMES[60:61], NAMES[::60]])
    def test_makes_dead_what_kills_its_process_and_nothing_else(
        self,
        engine: Engine,
        database_url: str,
        broker_url: str,
        tmp_path: Path,
        poison: Sequence[str],
    ) -> None:
        """G8: in ever smaller company, so that no innocent is taken along."""
        killers = {f"kills {name}" for name in poison}
        innocents = {*NAMES} - {*poison}
        publish(engine, *map(a_registration, sorted(killers | innocents)))
        route_all(engine)
        environ = environment(
            DATABASE_URL=database_url, BROKER_URL=broker_url, MOMENTO_BATCH_SIZE="100"
        )
        program = Program("tests.helpers.poisoned", environ, tmp_path / "log", ["plans"])
        runs = 0
        while program.start().wait() == KILLED:
            runs += 1
            assert runs <= KILLED_ATTEMPTS * len(poison), program.log.read_text()
            self.until_disconnected(engine)
            assert self.count(engine) > 0
        became = deliveries(engine, REGISTERED)
        assert {name for name, row in became.items() if row.state == "dead"} == killers
        assert {row.deaths for name, row in became.items() if name in killers} == {KILLED_ATTEMPTS}
        assert {row.state for name, row in became.items() if name in innocents} == {"done"}
        assert ask(engine, "SELECT count(*) FROM users") == len(innocents)

    def test_counts_nothing_for_a_worker_that_went_when_its_work_was_done(
        self, engine: Engine, now: datetime
    ) -> None:
        """What it put off, and what failed, is due again some day and in nobody's hand."""

        def break_down(_: Session, batch: Sequence[DomainEvent[Any]]) -> None:
            raise ValueError(len(batch))

        publish(engine, a_verification("verified", of="Ada"), a_registration("Bo"))
        route_all(engine, now)
        for _ in range(KILLED_ATTEMPTS + 1):
            own = make_engine(str(engine.url), process="worker", pool_size=2)
            with WorkDesk(own) as desk:
                now += timedelta(hours=8)
                apply_due(desk.desk, VERIFIED, limit=10, now=now)
                apply_due(desk.desk, behaving(REGISTERED, break_down), limit=10, now=now)
            own.dispose()
            self.until_disconnected(engine)
            assert self.count(engine) == 0
        assert deliveries(engine, VERIFIED)["verified"].deaths == 0
        assert deliveries(engine, REGISTERED)["Bo"].deaths == 0

    def test_counts_nobody_for_what_a_restart_of_postgres_ended(
        self, tmp_path_factory: pytest.TempPathFactory, now: datetime
    ) -> None:
        """G6."""
        home = tmp_path_factory.mktemp("crashing")
        with running_postgres(home) as server:
            engine = make_engine(server.create(), process="test", pool_size=5)
            publish(engine, *map(a_registration, NAMES))
            route_all(engine, now)

            def crash(*_: object) -> None:
                # Its commit waits for the disk, and takes the note of what is in hand along.
                publish(engine, a_registration("Zoe"))
                crash_postgres(home)

            with pytest.raises((DBAPIError, psycopg.Error)) as raised:
                apply_due(WorkDesk(engine).desk, behaving(REGISTERED, crash), limit=100, now=now)
            assert is_passing(raised.value)
            engine.dispose()
            embedded.start_postgres(home)
            assert ask(engine, "SELECT count(*) FROM in_hand") == 1
            assert self.count(engine) == 0
            assert ask(engine, "SELECT count(*) FROM in_hand") == 0
            assert {*deliveries(engine, REGISTERED).values()} == {Row("pending")}
            with WorkDesk(engine) as desk:
                apply_due(desk.desk, REGISTERED, limit=500, now=now)
            assert {*deliveries(engine, REGISTERED).values()} == {DONE}
            engine.dispose()


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
