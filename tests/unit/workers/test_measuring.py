"""What is measured of a batch is what its report says."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from domain.catalogue import HANDLERS
from domain.deliveries import Claimed
from domain.dispatch import Report
from domain.figures.buckets import bucket_of
from domain.figures.recorder import Key, Tally
from domain.verdict import GivenUp
from workers.measuring import SAMPLES, Measures

NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
HANDLER: Final = HANDLERS["kudos.apply_kudos_given"]
LABELS: Final = (HANDLER.name, HANDLER.lane)


def claimed(seq: int = 1, *, waited_s: float = 1.0, **more: Any) -> Claimed:
    values: dict[str, Any] = {"deaths": 0, "attempts": 0, "woken_at": None} | more
    return Claimed(
        seq=seq,
        received_at=NOW - timedelta(seconds=waited_s),
        source="/tests",
        id=str(seq),
        time=NOW,
        data="{}",
        traceparent=None,
        tracestate=None,
        **values,
    )


def measured(report: Report) -> tuple[Measures, dict[Key, Tally]]:
    measures = Measures()
    measures.applied(HANDLER, report, began=NOW, took_s=0.2)
    return measures, measures.recorder.totals()


class TestBatches:
    def test_outcomes_are_counted_by_handler_lane_and_state(self) -> None:
        _, totals = measured(Report(5, {"done": 3, "rejected": 2}))
        assert totals[Key("deliveries_settled", (*LABELS, "done"))] == Tally(3)
        assert totals[Key("deliveries_settled", (*LABELS, "rejected"))] == Tally(2)

    def test_a_batch_that_failed_says_nothing_of_how_long_handlers_take(self) -> None:
        measures, totals = measured(Report(2, {"done": 1, "failed": 1}, errors=["KeyError"]))
        assert Key("batch_run_seconds", LABELS) not in totals
        assert {kind.error: count for kind, count in measures.failures.take().items()} == {
            "KeyError": 1
        }

    def test_what_waited_in_vain_is_a_failure_of_its_own(self) -> None:
        report = Report(2, {"dead": 2}, {1: GivenUp("event:x"), 2: GivenUp("event:y")})
        measures, _ = measured(report)
        assert [(kind.error, count) for kind, count in measures.failures.take().items()] == [
            ("waited in vain for event", 2)
        ]


class TestWaits:
    def waits(self, *deliveries: Claimed) -> Tally:
        _, totals = measured(Report(len(deliveries), {"done": 1}, deliveries=deliveries))
        return totals.get(Key("delivery_wait_seconds", LABELS), Tally())

    def test_from_received_to_begun(self) -> None:
        found = self.waits(claimed(waited_s=3.0), claimed(2, waited_s=100.0))
        assert found.buckets is not None
        assert found.count == 2
        assert found.total_s == pytest.approx(103.0)
        assert (found.buckets[bucket_of(3.0)], found.buckets[bucket_of(100.0)]) == (1, 1)

    def test_after_a_deferral_from_when_it_was_woken(self) -> None:
        woken = claimed(waited_s=86_400.0, woken_at=NOW - timedelta(seconds=2))
        assert self.waits(woken).total_s == pytest.approx(2.0)

    @pytest.mark.parametrize("again", [{"attempts": 1}, {"deaths": 1}])
    def test_retries_are_not_counted(self, again: dict[str, int]) -> None:
        assert self.waits(claimed(**again)).count == 0

    def test_a_clock_that_is_behind_makes_no_negative_wait(self) -> None:
        assert self.waits(claimed(waited_s=-5.0)).total_s == 0.0

    @pytest.mark.parametrize("count", [1, SAMPLES, SAMPLES + 1, 1_000, 3_999])
    def test_of_a_large_batch_neighbours_are_taken_for_alike(self, count: int) -> None:
        batch = [claimed(seq, waited_s=5.0 + seq / count) for seq in range(count)]
        found = self.waits(*batch)
        assert found.count == count
        assert found.total_s == pytest.approx(5.5 * count, rel=0.11)
