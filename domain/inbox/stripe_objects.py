"""What we read of Stripe's objects: ids, amounts and words of theirs; all else is left behind.

The shapes are those of STRIPE_API_VERSION. An object that is named by its id may stand there
itself, if whoever asked had it expanded.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# What we ask services to write into `metadata`, and nothing else of it is read.
UNREADABLE: Final = "?"
NAMES: Final = ("user_id", "event_id", "invitation_id")
# 1970 to 2200, as everywhere.
LAST_SECOND: Final = 7_258_118_399


def _identity(value: Any) -> Any:
    """Give the id of an object that stands where its id was expected."""
    return value.get("id") if isinstance(value, Mapping) else value


def _ours(value: Any) -> str | None:
    """Read an id of ours; anything else may be personal and isn't kept."""
    if not value:
        return None
    return value.lower() if isinstance(value, str) and _UUID.fullmatch(value) else UNREADABLE


def _named(metadata: Any) -> Any:
    """Keep of metadata what names things of ours."""
    if not isinstance(metadata, Mapping):
        return {} if metadata is None else metadata
    return {name: _ours(metadata[name]) for name in NAMES if metadata.get(name)}


def _about(metadata: Any) -> Any:
    """Keep of a refund's metadata which payment it is of, as we write it when we ask for one."""
    if not isinstance(metadata, Mapping):
        return {} if metadata is None else metadata
    payment = _ours(metadata.get("payment_id"))
    return {} if payment in (None, UNREADABLE) else {"payment_id": payment}


StripeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,200}$")]
Reference = Annotated[StripeId | None, BeforeValidator(_identity)]
Metadata = Annotated[dict[str, str], BeforeValidator(_named)]
Word = Annotated[str, Field(pattern=r"^[a-z0-9_.]{1,100}$")]
Amount = Annotated[int, Field(ge=0, le=10**12)]
Seconds = Annotated[int, Field(ge=0, le=LAST_SECOND)]


class _Read(BaseModel):
    """What is read of an object; its name in `object` says which it is."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


class _Object(_Read):
    id: StripeId


class _Trouble(_Read):
    code: Word | None = None
    decline_code: Word | None = None


class PaymentIntent(_Object):
    """Money that is to be paid."""

    amount: Amount
    amount_received: Amount = 0
    currency: Word
    latest_charge: Reference = None
    last_payment_error: _Trouble | None = None
    cancellation_reason: Word | None = None
    metadata: Metadata = {}


class Refund(_Object):
    """Money that goes back."""

    amount: Amount
    created: Seconds
    status: Word | None
    payment_intent: Reference = None
    charge: Reference = None
    metadata: Annotated[dict[str, str], BeforeValidator(_about)] = {}

    @property
    def asked_for(self) -> str | None:
        """The payment for which we asked for it; None if somebody else did, at Stripe."""
        return self.metadata.get("payment_id")


class Charge(_Object):
    """A payment by a card."""

    amount_refunded: Amount
    payment_intent: Reference = None


class Dispute(_Object):
    """That a card holder wants their money back from the bank."""

    created: Seconds
    reason: Word
    status: Word
    payment_intent: Reference = None
    charge: Reference = None


class _Item(_Read):
    current_period_end: Seconds


class _Items(_Read):
    data: list[_Item]


class Subscription(_Object):
    """What somebody pays for again and again."""

    status: Word
    items: _Items
    cancel_at: Seconds | None = None
    ended_at: Seconds | None = None
    metadata: Metadata = {}


class _SubscriptionDetails(_Read):
    subscription: Reference = None
    metadata: Metadata = {}


class _Parent(_Read):
    subscription_details: _SubscriptionDetails | None = None


class _Paid(_Read):
    payment_intent: Reference = None


class InvoicePayment(_Object):
    """By which payment intent an invoice is paid."""

    invoice: Reference = None
    payment: _Paid


class _InvoicePayments(_Read):
    data: list[InvoicePayment] = []


class Invoice(_Object):
    """What is asked for a subscription."""

    parent: _Parent | None = None
    payments: _InvoicePayments | None = None


class CheckoutSession(_Object):
    """What somebody did on Stripe's page."""

    mode: Word
    payment_status: Word
    payment_intent: Reference = None
    subscription: Reference = None
    invoice: Reference = None
    client_reference_id: Annotated[str | None, BeforeValidator(_ours)] = None
    metadata: Metadata = {}


class Previous(_Read):
    """What an object said before, of what changed."""

    status: Word | None = None
