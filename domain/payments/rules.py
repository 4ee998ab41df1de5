"""Where a payment stands, given everything that was said about it. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from domain.facts import Fact
from domain.tables.payments import DisputeOutcome, PaymentPurpose, PaymentStatus

# A status never goes down this ladder; of the last two the newer counts.
LADDER = {
    "payment.failed": PaymentStatus.FAILED,
    "payment.succeeded": PaymentStatus.SUCCEEDED,
    "refund.requested": PaymentStatus.REFUND_PENDING,
}
# Of a dispute that ended so the money is ours.
ENDED_FOR_US: Final = (DisputeOutcome.WON, DisputeOutcome.WARNING_CLOSED)
RUNGS = (
    PaymentStatus.PENDING,
    PaymentStatus.FAILED,
    PaymentStatus.SUCCEEDED,
    PaymentStatus.REFUND_PENDING,
)


CHARGE_FIELDS = (
    "user_id",
    "event_id",
    "invitation_id",
    "purpose",
    "amount_in_cents",
    "currency",
    "stripe_payment_intent_id",
)


def settle_payment(facts: Sequence[Fact]) -> dict[str, Any]:
    """Give a payment's columns from what was said about it, in order.

    What it was for is what its first success says, or else its first failure.
    """
    said = _first(facts, "payment.succeeded") or _first(facts, "payment.failed")
    if said is None:
        message = "a payment without a success or a failure has no facts of its own"
        raise ValueError(message)
    return {
        **{name: said.data.get(name) for name in CHARGE_FIELDS},
        "purpose": said.data.get("purpose", PaymentPurpose.CONFIRMATION_FEE),
        "stripe_charge_id": said.data.get("stripe_charge_id"),
        "status": settle_status(facts, said.data["amount_in_cents"]),
    }


def _first(facts: Sequence[Fact], kind: str) -> Fact | None:
    return next((fact for fact in facts if fact.kind == kind), None)


def settle_status(facts: Sequence[Fact], amount_in_cents: int) -> PaymentStatus:
    """Fold what was said about a payment, in order.

    Refunds whose sum is below the amount leave it where it was. Those that have failed, and
    disputes that ended for us, are as if they had never been.
    """
    failed, ended = _failed(facts), _ended_for_us(facts)
    status = PaymentStatus.PENDING
    refunds: dict[str, int] = {}
    last: PaymentStatus | None = None
    for fact in facts:
        if fact.kind in LADDER:
            status = max(status, LADDER[fact.kind], key=RUNGS.index)
        elif fact.kind == "payment.refunded" and fact.data["stripe_refund_id"] not in failed:
            refunds[fact.data["stripe_refund_id"]] = fact.data["amount_in_cents"]
            if sum(refunds.values()) >= amount_in_cents:
                last = PaymentStatus.REFUNDED
        elif fact.kind == "payment.disputed" and fact.data["stripe_dispute_id"] not in ended:
            last = PaymentStatus.DISPUTED
    return status if last is None else last


def _failed(facts: Sequence[Fact]) -> set[str]:
    """Give the refunds that have failed."""
    told = (fact for fact in facts if fact.kind == "payment.refund_failed")
    return {str(fact.data["stripe_refund_id"]) for fact in told}


def _ended_for_us(facts: Sequence[Fact]) -> set[str]:
    """Give the disputes whose newest end is one for us."""
    told = (fact for fact in facts if fact.kind == "payment.dispute_closed")
    ends = {str(fact.data["stripe_dispute_id"]): fact.data["outcome"] for fact in told}
    return {dispute for dispute, outcome in ends.items() if outcome in ENDED_FOR_US}
