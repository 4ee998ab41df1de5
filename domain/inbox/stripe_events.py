"""Stripe's events as we take them: which ones we use, and what each is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.constants import CLOCK_TOLERANCE, STRIPE_API_VERSION
from domain.inbox.reading import NotUnderstoodError, not_as, read_object
from domain.inbox.stripe_objects import (
    Charge,
    CheckoutSession,
    Dispute,
    Invoice,
    InvoicePayment,
    PaymentIntent,
    Previous,
    Refund,
    Seconds,
    StripeId,
    Subscription,
)

OBJECTS: Final[dict[str, type[BaseModel]]] = {
    "payment_intent.succeeded": PaymentIntent,
    "payment_intent.payment_failed": PaymentIntent,
    "payment_intent.canceled": PaymentIntent,
    "charge.refunded": Charge,
    "refund.created": Refund,
    "refund.updated": Refund,
    "refund.failed": Refund,
    "charge.dispute.created": Dispute,
    "charge.dispute.closed": Dispute,
    "customer.subscription.created": Subscription,
    "customer.subscription.updated": Subscription,
    "customer.subscription.deleted": Subscription,
    "invoice.paid": Invoice,
    "invoice.payment_failed": Invoice,
    "invoice_payment.paid": InvoicePayment,
    "checkout.session.completed": CheckoutSession,
}
THIN: Final = "v2.core.event"
EXPECTED: Final = "an event of Stripe's"
NO_EVENT: Final = "The body is no event of Stripe's."
THIN_EVENT: Final = (
    "This is a thin event. Set the event destination's payload style to Snapshot at Stripe."
)
OTHER_VERSION: Final = (
    "The event has another API version. Set that of the webhook endpoint at Stripe to"
    f" {STRIPE_API_VERSION}."
)
AHEAD: Final = "The event's `created` lies in the future."


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """An event of Stripe's, with what we read of its object; None if we don't use its type."""

    id: str
    type: str
    at: datetime
    about: Any
    # The status that it had before, if this says that it changed.
    previous_status: str | None = None


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None = None


class _Event(BaseModel):
    """The frame around an object."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    id: StripeId
    object: Literal["event"]
    type: Annotated[str, Field(pattern=r"^[a-z0-9_.]{1,100}$")]
    created: Seconds
    data: _Data
    # Of somebody else's account that is connected to ours.
    account: str | None = None


def read_event(raw: bytes, *, now: datetime) -> StripeEvent:
    """Read the body of a webhook. Raises NotUnderstoodError."""
    return understand(read_object(raw), now=now)


def understand(said: Mapping[str, Any], *, now: datetime) -> StripeEvent:
    """Read an event. Raises NotUnderstoodError."""
    if said.get("object") == THIN:
        raise NotUnderstoodError(THIN_EVENT)
    if said.get("object") != "event":
        raise NotUnderstoodError(NO_EVENT)
    if said.get("api_version") != STRIPE_API_VERSION:
        raise NotUnderstoodError(OTHER_VERSION)
    try:
        event = _Event.model_validate(said)
        kind = None if event.account else OBJECTS.get(event.type)
        about = None if kind is None else kind.model_validate(event.data.object)
        said_before = event.data.previous_attributes if kind is Subscription else None
        previous = Previous.model_validate(said_before or {})
    except ValidationError as error:
        raise not_as(EXPECTED, error) from None
    at = datetime.fromtimestamp(event.created, UTC)
    if at > now + CLOCK_TOLERANCE:
        raise NotUnderstoodError(AHEAD)
    return StripeEvent(event.id, event.type, at, about, previous.status)
