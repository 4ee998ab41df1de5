"""What a domain event about a payment carries.

References are plain ids: money is kept whatever became of what it paid for.
"""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from domain.payload import Cents, Currency, Id, Name, Payload, PaymentId, Text
from domain.tables.payments import DisputeOutcome, PaymentPurpose

PaidCents = Annotated[int, Field(ge=1, le=100_000_000)]


class _Charge(Payload):
    """What a payment that went through and one that didn't have in common."""

    payment_id: PaymentId
    user_id: Id
    purpose: PaymentPurpose = PaymentPurpose.CONFIRMATION_FEE
    event_id: Id | None = None
    invitation_id: Id | None = None
    amount_in_cents: PaidCents
    currency: Currency
    stripe_payment_intent_id: Name

    @model_validator(mode="after")
    def pays_for_something(self) -> Self:
        """Refuse a confirmation fee that doesn't say for which invitation."""
        said: dict[str, Any] = dict(self)
        wanted = said["purpose"] is PaymentPurpose.CONFIRMATION_FEE
        missing = [field for field in ("event_id", "invitation_id") if said[field] is None]
        if wanted and missing:
            message = f"{' and '.join(missing)} must be given unless the purpose is subscription"
            raise ValueError(message)
        return self


class PaymentSucceeded(_Charge, name="payment.succeeded", creates="payment"):
    """Money arrived."""

    stripe_charge_id: Name


class PaymentFailed(_Charge, name="payment.failed", creates="payment"):
    """A card was refused."""

    failure_code: Name | None = None


class PaymentRefunded(Payload, name="payment.refunded"):
    """Stripe gave money back."""

    payment_id: PaymentId
    stripe_refund_id: Name
    amount_in_cents: Cents


class PaymentDisputed(Payload, name="payment.disputed"):
    """A card holder disputes a payment."""

    payment_id: PaymentId
    stripe_dispute_id: Name
    reason: Text


class PaymentDisputeClosed(Payload, name="payment.dispute_closed"):
    """A dispute has ended, and how. One that ended for us is as if it had never been."""

    payment_id: PaymentId
    stripe_dispute_id: Name
    outcome: DisputeOutcome


class PaymentRefundFailed(Payload, name="payment.refund_failed"):
    """A refund came to nothing, or came back: its money is with us again.

    `was_requested`: it is one that we have asked Stripe for.
    """

    payment_id: PaymentId
    stripe_refund_id: Name
    failure_code: Name
    was_requested: bool = False


class RefundRequested(Payload, name="refund.requested", follow_up=True):
    """Money must go back, and why."""

    payment_id: PaymentId
    reason: str
