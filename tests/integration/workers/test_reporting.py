"""A process says that it runs and what it has measured, and never suffers for it."""

from concurrent.futures import ThreadPoolExecutor

import psutil
import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.figures import names
from domain.figures.deploys import mark_deploy
from tests.helpers.ledger import ask, until
from tests.helpers.roles import acting_as
from workers.measuring import Measures
from workers.reporting import Presence, Reporter, make_reporter, our_version

OWN = Presence("worker", ("plans", "seats"), "127.0.0.1:9400")


@pytest.fixture
def measures() -> Measures:
    return Measures()


@pytest.fixture
def reporter(engine: Engine, measures: Measures) -> Reporter:
    return Reporter(engine, OWN, measures=measures)


def test_it_acts_with_the_rights_of_its_process(engine: Engine) -> None:
    """Its connection is one more of the process, and may do no more."""
    url = engine.url.render_as_string(hide_password=False)
    reporter = make_reporter(url, Presence("sender"), measures=Measures())
    reporter.beat()
    reporter.write()
    with engine.begin() as connection:
        connection.exec_driver_sql("REVOKE INSERT ON processes FROM momento_sender")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reporter.beat()


class TestBeats:
    def test_say_what_the_process_is_and_does(
        self, engine: Engine, reporter: Reporter, measures: Measures
    ) -> None:
        with measures.busy.with_("kudos.apply_kudos_given", 3):
            reporter.beat()
        row = ask(engine, "SELECT to_jsonb(processes) FROM processes")
        assert (row["name"], row["takes"], row["metrics_at"]) == OWN_AS_ROW
        assert (row["pid"], row["version"]) == (psutil.Process().pid, our_version())
        assert row["memory_bytes"] > 10_000_000
        (doing,) = row["doing"]
        assert (doing["what"], doing["count"]) == ("kudos.apply_kudos_given", 3)
        reporter.beat()
        assert ask(engine, "SELECT doing FROM processes") == []

    def test_a_process_that_stops_leaves_its_figures_and_no_row(
        self, engine: Engine, reporter: Reporter, measures: Measures
    ) -> None:
        reporter.start()
        until(lambda: ask(engine, "SELECT count(*) FROM processes") == 1, "a row")
        measures.recorder.count(names.ROUTED, by=5)
        reporter.stop()
        assert ask(engine, "SELECT count(*) FROM processes") == 0
        assert ask(engine, "SELECT sum(count) FROM figures WHERE name = 'outbox_routed'") == 5


OWN_AS_ROW = ("worker", ["plans", "seats"], "127.0.0.1:9400")


class TestWriting:
    def test_writes_each_thing_once(
        self, engine: Engine, reporter: Reporter, measures: Measures
    ) -> None:
        measures.recorder.count(names.ROUTED, by=5)
        measures.failures.add("h", "KeyError")
        reporter.write()
        reporter.write()
        measures.recorder.count(names.ROUTED)
        reporter.write()
        assert ask(engine, "SELECT sum(count) FROM figures") == 6
        assert ask(engine, "SELECT sum(count) FROM failure_hours") == 1

    def test_what_could_not_be_written_comes_the_next_time(
        self, engine: Engine, reporter: Reporter, measures: Measures
    ) -> None:
        measures.recorder.count(names.ROUTED, by=5)
        measures.failures.add("h", "KeyError")
        rename(engine, "figures", "away")
        with pytest.raises(psycopg.Error):
            reporter.write()
        rename(engine, "away", "figures")
        reporter.write()
        assert ask(engine, "SELECT sum(count) FROM figures") == 5
        assert ask(engine, "SELECT sum(count) FROM failure_hours") == 1


class TestDeploys:
    def test_processes_that_start_at_once_make_one_mark(self, engine: Engine) -> None:
        versions = "SELECT array_agg(version ORDER BY at) FROM deploys"
        reporters = [Reporter(engine, OWN, measures=Measures()) for _ in range(4)]
        with ThreadPoolExecutor(len(reporters)) as threads:
            for done in [threads.submit(each.mark) for each in reporters]:
                done.result()
        assert ask(engine, versions) == [our_version()]
        with ThreadPoolExecutor(4) as threads:
            made = list(threads.map(lambda version: mark(engine, version), ["2.0"] * 8))
        assert sorted(made) == [False] * 7 + [True]
        # Back to what was before.
        reporters[0].mark()
        assert not mark(engine, "2.0")
        assert mark(engine, our_version())
        assert ask(engine, versions) == [our_version(), "2.0", our_version()]


def mark(engine: Engine, version: str) -> bool:
    with Session(acting_as(engine, "worker")) as session, session.begin():
        return mark_deploy(session, version)


def rename(engine: Engine, table: str, name: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))
