"""The boxes that hold a circle on the globe."""

from ast import literal_eval

import pytest

from domain.queries.nearby import Circle

NEW_YORK = (40.7128, -74.0060)

Box = tuple[tuple[float, float], tuple[float, float]]


def boxes(circle: Circle) -> list[Box]:
    """As ((west, south), (east, north))."""
    return [literal_eval(box) for box in circle.boxes()]


class TestCircle:
    def test_an_ordinary_one_lies_in_one_box(self) -> None:
        here, beyond = boxes(Circle(*NEW_YORK, 25))
        assert here == beyond
        # A degree of latitude has 69.1 miles, one of longitude as many times the cosine.
        (west, south), (east, north) = here
        assert (north - south) / 2 == pytest.approx(25 / 69.1, rel=1e-3)
        assert (east - west) / 2 == pytest.approx(25 / 69.1 / 0.758, rel=1e-3)

    @pytest.mark.parametrize("longitude", [179.9, -179.9])
    def test_one_that_crosses_the_date_line_lies_in_two(self, longitude: float) -> None:
        east, west = sorted(boxes(Circle(0, longitude, 25)))
        assert (east[0][0], west[1][0]) == (-180, 180)
        assert east[1][0] + 180 + 180 - west[0][0] == pytest.approx(2 * 25 / 69.1, rel=1e-3)

    def test_one_around_a_pole_holds_all_longitudes(self) -> None:
        (west, _), (east, _) = boxes(Circle(89.9, 10, 25))[0]
        assert (west, east) == (-180, 180)

    @pytest.mark.parametrize("miles", [-1, 251, float("nan")])
    def test_it_has_a_size_within_reason(self, miles: float) -> None:
        with pytest.raises(ValueError, match="between 0 and 250 miles"):
            Circle(*NEW_YORK, miles)
