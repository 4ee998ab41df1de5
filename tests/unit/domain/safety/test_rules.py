"""Rules, "Safety" and "Host reliability": what is refused, and what speaks against a host."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.safety.rules import (
    frequent_cancellations,
    is_poorly_rated,
    judge_block,
    judge_cancellation,
    judge_report,
    may_flag,
    reason_code,
)
from tests.factories.facts import DAY, HOUR, INSTANT, START

LIMIT = 90 * DAY


class TestJudgeBlock:
    def test_nobody_blocks_themselves(self) -> None:
        refusal = judge_block("ada", "ada")
        assert refusal is not None
        assert refusal.reason == "self"
        assert judge_block("ada", "bo") is None


class TestJudgeReport:
    def test_nobody_reports_themselves(self) -> None:
        refusal = judge_report("ada", "ada")
        assert refusal is not None
        assert refusal.reason == "self"
        assert judge_report("ada", "bo") is None


class TestJudgeCancellation:
    @pytest.mark.parametrize(
        ("before_start", "action"),
        [
            pytest.param(9 * DAY, "cancelled", id="long before"),
            pytest.param(48 * HOUR + INSTANT, "cancelled", id="more than 48 h before"),
            pytest.param(48 * HOUR, "cancelled_late", id="48 h before"),
            pytest.param(INSTANT, "cancelled_late", id="just before"),
            pytest.param(-HOUR, "cancelled_late", id="after the start"),
        ],
    )
    def test_within_48_h_of_the_start_it_is_late(
        self, before_start: timedelta, action: str
    ) -> None:
        assert judge_cancellation(START - before_start, START) == action


class TestReasonCode:
    @pytest.mark.parametrize(
        ("reason", "code"),
        [
            (None, None),
            ("too_few_guests", "too_few_guests"),
            ("weather", "weather"),
            ("I am ill", None),
            ("Ill", None),
            ("ill\n", None),
            ("", None),
            ("a" * 64, "a" * 64),
            ("a" * 65, None),
        ],
    )
    def test_what_somebody_wrote_in_words_is_left_out(
        self, reason: str | None, code: str | None
    ) -> None:
        assert reason_code(reason) == code


def days(*numbers: float) -> list[datetime]:
    return [START + number * DAY for number in numbers]


class TestFrequentCancellations:
    @pytest.mark.parametrize(
        ("cancelled", "flagged", "found"),
        [
            pytest.param([], [], [], id="none"),
            pytest.param(days(0, 1), [], [], id="two"),
            pytest.param(days(0, 1, 2), [], days(2), id="three"),
            pytest.param(days(2, 0, 1), [], days(2), id="in any order"),
            pytest.param(days(0, 0, 0), [], days(0), id="three at once"),
            pytest.param(days(0, 45, 90), [], days(90), id="within exactly 90 days"),
            pytest.param([*days(0, 45), START + LIMIT + INSTANT], [], [], id="within longer"),
            pytest.param(days(0, 80, 85, 95), [], days(85), id="another three soon after"),
            pytest.param(days(0, 1, 2, 92), [], days(2), id="a flag 90 days ago"),
            pytest.param(days(0, 1, 2, 60, 92.1), [], days(2), id="no three within 90 days again"),
            pytest.param(days(0, 1, 2, 60, 70, 92.1), [], days(2, 92.1), id="a flag longer ago"),
            pytest.param(days(0, 1, 2), days(2), [], id="this flag is known"),
            pytest.param(days(0, 1, 2), days(92), [], id="a known flag 90 days later"),
            pytest.param(days(0, 1, 2), days(92.1), days(2), id="a known flag longer after"),
        ],
    )
    def test_the_third_within_90_days_flags_once_in_90_days(
        self, cancelled: list[datetime], flagged: list[datetime], found: list[datetime]
    ) -> None:
        assert frequent_cancellations(cancelled, flagged) == found

    @given(st.lists(st.integers(0, 700), max_size=30), st.lists(st.integers(0, 700), max_size=3))
    def test_no_two_flags_are_within_90_days(self, cancelled: list[int], known: list[int]) -> None:
        flagged = days(*known)
        found = frequent_cancellations(days(*cancelled), flagged)
        assert all(after - before > LIMIT for before, after in pairwise(found))
        assert all(abs(new - old) > LIMIT for new in found for old in flagged)
        assert frequent_cancellations(days(*cancelled), [*flagged, *found]) == []


class TestIsPoorlyRated:
    @pytest.mark.parametrize(
        ("ratings", "poor"),
        [
            pytest.param([1, 1, 1, 1], False, id="4 ratings"),
            pytest.param([1, 1, 1, 1, 1], True, id="5 ratings"),
            pytest.param([3, 3, 3, 3, 3], False, id="an average of exactly 3.0"),
            pytest.param([3, 3, 3, 3, 2], True, id="just under 3.0"),
            pytest.param([5, 5, 5, 5, 5], False, id="a good host"),
            pytest.param([], False, id="no ratings"),
        ],
    )
    def test_it_takes_an_average_under_3_over_at_least_5(
        self, ratings: list[int], *, poor: bool
    ) -> None:
        assert is_poorly_rated(len(ratings), sum(ratings)) is poor


class TestMayFlag:
    @pytest.mark.parametrize(
        ("since", "may"),
        [
            pytest.param(0 * DAY, False, id="the same moment"),
            pytest.param(LIMIT, False, id="exactly 90 days"),
            pytest.param(LIMIT + INSTANT, True, id="longer"),
        ],
    )
    def test_once_in_90_days_whichever_was_heard_first(
        self, since: timedelta, *, may: bool
    ) -> None:
        assert may_flag(START + since, [START]) is may
        assert may_flag(START - since, [START]) is may

    def test_the_first_may(self) -> None:
        assert may_flag(START, [])
