"""Rules, "Kudos and contribution score"."""

from collections import Counter
from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kudos.rules import Occasion, gratitude, judge_kudos, moved_counts, settle_kudos
from tests.factories.facts import DAY, END, HOUR, INSTANT, START

UNIT = 2**40
EVENING = Occasion(START, END, cancelled=False)
CLOSES = END + 14 * DAY


class TestJudgeKudos:
    def test_nobody_thanks_themselves(self) -> None:
        refusal = judge_kudos("ada", "ada")
        assert refusal is not None
        assert refusal.reason == "self"
        assert judge_kudos("ada", "bo") is None


class TestSettleKudos:
    @pytest.mark.parametrize(
        ("times", "stands", "why_not"),
        [
            pytest.param([START - INSTANT], START - INSTANT, "outside_window", id="too early"),
            pytest.param([START], START, None, id="at the start"),
            pytest.param([CLOSES], CLOSES, None, id="14 days after the end"),
            pytest.param([CLOSES + INSTANT], CLOSES + INSTANT, "outside_window", id="too late"),
            pytest.param([END, START + HOUR], START + HOUR, None, id="the earliest in the window"),
            pytest.param([START - HOUR, END], END, None, id="one before doesn't take its place"),
            pytest.param(
                [CLOSES + DAY, START - HOUR],
                START - HOUR,
                "outside_window",
                id="if none is inside, the earliest",
            ),
        ],
    )
    def test_the_earliest_in_the_window_stands(
        self, times: list[datetime], stands: datetime, why_not: str | None
    ) -> None:
        standing = settle_kudos(times, EVENING, both_took_part=True)
        assert standing == (stands, why_not)
        assert standing.counts is (why_not is None)

    @pytest.mark.parametrize(
        ("cancelled", "both_took_part", "why_not"),
        [
            (False, True, None),
            (False, False, "not_attended"),
            (True, True, "event_cancelled"),
            (True, False, "event_cancelled"),
        ],
    )
    def test_it_counts_while_both_took_part_and_the_event_is_not_cancelled(
        self, *, cancelled: bool, both_took_part: bool, why_not: str | None
    ) -> None:
        occasion = Occasion(START, END, cancelled)
        assert settle_kudos([END], occasion, both_took_part=both_took_part).why_not == why_not


class TestBlocks:
    @pytest.mark.parametrize(
        ("times", "blocked", "stands", "why_not"),
        [
            pytest.param([END], [], END, None, id="none stood"),
            pytest.param([END], [END], END, "blocked", id="one stood at that time"),
            pytest.param([END, END + DAY], [END], END + DAY, None, id="said again when none stood"),
            pytest.param([END, END + DAY], [END + DAY], END, None, id="said again when one stood"),
            pytest.param(
                [END, END + DAY], [END, END + DAY], END, "blocked", id="whenever it was said"
            ),
            pytest.param(
                [END, CLOSES + DAY], [END], END, "blocked", id="said again too late to count"
            ),
            pytest.param(
                [START - DAY], [], START - DAY, "outside_window", id="none stood, but too early"
            ),
        ],
    )
    def test_kudos_count_from_the_earliest_time_at_which_no_block_stood(
        self,
        times: list[datetime],
        blocked: list[datetime],
        *,
        stands: datetime,
        why_not: str | None,
    ) -> None:
        standing = settle_kudos(times, EVENING, both_took_part=True, blocked=blocked)
        assert standing == (stands, why_not)

    @pytest.mark.parametrize(
        ("cancelled", "both_took_part", "why_not"),
        [(True, True, "event_cancelled"), (False, False, "not_attended")],
    )
    def test_where_they_do_not_count_anyway_blocks_choose_no_time(
        self, *, cancelled: bool, both_took_part: bool, why_not: str
    ) -> None:
        occasion = Occasion(START, END, cancelled)
        times = [END, END + DAY]
        standing = settle_kudos(times, occasion, both_took_part=both_took_part, blocked=[END])
        assert standing == (END, why_not)


class TestGratitude:
    @pytest.mark.parametrize(
        ("count", "worth"),
        [(0, 0), (1, 1), (2, Fraction(3, 2)), (3, Fraction(7, 4)), (41, 2 - Fraction(1, UNIT))],
    )
    def test_each_further_one_is_worth_half_the_one_before(
        self, count: int, worth: Fraction
    ) -> None:
        assert gratitude(count) == worth * UNIT

    @given(st.integers(0, 500))
    def test_it_is_2_minus_2_to_the_1_minus_n_to_a_unit(self, count: int) -> None:
        exact = (2 - Fraction(2) ** (1 - count)) * UNIT
        assert abs(gratitude(count) - exact) < 1

    @given(st.integers(0, 500))
    def test_it_never_falls_and_stays_below_2(self, count: int) -> None:
        assert gratitude(count) <= gratitude(count + 1) < 2 * UNIT

    @given(st.integers(2, 200))
    def test_a_friend_cannot_farm_points_for_another(self, count: int) -> None:
        many_from_one, one_each_from_two = gratitude(count), 2 * gratitude(1)
        assert many_from_one < one_each_from_two


class TestMovedCounts:
    @pytest.mark.parametrize(
        ("counted", "differences", "after"),
        [
            pytest.param({}, {"helpful": 2}, {"helpful": 2}, id="the first"),
            pytest.param({"helpful": 1}, {"helpful": 1}, {"helpful": 2}, id="one more"),
            pytest.param({"helpful": 1}, {"helpful": -1}, {}, id="at zero absent"),
            pytest.param(
                {"helpful": 1}, {"inspiring": 1}, {"helpful": 1, "inspiring": 1}, id="another"
            ),
        ],
    )
    def test_counts_move_by_the_difference(
        self, counted: dict[str, int], differences: dict[str, int], after: dict[str, int]
    ) -> None:
        assert moved_counts(counted, differences) == after

    @given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
    def test_moving_by_parts_is_counting_all(self, some: list[str], more: list[str]) -> None:
        in_parts = moved_counts(moved_counts({}, Counter(some)), Counter(more))
        assert in_parts == dict(sorted(Counter(some + more).items()))
