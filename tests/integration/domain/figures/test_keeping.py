"""What processes measure adds up in the database, and is kept for as long as its span says."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.figures import names
from domain.figures.buckets import COUNT
from domain.figures.failures import kind_of
from domain.figures.keeping import add_failures, add_figures, forget_figures, roll_up
from domain.figures.recorder import Key, Recorder, Tally
from tests.helpers.ledger import ask

SETTLED = Key("deliveries_settled", ("kudos.apply_kudos_given", "afterwards", "done"))


def write(engine: Engine, tallies: dict[Key, Tally]) -> None:
    with Session(engine) as session, session.begin():
        add_figures(session, tallies)


def keep(engine: Engine, work: Any) -> int:
    with Session(engine) as session, session.begin():
        done: int = work(session)
        return done


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def a_wait(*seconds: float) -> dict[Key, Tally]:
    recorder = Recorder()
    for each in seconds:
        recorder.observe(names.OUTBOX_LAG, seconds=each)
    return recorder.totals()


class TestAdding:
    def test_processes_add_to_one_row(self, engine: Engine) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: write(engine, {SETTLED: Tally(3)}), range(20)))
        assert ask(engine, "SELECT sum(count) FROM figures") == 60
        assert ask(engine, "SELECT count(*) FROM figures") <= 2

    def test_buckets_add_one_by_one(self, engine: Engine) -> None:
        write(engine, a_wait(0.4, 3.0))
        write(engine, a_wait(0.4))
        buckets = ask(
            engine,
            "SELECT array_agg(heap ORDER BY place) FROM (SELECT place, sum(heap)::int AS heap"
            " FROM figures, unnest(buckets) WITH ORDINALITY AS one (heap, place)"
            " GROUP BY place) AS summed",
        )
        assert len(buckets) == COUNT
        assert [count for count in buckets if count] == [2, 1]
        assert ask(engine, "SELECT sum(total_s) FROM figures") == pytest.approx(3.8)

    def test_nothing_costs_nothing(self, engine: Engine) -> None:
        write(engine, {})
        assert ask(engine, "SELECT count(*) FROM figures") == 0


class TestAddingUp:
    @pytest.fixture(autouse=True)
    def two_days(self, engine: Engine) -> None:
        """A figure every ten minutes of two days."""
        write(engine, {SETTLED: Tally(1), **a_wait(0.4, 3.0)})
        execute(
            engine,
            "INSERT INTO figures SELECT span, name, begun, labels, count, total_s, buckets"
            " FROM figures, generate_series(date_trunc('minute', now()) - interval '2 days',"
            " date_trunc('minute', now()) - interval '5 minutes', '10 minutes') AS begun",
        )

    def sums(self, engine: Engine, span: str) -> Any:
        return ask(
            engine,
            "SELECT jsonb_object_agg(name, amount) FROM (SELECT name,"
            " [sum(count), (SELECT sum(heap) FROM figures AS f, unnest(f.buckets) AS heap WHERE"
            " f.span = figures.span AND f.name = figures.name)] AS amount FROM figures WHERE"
            f" span = '{span}' GROUP BY span, name) AS s".replace("[", "ARRAY["),
        )

    def test_hours_and_days_say_what_minutes_say(self, engine: Engine) -> None:
        assert keep(engine, roll_up) > 50
        minutes = self.sums(engine, "minute")
        assert minutes["outbox_lag_seconds"][0] == minutes["outbox_lag_seconds"][1] > 500
        assert self.sums(engine, "hour") == minutes
        assert self.sums(engine, "day") == minutes

    def test_again_changes_nothing_and_later_minutes_are_added(self, engine: Engine) -> None:
        keep(engine, roll_up)
        before = self.sums(engine, "hour")
        assert keep(engine, roll_up) <= 8
        assert self.sums(engine, "hour") == before
        write(engine, {SETTLED: Tally(7)})
        keep(engine, roll_up)
        assert self.sums(engine, "day") == self.sums(engine, "minute") != before

    def test_each_span_is_kept_for_its_time(self, engine: Engine) -> None:
        keep(engine, roll_up)
        execute(engine, "UPDATE figures SET at = at - interval '8 days'")
        keep(engine, forget_figures)
        assert self.sums(engine, "minute") is None
        hours = self.sums(engine, "hour")
        assert hours is not None
        execute(engine, "UPDATE figures SET at = at - interval '90 days'")
        keep(engine, forget_figures)
        assert self.sums(engine, "hour") is None
        assert self.sums(engine, "day") == hours


class TestFailures:
    def add(self, engine: Engine, **counts: int) -> None:
        with Session(engine) as session, session.begin():
            kinds = {kind_of(handler, "KeyError"): count for handler, count in counts.items()}
            add_failures(session, kinds, version="1.2.3")

    def test_a_kind_is_seen_first_once_and_last_again_and_again(self, engine: Engine) -> None:
        self.add(engine, h=2, other=1)
        execute(
            engine,
            "UPDATE failure_kinds SET first_at = first_at - interval '1 day',"
            " last_at = last_at - interval '1 day'",
        )
        self.add(engine, h=3)
        assert ask(engine, "SELECT count(*) FROM failure_kinds") == 2
        seen = "SELECT extract(epoch FROM {} - {}) FROM failure_kinds WHERE handler = 'h'"
        assert ask(engine, seen.format("last_at", "first_at")) >= 86_000
        hours = "SELECT sum(count) FROM failure_hours JOIN failure_kinds USING (fingerprint)"
        assert ask(engine, f"{hours} WHERE handler = 'h'") == 5

    def test_what_was_not_met_for_long_is_forgotten(self, engine: Engine) -> None:
        self.add(engine, h=2, other=1)
        execute(
            engine,
            "UPDATE failure_kinds SET last_at = now() - interval '91 days' WHERE handler = 'h'",
        )
        assert keep(engine, forget_figures) == 1
        assert ask(engine, "SELECT count(*) FROM failure_hours") == 1
