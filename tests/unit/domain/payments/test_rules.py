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


def disputed(hours: int = 4, dispute: str = "dp") -> Fact:
    said = {"stripe_dispute_id": dispute, "reason": "?"}
    return a_fact("payment.disputed", START + hours * HOUR, id_=dispute, **said)


def ended(outcome: str, hours: int = 5, dispute: str = "dp") -> Fact:
    said = {"stripe_dispute_id": dispute, "outcome": outcome}
    return a_fact("payment.dispute_closed", START + hours * HOUR, id_="end", **said)


def came_back(refund: str = "re_1", hours: int = 5) -> Fact:
    said = {"stripe_refund_id": refund, "failure_code": "refund_failed", "was_requested": True}
    return a_fact("payment.refund_failed", START + hours * HOUR, id_="back", **said)


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

    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            pytest.param([disputed(), ended("won")], "succeeded", id="won"),
            pytest.param([disputed(), ended("warning_closed")], "succeeded", id="only asked"),
            pytest.param([disputed(), ended("lost")], "disputed", id="lost: the money is gone"),
            pytest.param([disputed(5), ended("won", 4)], "succeeded", id="won, whatever the times"),
            pytest.param(
                [refund_requested(), disputed(), ended("won")], "refund_pending", id="due"
            ),
            pytest.param([refunded(), disputed(), ended("won")], "refunded", id="was refunded"),
            pytest.param(
                [disputed(), ended("lost", 5), ended("won", 6)], "succeeded", id="the newer end"
            ),
            pytest.param(
                [disputed(), ended("won", 5), ended("lost", 6)],
                "disputed",
                id="the newer end: lost",
            ),
            pytest.param(
                [disputed(), disputed(3, "dp2"), ended("won")], "disputed", id="another stands"
            ),
            pytest.param([refunded(), came_back()], "succeeded", id="a refund that came back"),
            pytest.param([came_back(hours=2), refunded()], "succeeded", id="told the other way"),
            pytest.param(
                [refunded(), came_back(), refunded(hours=6, refund="re_2")], "refunded", id="again"
            ),
            pytest.param(
                [refund_requested(), refunded(), came_back()], "refund_pending", id="to go back"
            ),
        ],
    )
    def test_what_came_to_nothing_is_as_if_it_had_never_been(
        self, facts: list[Fact], status: str
    ) -> None:
        assert settle_status(in_order([succeeded(), *facts]), AMOUNT) == status

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
