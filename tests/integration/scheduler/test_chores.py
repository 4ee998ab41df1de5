"""The scheduler does its chores: at once, again and again, whatever happens to one of them."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scheduler.__main__ import MOST_TRACKS, our_timetable
from tests.acceptance.faults.scene import our_environment
from tests.factories.town import CLIMBING, Town
from tests.helpers.ledger import ask, until
from tests.helpers.processes import GRACE, Program
from tests.helpers.scheduling import a_ticker, ticks
from tests.helpers.service import FakeService, Reply, running_service
from workers.clock import utc_now
from workers.settings import load_settings

PATIENCE = timedelta(seconds=30)


@pytest.fixture
def fake() -> Iterator[FakeService]:
    with running_service() as fake:
        yield fake


@pytest.fixture
def town(engine: Engine) -> Town:
    """An event that has no vector yet."""
    town = Town(engine)
    town.person("Hanna")
    town.event("drinks", about=None, description=CLIMBING)
    town.run(
        "INSERT INTO matching_requests (kind, target, due_at) VALUES ('event', :id, now())",
        id=town.id("drinks"),
    )
    return town


def vectors(engine: Engine) -> int:
    count: int = ask(engine, "SELECT count(event_vector) FROM events")
    return count


class TestTheScheduler:
    def test_every_line_is_on_a_track_and_chores_have_their_own(self, engine: Engine) -> None:
        timetable = our_timetable(load_settings({}), lambda _: True)
        ticker = a_ticker(engine, timetable, utc_now)
        ours = {
            "ledger.retain",
            "due.forget",
            "notifications.forget",
            "figures.reconcile",
            "stripe.catch_up",
        }
        chores = {"vectors.make", "summaries.make", *ours}
        assert ticker.tracks().keys() == {"due", "entries", "asked", *chores}
        assert len(ticker.tracks()) <= MOST_TRACKS
        names = [line.name for line in timetable]
        assert len(names) == len(set(names))

    def test_all_are_done_where_there_is_something_to_do(self, engine: Engine, town: Town) -> None:
        timetable = our_timetable(load_settings({}), lambda _: True)
        for _, tick in a_ticker(engine, timetable, utc_now).tracks().values():
            tick()
        assert vectors(engine) == 1
        results = {line.name: [run[2] for run in ticks(engine, line.name)] for line in timetable}
        # Nobody has ever said that there is an event.
        assert results.pop("figures.reconcile") == ["drift"]
        assert {*map(tuple, results.values())} == {("done",)}


class TestTheProcess:
    @pytest.fixture
    def environment(self, database_url: str, fake: FakeService) -> dict[str, str]:
        return {
            **our_environment(database_url, "redis://127.0.0.1:1"),
            "EMBEDDINGS_URL": f"http://127.0.0.1:{fake.port}/v1",
            "EMBEDDINGS_MODEL": "small",
        }

    def test_it_asks_the_service_that_the_settings_name(
        self,
        engine: Engine,
        town: Town,
        environment: dict[str, str],
        tmp_path: Path,
        fake: FakeService,
    ) -> None:
        program = Program("scheduler", environment, tmp_path / "log").start()
        try:
            until(lambda: vectors(engine) == 1, "the vector is made", PATIENCE)
        finally:
            program.end()
        assert ask(engine, "SELECT model FROM embeddings") == "small"
        assert fake.asked[0][0] == "/v1/embeddings"

    def test_it_goes_within_ten_seconds_though_a_service_hangs(
        self,
        engine: Engine,
        town: Town,
        environment: dict[str, str],
        tmp_path: Path,
        fake: FakeService,
    ) -> None:
        """G7: what it had in hand is taken again once the lease is over."""
        fake.reply = Reply(behave=lambda _: fake.leaving.wait(60))
        program = Program("scheduler", environment, tmp_path / "log").start()
        try:
            until(lambda: bool(fake.asked), "the service is asked", PATIENCE)
            program.signal(signal.SIGTERM)
            assert program.wait(GRACE) == 0
        finally:
            program.end()
        assert vectors(engine) == 0
        assert ask(engine, "SELECT count(*) FROM matching_requests WHERE due_at > now()") == 1
