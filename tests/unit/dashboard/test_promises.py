"""How a promise stands, in a colour: nothing is green that is not known or was not kept."""

import pytest

from dashboard.pages.promises import Told
from domain.figures.promises import PROMISES
from domain.figures.snapshot import PromiseNow

NOTHING = (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("counts", "is_known", "tone"),
    [
        (NOTHING, True, "plain"),
        (NOTHING, False, "unknown"),
        ((50, 0, 900, 0, 1_000, 0), True, "quiet"),
        ((50, 0, 900, 0, 1_000, 0), False, "unknown"),
        ((40, 10, 900, 10, 9_990, 10), True, "late"),
        ((50, 0, 900, 0, 900, 100), True, "bad"),
        ((50, 0, 900, 0, 900, 100), False, "bad"),
    ],
)
def test_its_colour(*, counts: tuple[int, ...], is_known: bool, tone: str) -> None:
    now = PromiseNow(PROMISES[0].name, PROMISES[0].objective, *counts)
    assert Told(PROMISES[0], now, is_known=is_known).tone == tone


def test_one_that_was_never_read_is_unknown() -> None:
    assert Told(PROMISES[0], None, is_known=True).tone == "unknown"
