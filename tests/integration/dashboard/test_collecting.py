"""One dashboard writes down how everything stands; what it can't read it shows as it was."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from dashboard.collecting import Collector
from dashboard.probe import BrokerProbe
from domain.figures.counting import LIMIT
from domain.figures.keeping import forget_snapshots
from domain.figures.snapshot import PARTS, BrokerNow, Count, How, Queue, Snapshot
from domain.figures.store import Kept, latest_snapshot
from scheduler.housekeeping import forget_workers
from tests.helpers.evening import an_evening
from tests.helpers.ledger import ask
from tests.helpers.telling import publish, tell
from tests.integration.dashboard.scene import plant
from workers.database import make_engine

SILENT: Final = "ProcessSilent"
HANDLER: Final = "kudos.apply_kudos_given"


@pytest.fixture
def a_collector(database_url: str) -> Iterator[Callable[..., Collector]]:
    """Make collectors, each on a connection of its own."""
    made: list[tuple[Engine, Collector]] = []

    def make(probe: Callable[[], BrokerNow] | None = None) -> Collector:
        engine = make_engine(database_url, process="collector", pool_size=1)
        made.append((engine, Collector(engine, probe)))
        return made[-1][1]

    yield make
    for engine, collector in made:
        collector.release()
        engine.dispose()


@pytest.fixture
def collector(a_collector: Callable[..., Collector]) -> Collector:
    return a_collector()


def latest(engine: Engine) -> Snapshot:
    with Session(engine) as session:
        kept = latest_snapshot(session)
    assert isinstance(kept, Kept)
    assert kept.snapshot is not None
    return kept.snapshot


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def seen(engine: Engine, collector: Collector) -> Snapshot:
    assert collector.look()
    return latest(engine)


class TestParts:
    def test_an_empty_system_has_every_part(self, engine: Engine, collector: Collector) -> None:
        snapshot = seen(engine, collector)
        read = [name for name in PARTS if getattr(snapshot, name).value is not None]
        assert read == [name for name in PARTS if name != "broker"]
        assert [name for name in PARTS if getattr(snapshot, name).trouble] == []
        assert snapshot.outbox.value == Queue("outbox", Count(0), None, left=0)

    def test_a_settled_evening_is_counted_exactly(
        self, engine: Engine, collector: Collector
    ) -> None:
        tell(engine, an_evening())
        counts = seen(engine, collector).deliveries.value
        assert counts is not None
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT state, count(*) FROM deliveries GROUP BY 1"))
            expected = {row[0]: row[1] for row in rows}
        assert {state: each.number for state, each in counts.items() if each.number} == expected
        assert {each.how for each in counts.values()} == {How.EXACT}

    def test_what_waits_has_its_age(self, engine: Engine, collector: Collector) -> None:
        publish(engine, an_evening())
        execute(engine, "UPDATE outbox SET received_at = now() - interval '1 minute'")
        plant_deliveries(engine, 1, 3, "pending", "now() - interval '2 minutes'")
        plant_deliveries(engine, 11, 2, "pending", "now() - interval '3 minutes'")
        execute(engine, "UPDATE deliveries SET handler = 'teas.make' WHERE seq > 10")
        snapshot = seen(engine, collector)
        strangers = snapshot.strangers.value
        assert strangers is not None
        assert (strangers.names, strangers.waiting) == (("teas.make",), Count(2))
        assert strangers.oldest_s is not None
        assert strangers.oldest_s >= 180
        outbox, lanes = snapshot.outbox.value, snapshot.lanes.value
        assert outbox is not None
        assert lanes is not None
        assert outbox.oldest_s is not None
        assert 60 <= outbox.oldest_s < 90
        (lane,) = [lane for lane in lanes if lane.name == "afterwards"]
        assert lane.queued == Count(3)
        assert lane.oldest_s is not None
        assert 120 <= lane.oldest_s < 150

    def test_more_than_the_limit_is_said_to_be_more(
        self, engine: Engine, collector: Collector
    ) -> None:
        plant_deliveries(engine, 1, LIMIT + 500, "pending", "now()")
        plant_deliveries(engine, 50_000, LIMIT + 1, "dead", "NULL")
        plant_deliveries(engine, 90_000, 7, "deferred", "now() + interval '1 hour'")
        execute(engine, "ANALYZE deliveries")
        snapshot = seen(engine, collector)
        counts = snapshot.deliveries.value
        assert counts is not None
        assert counts["pending"] == Count(LIMIT, How.LEAST)
        assert counts["dead"] == Count(LIMIT, How.LEAST)
        assert counts["deferred"].number == 7
        assert counts["done"].how is How.ABOUT

    def test_processes_and_what_they_measured(self, engine: Engine, collector: Collector) -> None:
        doing = '[{"what": "kudos.apply_kudos_given", "count": 1, "since": "2026-06-01T00:00:00Z"}]'
        execute(
            engine,
            "INSERT INTO processes SELECT gen_random_uuid(), 'worker', 42, 'box', '1.0', now(),"
            " now() - interval '2 seconds', 100, '127.0.0.1:9400', '{plans}', '" + doing + "'",
        )
        execute(
            engine,
            "INSERT INTO figures VALUES ('minute', 'deliveries_settled', date_trunc('minute',"
            f" now()), '{{{HANDLER},afterwards,failed}}', 30, 0, NULL)",
        )
        snapshot = seen(engine, collector)
        assert snapshot.processes.value is not None
        (worker,) = snapshot.processes.value
        assert (worker.pid, worker.takes, worker.doing[0].what) == (42, ("plans",), HANDLER)
        assert snapshot.lanes.value is not None
        assert snapshot.lanes.value[2].tries == {"failed": 30}
        alerts = {(each.name, each.labels.get("lane")) for each in snapshot.alerts}
        assert {("LaneFailing", "afterwards"), ("NoWorker", "seats")} <= alerts
        assert ("NoWorker", "plans") not in alerts

    def test_a_process_is_missed_until_another_has_taken_its_place(
        self, engine: Engine, collector: Collector
    ) -> None:
        for minutes in (10, 40):
            ran(engine, began=90, seen=minutes)
        ran(engine, began=90, seen=0)
        assert missed(engine, collector) == 1
        ran(engine, began=5, seen=0)
        assert missed(engine, collector) == 0
        with Session(engine) as session, session.begin():
            assert forget_workers(session, datetime.now(UTC)) == 1
        assert ask(engine, "SELECT count(*) FROM processes") == 3


def ran(engine: Engine, *, began: int, seen: int) -> None:
    """A worker, and how many minutes ago it began and was seen last."""
    execute(
        engine,
        "INSERT INTO processes SELECT gen_random_uuid(), 'worker', 42, 'box', '1.0', now()"
        f" - interval '{began} minutes', now() - interval '{seen} minutes', 100, NULL,"
        " '{plans}', '[]'",
    )


def missed(engine: Engine, collector: Collector) -> float:
    """How many workers are, and how many the alarm rings for."""
    snapshot = seen(engine, collector)
    told = {each.labels.get("process"): each for each in snapshot.alerts if each.name == SILENT}
    gone = [each for each in snapshot.processes.value or () if each.is_gone]
    value = told["worker"].value if told else 0
    assert len(gone) == value
    return value


class TestTrouble:
    def test_a_part_that_fails_keeps_its_value_and_says_why(
        self, engine: Engine, collector: Collector
    ) -> None:
        publish(engine, an_evening())
        before = seen(engine, collector)
        execute(engine, "ALTER TABLE outbox RENAME TO away")
        after = seen(engine, collector)
        assert after.outbox.value == before.outbox.value
        assert after.outbox.at == before.outbox.at
        assert after.outbox.trouble == "UndefinedTable 42P01"
        assert after.lanes.trouble is None
        execute(engine, "ALTER TABLE away RENAME TO outbox")
        assert seen(engine, collector).outbox.trouble is None

    def test_a_part_that_waits_is_left_after_a_second(
        self, engine: Engine, collector: Collector
    ) -> None:
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
            snapshot = seen(engine, collector)
        assert snapshot.inbox.trouble == "timeout"
        assert [name for name in PARTS if getattr(snapshot, name).trouble] == ["inbox"]

    def test_the_broker_may_be_away(
        self, engine: Engine, a_collector: Callable[..., Collector], broker_url: str
    ) -> None:
        """G5: the rest is read all the same."""
        answers = seen(engine, a_collector(BrokerProbe(broker_url).look)).broker
        assert answers.value is not None
        assert (answers.value.kind, answers.value.bells["seats"]) == ("redis", 0)
        assert (answers.value.memory_bytes or 0) > 0

    def test_a_broker_that_is_away_is_an_alarm_by_itself(
        self, engine: Engine, a_collector: Callable[..., Collector]
    ) -> None:
        snapshot = seen(engine, a_collector(BrokerProbe("redis://127.0.0.1:1/0").look))
        assert snapshot.broker.trouble == "ConnectionError"
        assert snapshot.outbox.trouble is None
        assert [each.name for each in snapshot.alerts if each.labels.get("part")] == ["BrokerAway"]

    def test_an_alarm_does_not_end_because_nobody_can_look(
        self, engine: Engine, collector: Collector
    ) -> None:
        publish(engine, an_evening())
        execute(engine, "UPDATE outbox SET received_at = now() - interval '1 minute'")
        (before,) = [each for each in seen(engine, collector).alerts if each.name == "OutboxLate"]
        execute(engine, "ALTER TABLE outbox RENAME TO away")
        (after,) = [each for each in seen(engine, collector).alerts if each.name == "OutboxLate"]
        assert after == before

    def test_after_a_lost_connection_it_leads_again(
        self, engine: Engine, collector: Collector
    ) -> None:
        """G6."""
        assert collector.look()
        execute(
            engine,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'momento-collector' AND datname = current_database()",
        )
        with pytest.raises((psycopg.Error, SQLAlchemyError)):
            collector.look()
        assert collector.look()


class TestLeading:
    def test_one_of_two_collects_and_the_other_takes_over(
        self, engine: Engine, a_collector: Callable[..., Collector]
    ) -> None:
        first, second = a_collector(), a_collector()
        assert (first.look(), second.look(), first.look()) == (True, False, True)
        assert ask(engine, "SELECT count(*) FROM snapshots") == 2
        first.release()
        assert second.look()
        assert not first.look()


class TestThePast:
    def test_any_moment_can_be_shown_again(self, engine: Engine) -> None:
        with Session(engine) as session, session.begin():
            for hour in range(3):
                at = datetime(2026, 6, 1, hour, tzinfo=UTC)
                values = {"at": at, "version": 1, "data": f'{{"at": "{at.isoformat()}"}}'}
                plant(engine, "snapshots", values)
            moment = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
            kept = latest_snapshot(session, at=moment)
            assert kept is not None
            assert kept.snapshot == Snapshot(moment - timedelta(minutes=30))
            assert latest_snapshot(session, at=moment - timedelta(days=1)) is None

    def test_what_another_version_wrote_is_not_guessed_at(self, engine: Engine) -> None:
        values = {"at": datetime(2026, 6, 1, tzinfo=UTC), "version": 99, "data": "{}"}
        plant(engine, "snapshots", values)
        with Session(engine) as session:
            kept = latest_snapshot(session)
        assert kept is not None
        assert kept.snapshot is None

    def test_old_ones_are_thinned_out_to_one_a_minute(
        self, engine: Engine, collector: Collector
    ) -> None:
        for _ in range(4):
            collector.look()
        kept = ask(engine, "SELECT count(*) FILTER (WHERE is_kept) FROM snapshots")
        execute(engine, "UPDATE snapshots SET at = at - interval '121 minutes'")
        with Session(engine) as session, session.begin():
            assert forget_snapshots(session) == 4 - kept
        assert ask(engine, "SELECT count(*) FROM snapshots") == kept in (1, 2)
        execute(engine, "UPDATE snapshots SET at = at - interval '7 days'")
        with Session(engine) as session, session.begin():
            assert forget_snapshots(session) == kept


def plant_deliveries(engine: Engine, start: int, count: int, state: str, due_at: str) -> None:
    execute(
        engine,
        "INSERT INTO deliveries (seq, handler, lane, received_at, state, due_at)"
        f" SELECT seq, '{HANDLER}', 'afterwards', now(), '{state}', {due_at}"
        f" FROM generate_series({start}, {start + count - 1}) AS seq",
    )
