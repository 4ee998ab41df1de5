"""Which of Stripe's words within a second is the last, and how somebody stands by all of them."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Final

import pytest

from domain.inbox.subscriptions import Said, Standing, newest, settle_subscriptions

AT: Final = datetime(2026, 3, 1, tzinfo=UTC)
ADA: Final = "0d7ea5f6-4f2e-4d4c-9a37-7b7f7b1d0001"
CREATED, UPDATED, DELETED = 0, 1, 2


def said(name: str, rank: int, status: str, *, previous: str | None = None, ends: int = 9) -> Said:
    return Said(name, rank, status, previous, ends, ADA)


BEGUN: Final = said("z", CREATED, "incomplete")
PAID: Final = said("y", UPDATED, "active", previous="incomplete")
LATE: Final = said("a", UPDATED, "past_due", previous="active")
RENAMED: Final = said("b", UPDATED, "past_due")
OVER: Final = said("0", DELETED, "canceled")
AND_BACK: Final = said("c", UPDATED, "active", previous="past_due")


@pytest.mark.parametrize(
    ("told", "last"),
    [
        ([BEGUN], BEGUN),
        ([BEGUN, PAID], PAID),
        ([BEGUN, PAID, LATE], LATE),
        ([PAID, LATE], LATE),
        ([PAID, OVER, LATE], OVER),
        ([PAID, LATE, RENAMED], RENAMED),
        # Round in a circle: whoever is chosen, it is the same one each time.
        ([LATE, AND_BACK], AND_BACK),
    ],
)
def test_the_last_of_a_second_in_any_order(told: list[Said], last: Said) -> None:
    assert {newest(order) for order in permutations(told)} == {last}


@pytest.mark.parametrize(
    ("standing", "stands"),
    [
        ([("1", "active", 5)], ("premium", 5, "1")),
        ([("1", "past_due", 5), ("2", "trialing", 3)], ("premium", 3, "2")),
        ([("1", "unpaid", 9), ("2", "past_due", 3)], ("past_due", 3, "2")),
        ([("1", "active", 5), ("2", "active", 7)], ("premium", 7, "2")),
        ([("1", "canceled", 5), ("2", "incomplete", 3)], ("free", 5, "1")),
    ],
)
def test_the_best_of_several_stands(
    standing: list[tuple[str, str, int]], stands: tuple[str, int, str]
) -> None:
    listed = [
        Standing(name, AT + timedelta(days=ends), [said(name, UPDATED, status, ends=ends)])
        for name, status, ends in standing
    ]
    for order in permutations(listed):
        changed = settle_subscriptions(ADA, order)
        assert changed.subscription_ends is not None
        ends = int(changed.subscription_ends.timestamp())
        found = (changed.subscription_status, ends, changed.stripe_subscription_id)
        assert found == stands
