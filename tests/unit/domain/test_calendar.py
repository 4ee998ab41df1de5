"""How old somebody is on a day, and when months are over."""

from datetime import UTC, date, datetime, time

import pytest

from domain.calendar import age_on, months_after


class TestAgeOn:
    @pytest.mark.parametrize(
        ("birth_date", "day", "age"),
        [
            pytest.param(date(2008, 6, 20), date(2026, 6, 19), 17, id="the day before"),
            pytest.param(date(2008, 6, 20), date(2026, 6, 20), 18, id="the birthday"),
            pytest.param(date(2008, 12, 31), date(2026, 1, 1), 17, id="across a year's end"),
            pytest.param(date(2008, 2, 29), date(2026, 2, 28), 17, id="29 February, on the 28th"),
            pytest.param(date(2008, 2, 29), date(2026, 3, 1), 18, id="29 February, on 1 March"),
            pytest.param(date(2008, 2, 29), date(2028, 2, 29), 20, id="29 February, leap year"),
        ],
    )
    def test_a_year_is_full_on_the_birthday(self, birth_date: date, day: date, age: int) -> None:
        assert age_on(birth_date, day) == age


class TestMonthsAfter:
    @pytest.mark.parametrize(
        ("day", "months", "after"),
        [
            pytest.param(date(2026, 1, 15), 1, date(2026, 2, 15), id="a month"),
            pytest.param(date(2026, 12, 15), 1, date(2027, 1, 15), id="a year's end"),
            pytest.param(date(2026, 12, 31), 12, date(2027, 12, 31), id="twelve"),
            pytest.param(date(2026, 1, 31), 1, date(2026, 2, 28), id="a short month"),
            pytest.param(date(2028, 2, 29), 12, date(2029, 2, 28), id="29 February"),
            pytest.param(date(2027, 2, 28), 12, date(2028, 2, 28), id="not the last day"),
        ],
    )
    def test_it_is_the_same_day_or_that_months_last(
        self, day: date, months: int, after: date
    ) -> None:
        evening = time(18, 30, tzinfo=UTC)
        then = datetime.combine(after, evening)
        assert months_after(datetime.combine(day, evening), months) == then
