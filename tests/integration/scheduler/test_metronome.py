"""The metronome goes on whatever a beat does, and after the clock was set back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from psycopg import OperationalError

from scheduler.metronome import Keeper, Metronome
from tests.helpers.ledger import until
from workers.clock import utc_now

SOON = timedelta(milliseconds=50)
HOUR = timedelta(hours=1)


@contextmanager
def running(metronome: Metronome) -> Iterator[None]:
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(metronome.run)
        try:
            yield
        finally:
            metronome.stop()
        run.result(10)


class TestMetronome:
    def test_beats_at_the_start_and_again_and_again(self) -> None:
        metronome = Metronome(threads=1)
        calls: list[int] = []
        metronome.add("often", lambda: calls.append(1), every=SOON)
        with running(metronome):
            until(lambda: len(calls) > 3, "it beats")

    @pytest.mark.parametrize(
        "error", [ValueError("what somebody wrote"), OperationalError("what somebody wrote")]
    )
    def test_goes_on_after_a_beat_that_raises(
        self, error: Exception, capsys: pytest.CaptureFixture[str]
    ) -> None:
        metronome = Metronome(threads=1)
        calls: list[int] = []

        def fail() -> None:
            calls.append(1)
            raise error

        metronome.add("failing", fail, every=SOON)
        with running(metronome):
            until(lambda: len(calls) > 2, "it beats on")
        said = capsys.readouterr().out
        assert type(error).__name__ in said
        assert "what somebody wrote" not in said

    def test_one_that_takes_long_holds_up_no_other(self) -> None:
        metronome = Metronome(threads=2)
        calls: list[int] = []
        left = Event()
        metronome.add("slow", lambda: left.wait(20), every=SOON)
        metronome.add("quick", lambda: calls.append(1), every=SOON)
        with running(metronome):
            until(lambda: len(calls) > 3, "the quick one beats")
            metronome.stop()
            assert not metronome.wait_until_idle(timedelta())
            left.set()
            assert metronome.wait_until_idle(timedelta(seconds=10))

    def test_does_not_wait_for_the_time_of_a_clock_that_was_set_back(self) -> None:
        """G14."""
        metronome = Metronome(threads=1)
        calls: list[int] = []
        metronome.add("hourly", lambda: calls.append(1), every=HOUR)
        with running(metronome):
            until(lambda: len(calls) == 1, "the first beat")
            metronome.catch_up(utc_now() - 2 * HOUR)
            until(lambda: len(calls) == 2, "the second beat")

    def test_stopped_before_it_ran_it_never_runs(self) -> None:
        metronome = Metronome(threads=1)
        metronome.stop()
        metronome.run()


class TestKeeper:
    def test_goes_on_after_a_call_that_raises(self) -> None:
        calls: list[int] = []

        def fail() -> None:
            calls.append(1)
            raise ValueError

        keeper = Keeper(fail, every=SOON)
        keeper.start()
        until(lambda: len(calls) > 2, "it calls again")
        keeper.stop(timedelta(seconds=5))
