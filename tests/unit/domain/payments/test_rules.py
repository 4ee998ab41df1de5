"""Rules, "Invitations and seats", last paragraph: the ladder that a payment climbs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import Fact
from domain.payments.rules import settle_payment, settle_status
from tests.factories.facts import HOUR, MINUTE, START, a_fact, in_order

LADDER = ("pending", "failed", "succeeded", "refund_pending", "refunded", "disputed")
AMOUNT = 500


def failed(hours: int = 0) -> Fact:
    return a_fact("payment.failed", START + hours * HOUR, id_="f", **CHARGE)


def succeeded(hours: int = 1) -> Fact:
    return a_fact("payment.succeeded", START + hours * HOUR, stripe_charge_id="ch_1", **CHARGE)


def refund_requested(hours: int = 2) -> Fact:
    return a_fact("refund.requested", START + hours * HOUR, reason="event_full")


def refunded(cents: int = AMOUNT, hours: int = 3, *, refund: str = "re_1") -> Fact:
    time = START + hours * HOUR
    return a_fact(
        "payment.refunded", time, id_=refund, stripe_refund_id=refund, amount_in_cents=cents
    )


def disputed(hours: int = 4) -> Fact:
    return a_fact("payment.disputed", START + hours * HOUR, stripe_dispute_id="dp", reason="?")


CHARGE: dict[str, Any] = {
    "user_id": "ada",
    "event_id": "drinks",
    "invitation_id": "ada at drinks",
    "amount_in_cents": AMOUNT,
    "currency": "usd",
    "stripe_payment_intent_id": "pi_1",
}
A_FACT = st.sampled_from(
    [failed(), succeeded(), refund_requested(), refunded(200), refunded(300, refund="re_2")]
)


class TestSettleStatus:
    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            pytest.param([], "pending", id="pending"),
            pytest.param([failed()], "failed", id="failed"),
            pytest.param([failed(0), succeeded(1)], "succeeded", id="failed, then succeeded"),
            pytest.param([succeeded(1), failed(2)], "succeeded", id="never down: a later failure"),
            pytest.param([succeeded(), refund_requested()], "refund_pending", id="refund asked"),
            pytest.param(
                [refund_requested(0), succeeded(1)], "refund_pending", id="never down: a success"
            ),
            pytest.param([succeeded(), refund_requested(), refunded()], "refunded", id="refunded"),
            pytest.param([succeeded(), refunded()], "refunded", id="refunded unasked"),
            pytest.param(
                [refunded(hours=0), succeeded(1), refund_requested(2)],
                "refunded",
                id="never down: asked after it was refunded",
            ),
            pytest.param([succeeded(), disputed()], "disputed", id="disputed"),
            pytest.param(
                [succeeded(), refunded(hours=3), disputed(4)], "disputed", id="the dispute is newer"
            ),
            pytest.param(
                [succeeded(), disputed(3), refunded(hours=4)], "refunded", id="the refund is newer"
            ),
        ],
    )
    def test_the_status_never_goes_down(self, facts: list[Fact], status: str) -> None:
        assert settle_status(in_order(facts), AMOUNT) == status

    @pytest.mark.parametrize(
        ("refunds", "status"),
        [
            pytest.param([refunded(499)], "succeeded", id="a part"),
            pytest.param([refunded(500)], "refunded", id="all"),
            pytest.param(
                [refunded(200), refunded(299, refund="re_2")], "succeeded", id="parts below the sum"
            ),
            pytest.param(
                [refunded(200), refunded(300, refund="re_2")], "refunded", id="parts up to the sum"
            ),
            pytest.param(
                [refunded(300), refunded(300, hours=5)], "succeeded", id="one refund told twice"
            ),
            pytest.param(
                [refunded(200), disputed(4), refunded(100, hours=5, refund="re_2")],
                "disputed",
                id="parts below the sum leave a dispute",
            ),
        ],
    )
    def test_refunds_below_the_amount_leave_it(self, refunds: list[Fact], status: str) -> None:
        assert settle_status(in_order([succeeded(), *refunds]), AMOUNT) == status

    @given(st.lists(A_FACT, unique_by=lambda fact: fact.stamp, max_size=5), A_FACT)
    def test_no_further_word_brings_it_down(self, facts: list[Fact], more: Fact) -> None:
        before = settle_status(in_order(facts), AMOUNT)
        after = settle_status(in_order([*facts, more]), AMOUNT)
        assert LADDER.index(after) >= LADDER.index(before)


class TestSettlePayment:
    def test_what_it_was_for_is_what_its_success_says(self) -> None:
        other = a_fact("payment.failed", START + MINUTE, **{**CHARGE, "amount_in_cents": 1})
        columns = settle_payment(in_order([other, succeeded()]))
        assert columns["amount_in_cents"] == AMOUNT
        assert columns["stripe_charge_id"] == "ch_1"
        assert columns["purpose"] == "confirmation_fee"

    def test_without_a_success_it_is_what_its_failure_says(self) -> None:
        columns = settle_payment([failed()])
        assert (columns["amount_in_cents"], columns["stripe_charge_id"]) == (AMOUNT, None)

    def test_a_payment_that_nobody_made_has_no_columns(self) -> None:
        with pytest.raises(ValueError, match="without a success or a failure"):
            settle_payment([refunded()])
