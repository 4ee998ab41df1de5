"""Rules, "failed": eight attempts over about a day, with exponential pauses and jitter."""

from datetime import timedelta
from statistics import mean

from hypothesis import given
from hypothesis import strategies as st

from domain.constants import FAILED_ATTEMPTS
from domain.deliveries import pause_after

HOUR = timedelta(hours=1)
SEQS = range(1, 1_001)


def until_the_last_try(seq: int) -> timedelta:
    return sum((pause_after(tried, seq) for tried in range(1, FAILED_ATTEMPTS)), timedelta())


class TestPauseAfter:
    def test_there_are_eight_attempts_over_about_a_day(self) -> None:
        assert FAILED_ATTEMPTS == 8
        assert 20 <= mean(until_the_last_try(seq) / HOUR for seq in SEQS) <= 26

    def test_even_with_the_most_jitter_it_is_about_a_day(self) -> None:
        hours = [until_the_last_try(seq) / HOUR for seq in SEQS]
        assert min(hours) >= 20
        assert max(hours) <= 26

    @given(st.integers(1, 2**60), st.integers(1, FAILED_ATTEMPTS - 2))
    def test_each_pause_is_much_longer_than_the_one_before(self, seq: int, tried: int) -> None:
        assert pause_after(tried + 1, seq) > 2 * pause_after(tried, seq)

    def test_what_failed_together_is_not_tried_together_again(self) -> None:
        assert len({pause_after(1, seq) for seq in SEQS}) > 500

    @given(st.integers(1, 2**60))
    def test_it_is_repeatable(self, seq: int) -> None:
        assert pause_after(3, seq) == pause_after(3, seq)
