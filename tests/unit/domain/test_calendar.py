"""How old somebody is on a day."""

from datetime import date

import pytest

from domain.calendar import age_on


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
