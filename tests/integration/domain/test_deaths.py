"""What had a delivery in hand when it died is counted, and nobody else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.constants import KILLED_ATTEMPTS
from domain.deaths import count_deaths_by_handler
from domain.dispatch import apply_due, is_passing
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
    environment,
    publish,
    route_all,
    until,
)
from tests.helpers.poisoned import KILLED
from tests.helpers.postgres import running_postgres
from tests.helpers.processes import Program, crash_postgres
from workers import embedded
from workers.database import make_engine
from workers.desk import WorkDesk

NAMES = tuple(f"person {number:03}" for number in range(120))


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


class TestCountDeaths:
    def count(self, engine: Engine) -> int:
        with Session(engine) as session, session.begin():
            return count_deaths_by_handler(session, datetime.now(UTC)).total()

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
