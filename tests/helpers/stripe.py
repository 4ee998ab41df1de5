"""Stripe's events with the fields that its objects have, signed by its own package."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from stripe import WebhookSignature

from domain.constants import STRIPE_API_VERSION
from tests.helpers.pages import an_id
from tests.helpers.stripe_fields import PUBLISHED

SECRET: Final = "whsec_of_our_own"
Said = dict[str, Any]


def event(kind: str, about: Mapping[str, Any], *, at: datetime, **others: Any) -> Said:
    """An event about an object; its id is made of what it says."""
    previous = others.pop("previous", None)
    data = {
        "object": as_large_as_theirs(about),
        **({"previous_attributes": previous} if previous else {}),
    }
    said = {
        "object": "event",
        "api_version": STRIPE_API_VERSION,
        "created": int(at.timestamp()),
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    identity = an_id(json.dumps(said, sort_keys=True)).replace("-", "")
    return {"id": f"evt_{identity}", **said, **others}


def as_large_as_theirs(about: Mapping[str, Any]) -> Said:
    """An object with a canary in each field that Stripe's have and ours doesn't say."""
    published = PUBLISHED.get(str(about.get("object")), ())
    return {**dict.fromkeys(published, "canary of Stripe's"), **about}


def body_of(said: Mapping[str, Any]) -> bytes:
    """An event as Stripe writes it."""
    return json.dumps(said, indent=2).encode()


def signature(body: bytes, *, at: datetime, secret: str = SECRET) -> str:
    """The header that Stripe's package makes."""
    seconds = int(at.timestamp())
    said = WebhookSignature.generate_signature_header(body.decode(), secret, timestamp=seconds)
    return str(said)


def names(person: str, gathering: str) -> dict[str, str]:
    """What services write into the metadata of a confirmation fee."""
    return {
        "user_id": an_id(person),
        "event_id": an_id(gathering),
        "invitation_id": an_id(f"{gathering} {person}"),
    }


def intent(name: str, *, status: str = "succeeded", amount: int = 500, **others: Any) -> Said:
    """A payment intent; its charge has the same name."""
    has_paid = status == "succeeded"
    return {
        "id": f"pi_{name}",
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": amount if has_paid else 0,
        "cancellation_reason": None,
        "client_secret": f"pi_{name}_secret_canary",
        "created": 1_773_000_000,
        "currency": "usd",
        "customer": "cus_1",
        "description": None,
        "last_payment_error": None,
        "latest_charge": f"ch_{name}" if has_paid else None,
        "livemode": False,
        "metadata": {},
        "receipt_email": "canary@example.com",
        "status": status,
        **others,
    }


def card_error() -> Said:
    """Why a card was refused."""
    return {
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
        "type": "card_error",
    }


def refund(
    name: str, *, of: str, at: datetime, amount: int = 500, status: str = "succeeded"
) -> Said:
    """A refund of the payment of this name."""
    return {
        "id": f"re_{name}",
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": f"ch_{of}",
        "created": int(at.timestamp()),
        "currency": "usd",
        "metadata": {},
        "payment_intent": f"pi_{of}",
        "reason": "requested_by_customer",
        "status": status,
    }


def dispute(name: str, *, of: str, at: datetime, status: str = "needs_response") -> Said:
    """A dispute about the payment of this name."""
    return {
        "id": f"dp_{name}",
        "object": "dispute",
        "amount": 500,
        "charge": f"ch_{of}",
        "created": int(at.timestamp()),
        "currency": "usd",
        "evidence": {"customer_name": "Canary", "customer_email_address": "canary@example.com"},
        "metadata": {},
        "payment_intent": f"pi_{of}",
        "reason": "fraudulent",
        "status": status,
    }


def charge(name: str, *, refunded: int = 0) -> Said:
    """A charge of the payment of this name."""
    return {
        "id": f"ch_{name}",
        "object": "charge",
        "amount": 500,
        "amount_captured": 500,
        "amount_refunded": refunded,
        "billing_details": {"email": "canary@example.com", "name": "Canary"},
        "created": 1_773_000_000,
        "currency": "usd",
        "metadata": {},
        "paid": True,
        "payment_intent": f"pi_{name}",
        "refunded": refunded == 500,
        "status": "succeeded",
    }


def subscription(name: str, *, of: str | None, status: str, ends: datetime, **others: Any) -> Said:
    """A subscription of one thing, whose period ends then."""
    end = int(ends.timestamp())
    return {
        "id": f"sub_{name}",
        "object": "subscription",
        "cancel_at": None,
        "cancel_at_period_end": False,
        "created": 1_773_000_000,
        "currency": "usd",
        "customer": "cus_1",
        "ended_at": None,
        "items": {
            "object": "list",
            "data": [
                {
                    "id": f"si_{name}",
                    "object": "subscription_item",
                    "current_period_end": end,
                    "current_period_start": end - 2_592_000,
                    "quantity": 1,
                }
            ],
            "has_more": False,
        },
        "latest_invoice": f"in_{name}",
        "metadata": {} if of is None else {"user_id": an_id(of)},
        "status": status,
        **others,
    }


def invoice(name: str, *, of: str | None, **others: Any) -> Said:
    """An invoice for the subscription of this name."""
    metadata = {} if of is None else {"user_id": an_id(of)}
    details = {"metadata": metadata, "subscription": f"sub_{name}"}
    return {
        "id": f"in_{name}",
        "object": "invoice",
        "amount_due": 1_000,
        "amount_paid": 1_000,
        "currency": "usd",
        "customer": "cus_1",
        "customer_email": "canary@example.com",
        "parent": {
            "quote_details": None,
            "subscription_details": details,
            "type": "subscription_details",
        },
        "status": "paid",
        **others,
    }


def invoice_payment(name: str, *, intent: str) -> Said:
    """By what the invoice of this name was paid."""
    return {
        "id": f"inpay_{name}",
        "object": "invoice_payment",
        "amount_paid": 1_000,
        "currency": "usd",
        "invoice": f"in_{name}",
        "payment": {"payment_intent": f"pi_{intent}", "type": "payment_intent"},
        "status": "paid",
    }


def session(name: str, *, mode: str, **others: Any) -> Said:
    """What somebody has completed on Stripe's page."""
    return {
        "id": f"cs_test_{name}",
        "object": "checkout.session",
        "client_reference_id": None,
        "customer": "cus_1",
        "customer_details": {"email": "canary@example.com", "name": "Canary", "phone": None},
        "invoice": None,
        "metadata": {},
        "mode": mode,
        "payment_intent": None,
        "payment_status": "paid",
        "status": "complete",
        "subscription": None,
        **others,
    }
