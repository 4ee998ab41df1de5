"""What Stripe says of Ada's fee and of her subscription."""

from typing import Any, Final

from tests.helpers.pages import DAY, HOUR, START
from tests.helpers.stripe import Said, card_error, dispute, event, intent, names, refund
from tests.helpers.stripe import subscription as paid_for

AT: Final = START - 3 * DAY
ENDS: Final = START + 30 * DAY
ADA: Final = names("Ada", "drinks")
FEE: Final = "confirmation_fee"
SUCCEEDED: Final = event("payment_intent.succeeded", intent("1", metadata=ADA), at=AT)
FAILED: Final = event(
    "payment_intent.payment_failed",
    intent("1", status="requires_payment_method", metadata=ADA, last_payment_error=card_error()),
    at=AT - HOUR,
)
CANCELED: Final = event(
    "payment_intent.canceled",
    intent("1", status="canceled", metadata=ADA, cancellation_reason="abandoned"),
    at=AT,
)
REFUNDED: Final = event("refund.updated", refund("1", of="1", at=AT + HOUR), at=AT + HOUR)
DISPUTED: Final = event("charge.dispute.created", dispute("1", of="1", at=AT + DAY), at=AT + DAY)


def changed(kind: str, status: str, **others: Any) -> Said:
    """Something about Ada's subscription."""
    at = others.pop("at", AT)
    previous = others.pop("previous", None)
    of, name = others.pop("of", "Ada"), others.pop("name", "1")
    about = paid_for(name, of=of, status=status, ends=others.pop("ends", ENDS), **others)
    before = {} if previous is None else {"previous": {"status": previous}}
    return event(f"customer.subscription.{kind}", about, at=at, **before)
