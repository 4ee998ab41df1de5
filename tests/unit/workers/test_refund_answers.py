"""What Stripe's answers mean for a refund, a line for each."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from domain.constants import LISTED_WITHIN, MOST_TRIES, REFUND_FIRST_LOOK, REFUND_LONGEST_PAUSE
from domain.inbox.stripe_objects import Refund
from domain.payments.refunds import InHand, Outcome, Step
from domain.tables.refunds import RefundState
from workers.providers.ports import About, Refused, Trouble
from workers.refunding.answers import judge_asked, judge_found

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
PAYMENT: Final = "00000000-0000-4000-8000-000000000001"
DUE, PENDING = RefundState.DUE, RefundState.PENDING
REFUSED, FAILED = RefundState.REFUSED, RefundState.FAILED


def in_hand(**others: Any) -> InHand:
    usual: dict[str, Any] = {
        "payment_id": PAYMENT,
        "payment_intent": "pi_1",
        "amount_in_cents": 500,
        "wish": "event_full",
        "step": Step.ASK,
        "key": "refund:1",
        "attempt": 1,
        "refusals": 0,
        "is_pending": False,
        "reason": None,
        "failed_ids": frozenset(),
        "taken_at": NOW,
    }
    return InHand(**usual | others)


def refund(name: str = "re_1", status: str = "succeeded", **others: Any) -> Refund:
    said = {"id": name, "amount": 500, "created": 1, "status": status, **others}
    return Refund.model_validate(said)


def ours(name: str, status: str) -> Refund:
    return refund(name, status, metadata={"payment_id": PAYMENT})


def refused(code: str, *, permanent: bool = True) -> Refused:
    return Refused(code, About.MESSAGE, permanent=permanent)


class TestAsked:
    @pytest.mark.parametrize("status", ["succeeded", "pending", "requires_action"])
    def test_stripe_has_it_and_it_is_looked_after(self, status: str) -> None:
        look = NOW + REFUND_FIRST_LOOK
        outcome = Outcome(PENDING, due_at=look, refund_id="re_1")
        assert judge_asked(in_hand(), refund(status=status), now=NOW) == outcome

    @pytest.mark.parametrize("status", ["failed", "canceled"])
    def test_stripe_has_given_it_up(self, status: str) -> None:
        said = judge_asked(in_hand(), refund(status=status), now=NOW)
        assert said == Outcome(FAILED, f"refund_{status}", refund_id="re_1", failed_ids=("re_1",))

    @pytest.mark.parametrize(
        ("answer", "looks", "pause"),
        [
            # Lost on the way: the same key makes it once.
            (Trouble("timeout", may_be_accepted=True), False, MINUTE),
            (Trouble("connection_lost", may_be_accepted=True), False, MINUTE),
            (Trouble("answer_malformed", may_be_accepted=True), False, MINUTE),
            # Surely not made.
            (Trouble("unreachable"), False, MINUTE),
            (Trouble("rate_limit"), False, MINUTE),
            (Trouble("idempotency_key_in_use"), False, MINUTE),
            (Trouble("invalid_request_error", needs_operator=True), False, MINUTE),
            # Answered again for the same key.
            (Trouble("http_500", may_be_accepted=True), True, LISTED_WITHIN),
            (Trouble("http_503", may_be_accepted=True), True, LISTED_WITHIN),
            # Only a look can settle these.
            (refused("charge_already_refunded"), True, timedelta()),
            (refused("idempotency_error"), True, LISTED_WITHIN),
            (refused("balance_insufficient", permanent=False), True, LISTED_WITHIN),
            (refused("charge_disputed"), True, LISTED_WITHIN),
        ],
        ids=str,
    )
    def test_it_is_asked_again(
        self, answer: Refused | Trouble, pause: timedelta, *, looks: bool
    ) -> None:
        said = judge_asked(in_hand(), answer, now=NOW)
        # A dispute ends some day; want of money may not.
        refusal = answer.code in ("balance_insufficient", "idempotency_error")
        again = Outcome(DUE, answer.code, NOW + pause, must_look=looks, is_refusal=refusal)
        assert said == again

    def test_tries_for_other_reasons_are_no_refusals(self) -> None:
        said = judge_asked(
            in_hand(attempt=99), refused("balance_insufficient", permanent=False), now=NOW
        )
        assert (said.state, said.is_refusal) == (DUE, True)

    @pytest.mark.parametrize(
        ("answer", "before"),
        [
            (refused("charge_expired_for_refund"), {}),
            (refused("resource_missing"), {}),
            # It was looked for already, in vain.
            (refused("charge_already_refunded"), {"reason": "charge_already_refunded"}),
            (refused("balance_insufficient", permanent=False), {"refusals": MOST_TRIES - 1}),
        ],
        ids=str,
    )
    def test_it_is_for_ops(self, answer: Refused, before: dict[str, Any]) -> None:
        said = judge_asked(in_hand(**before), answer, now=NOW)
        assert said == Outcome(REFUSED, answer.code)

    def test_trouble_never_ends_it(self) -> None:
        said = judge_asked(in_hand(attempt=30_000), Trouble("timeout"), now=NOW)
        assert (said.state, said.due_at) == (DUE, NOW + timedelta(hours=1))


class TestFound:
    @pytest.mark.parametrize(
        ("found", "before", "state", "is_anew"),
        [
            ([], {}, DUE, True),
            ([refund()], {}, PENDING, False),
            ([refund(status="pending")], {}, PENDING, False),
            # Whoever made them, they add up.
            ([refund(amount=200), refund("re_2", amount=300)], {}, PENDING, False),
            ([refund(amount=200)], {}, DUE, True),
            # Somebody else's has failed; ours comes to nothing only once it is news.
            ([refund(status="failed")], {}, DUE, True),
            ([ours("re_1", "failed")], {}, FAILED, False),
            ([ours("re_1", "canceled")], {}, FAILED, False),
            ([ours("re_1", "failed")], {"failed_ids": frozenset({"re_1"})}, DUE, True),
            ([ours("re_1", "failed"), refund("re_2")], {}, PENDING, False),
            # Stripe says that nothing is left, and shows nothing.
            ([], {"reason": "charge_already_refunded"}, REFUSED, False),
        ],
    )
    def test_what_there_is_decides(
        self, found: list[Refund], before: dict[str, Any], state: RefundState, *, is_anew: bool
    ) -> None:
        said = judge_found(in_hand(step=Step.LOOK, **before), found, now=NOW)
        assert (said.state, said.is_anew) == (state, is_anew)

    @pytest.mark.parametrize(("is_pending", "state"), [(True, PENDING), (False, DUE)])
    def test_trouble_leaves_it_as_it_was(self, state: RefundState, *, is_pending: bool) -> None:
        asked = in_hand(step=Step.LOOK, is_pending=is_pending)
        said = judge_found(asked, Trouble("timeout"), now=NOW)
        assert said == Outcome(state, "timeout", NOW + MINUTE, must_look=True)

    def test_looks_come_ever_less_often(self) -> None:
        def look(attempt: int) -> datetime | None:
            return judge_found(in_hand(attempt=attempt), [refund()], now=NOW).due_at

        assert look(2) == NOW + 2 * REFUND_FIRST_LOOK
        assert look(20) == NOW + REFUND_LONGEST_PAUSE
