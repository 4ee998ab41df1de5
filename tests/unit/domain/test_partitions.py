"""Which month comes after which."""

from datetime import UTC, datetime

import pytest

from domain.partitions import _month_after


class TestMonthAfter:
    @pytest.mark.parametrize(
        ("moment", "count", "first"),
        [
            pytest.param(datetime(2026, 6, 20, 18, 30, tzinfo=UTC), 0, (2026, 6), id="this month"),
            pytest.param(datetime(2026, 1, 31, tzinfo=UTC), 1, (2026, 2), id="a shorter month"),
            pytest.param(datetime(2026, 11, 30, tzinfo=UTC), 1, (2026, 12), id="December"),
            pytest.param(datetime(2026, 12, 31, tzinfo=UTC), 1, (2027, 1), id="over New Year"),
            pytest.param(datetime(2026, 12, 1, tzinfo=UTC), 13, (2028, 1), id="over two of them"),
            pytest.param(datetime(2026, 12, 1, tzinfo=UTC), 0, (2026, 12), id="December itself"),
        ],
    )
    def test_it_is_the_first_moment_of_that_month_in_utc(
        self, moment: datetime, count: int, first: tuple[int, int]
    ) -> None:
        assert _month_after(moment, count) == datetime(*first, 1, tzinfo=UTC)
