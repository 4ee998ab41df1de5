"""What is read of Stripe's objects, and what the tests build, are fields that Stripe publishes."""

import pytest
from pydantic import BaseModel

from domain.inbox.stripe_events import OBJECTS
from tests.helpers import stripe
from tests.helpers.pages import DAY, START
from tests.helpers.stripe_fields import PUBLISHED

NAMES = {
    "Charge": "charge",
    "CheckoutSession": "checkout.session",
    "Dispute": "dispute",
    "Invoice": "invoice",
    "InvoicePayment": "invoice_payment",
    "PaymentIntent": "payment_intent",
    "Refund": "refund",
    "Subscription": "subscription",
}
# Only in what is asked for, with `expand`; an event has it where the destination is set up so.
EXPANDED = {("invoice", "payments")}
READ = list(dict.fromkeys(OBJECTS.values()))
BUILT = (
    stripe.charge("1"),
    stripe.session("1", mode="payment"),
    stripe.dispute("1", of="1", at=START),
    stripe.invoice("1", of="Ada"),
    stripe.invoice_payment("1", intent="1"),
    stripe.intent("1"),
    stripe.refund("1", of="1", at=START),
    stripe.subscription("1", of="Ada", status="active", ends=START + DAY),
)


@pytest.mark.parametrize("read", READ)
def test_what_is_read(read: type[BaseModel]) -> None:
    name = NAMES[read.__name__]
    unknown = {(name, field) for field in read.model_fields} - EXPANDED
    assert unknown <= {(name, field) for field in PUBLISHED[name]}


@pytest.mark.parametrize("built", BUILT, ids=lambda built: str(built["object"]))
def test_what_the_tests_build(built: stripe.Said) -> None:
    assert built.keys() <= set(PUBLISHED[built["object"]])
