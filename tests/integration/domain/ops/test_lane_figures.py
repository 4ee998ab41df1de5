"""How a lane fared is added up from the figures, by handler and step, of that lane alone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from dashboard.pages.lanes import chart_of, sentence_of
from domain.figures import names
from domain.figures.buckets import COUNT, bucket_of
from domain.ops.lane_figures import PERIODS, LaneFigures, lane_figures
from tests.helpers.roles import acting_as
from tests.integration.dashboard.scene import plant

NOW = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def measured(
    engine: Engine,
    name: str,
    *labels: str,
    ago: timedelta,
    count: int,
    seconds: float | None = None,
) -> None:
    """Plant a figure of a minute, and of the hour that it lies in."""
    buckets = None
    if seconds is not None:
        buckets = [count if place == bucket_of(seconds) else 0 for place in range(COUNT)]
    for span, at in (
        ("minute", (NOW - ago).replace(second=0)),
        ("hour", (NOW - ago).replace(minute=0, second=0)),
    ):
        values = {"span": span, "name": name, "at": at, "labels": list(labels)}
        plant(engine, "figures", {**values, "count": count, "total_s": 0, "buckets": buckets})


@pytest.fixture
def engine_with_figures(engine: Engine) -> Engine:
    settled, wait, run = names.SETTLED.name, names.WAIT.name, names.RUN.name
    measured(engine, settled, "a", "seats", "done", ago=MINUTE, count=90)
    measured(engine, settled, "a", "seats", "failed", ago=MINUTE, count=10)
    measured(engine, settled, "b", "seats", "done", ago=30 * MINUTE, count=20)
    measured(engine, settled, "b", "seats", "done", ago=30 * HOUR, count=7)
    measured(engine, settled, "c", "plans", "done", ago=MINUTE, count=500)
    measured(engine, wait, "a", "seats", ago=MINUTE, count=100, seconds=4.0)
    measured(engine, run, "a", "seats", ago=MINUTE, count=100, seconds=0.02)
    return engine


def read(engine: Engine, period: str) -> LaneFigures:
    with Session(acting_as(engine, "dashboard")) as session:
        return lane_figures(session, "seats", period=PERIODS[period], now=NOW)


@pytest.mark.parametrize(("period", "tries"), [("1h", 120), ("24h", 120), ("7d", 127)])
def test_each_period_reaches_as_far_back_as_it_says(
    engine_with_figures: Engine, period: str, tries: int
) -> None:
    found = read(engine_with_figures, period)
    assert (found.whole.tries, found.whole.failed) == (tries, 10)
    assert len(found.points) == PERIODS[period].steps
    assert sum(each.tries for _, each in found.points) == tries
    assert found.points[-1][0] <= NOW < found.points[-1][0] + PERIODS[period].step


def test_by_handler_those_with_failures_first_and_wait_apart_from_run(
    engine_with_figures: Engine,
) -> None:
    found = read(engine_with_figures, "1h")
    assert [(name, each.tries) for name, each in found.handlers.items()] == [("a", 100), ("b", 20)]
    first = found.handlers["a"]
    assert 2.5 < (first.wait(0.5) or 0) < (first.wait(0.99) or 0) <= 5.0
    assert 0.01 < (first.run(0.5) or 0) <= 0.025
    assert found.handlers["b"].wait(0.5) is None


def test_the_chart_is_told_in_a_sentence_too(engine_with_figures: Engine, engine: Engine) -> None:
    found = read(engine_with_figures, "1h")
    assert sentence_of(found).startswith(
        "120 tries in the last 1h, 8.3% of them failed; the most at 11:59 UTC, 100 a minute."
    )
    chart = chart_of(found)
    columns = [chart[name] for name in ("at", "tried", "failed", "wait", "run")]
    assert {len(column) for column in columns} == {60}
    assert chart["at"][-1] <= chart["until"] == NOW.timestamp()
    assert (chart["tried"][-2], chart["failed"][-2], chart["wait"][-1]) == (100, 10, None)
    with Session(engine) as session:
        nothing = lane_figures(session, "nobody's", period=PERIODS["24h"], now=NOW)
    assert sentence_of(nothing) == "Nothing was tried in the last 24h."


def test_deploys_are_marked_in_the_chart_its_sentence_and_its_table(engine: Engine) -> None:
    for minutes, version in ((200, "1.9"), (30, "2.0")):
        plant(engine, "deploys", {"at": NOW - minutes * MINUTE, "version": version})
    found = read(engine, "1h")
    then = NOW - 30 * MINUTE
    assert chart_of(found)["marks"] == [{"at": int(then.timestamp()), "version": "2.0"}]
    assert sentence_of(found).endswith(f" Deployed: 2.0 at {then:%d %b %H:%M} UTC.")
    steps = [at for at, _ in found.points if found.deploys_in(at)]
    assert steps == [then.replace(second=0)]
