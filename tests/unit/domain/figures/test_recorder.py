"""Figures add up in memory, and what is written later is what was added since."""

import threading
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.figures import names
from domain.figures.buckets import BOUNDS_S, COUNT, bucket_of, quantile
from domain.figures.names import METRICS, Kind
from domain.figures.recorder import Key, Recorder, Tally, added

WAIT: Final = Key("delivery_wait_seconds", ("kudos.apply_kudos_given", "afterwards"))
# What may stand in a label: words of the code, of which there are few (guarantee G15).
BOUNDED: Final = {"handler", "lane", "state", "channel", "status", "schedule", "result", "endpoint"}


class TestBuckets:
    def test_they_never_change(self) -> None:
        """Days and versions must add up: a new bound would spoil all that is kept."""
        assert (
            *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
            *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0),
            *(1_800.0, 3_600.0, 7_200.0, 21_600.0),
        ) == BOUNDS_S

    @pytest.mark.parametrize(
        ("seconds", "bucket"),
        [(0.0, 0), (0.001, 0), (0.0011, 1), (60.0, 14), (21_600.0, 21), (1e9, COUNT - 1)],
    )
    def test_a_bound_belongs_to_what_is_below_it(self, seconds: float, bucket: int) -> None:
        assert bucket_of(seconds) == bucket

    def test_of_nothing_there_is_no_quantile(self) -> None:
        assert quantile([0] * COUNT, 0.95) is None

    @given(
        st.lists(st.floats(0, 30_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 1.0])
    )
    def test_a_quantile_lies_in_the_bucket_of_the_true_one(
        self, seconds: list[float], part: float
    ) -> None:
        buckets = [0] * COUNT
        for each in seconds:
            buckets[bucket_of(each)] += 1
        ranked = sorted(seconds)
        true = ranked[max(0, -(-int(part * 100) * len(ranked) // 100) - 1)]
        estimate = quantile(buckets, part)
        assert estimate is not None
        place = min(bucket_of(true), len(BOUNDS_S) - 1)
        lower = BOUNDS_S[place - 1] if place else 0.0
        assert lower - 1e-9 <= estimate <= BOUNDS_S[place] + 1e-9


class TestNames:
    @pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
    def test_labels_are_bounded_and_units_are_named(self, metric: names.Metric) -> None:
        assert set(metric.labels) <= BOUNDED
        assert metric.name.endswith("_seconds") == (metric.kind is Kind.HISTOGRAM)
        assert not metric.name.endswith("_total")
        assert metric.sentence.endswith(".")


class TestRecorder:
    def test_adds_up(self) -> None:
        recorder = Recorder()
        recorder.count(names.SETTLED, "h", "plans", "done", by=3)
        recorder.count(names.SETTLED, "h", "plans", "done")
        recorder.observe(names.WAIT, *WAIT.values, seconds=0.4, times=2)
        recorder.observe(names.WAIT, *WAIT.values, seconds=-5.0)
        totals = recorder.totals()
        assert totals[Key("deliveries_settled", ("h", "plans", "done"))] == Tally(4)
        assert totals[WAIT].count == 3
        assert totals[WAIT].total_s == pytest.approx(0.8)
        buckets = totals[WAIT].buckets
        assert buckets is not None
        assert (buckets[bucket_of(0.4)], buckets[0], sum(buckets)) == (2, 1, 3)

    def test_what_is_written_is_what_was_added(self) -> None:
        recorder = Recorder()
        recorder.observe(names.WAIT, *WAIT.values, seconds=1.0)
        before = recorder.totals()
        recorder.observe(names.WAIT, *WAIT.values, seconds=1.0, times=5)
        recorder.count(names.ROUTED, by=2)
        changes = added(recorder.totals(), before)
        assert changes[Key("outbox_routed", ())] == Tally(2)
        assert changes[WAIT].count == 5
        assert sum(changes[WAIT].buckets or ()) == 5
        assert added(recorder.totals(), recorder.totals()) == {}

    def test_threads_lose_nothing(self) -> None:
        recorder = Recorder()

        def count() -> None:
            for _ in range(2_000):
                recorder.count(names.ROUTED)

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert recorder.totals()[Key("outbox_routed", ())].count == 8_000
