"""Stripe's objects as its documentation has them, with the fields that matter and some beside.

https://docs.stripe.com/api
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

Said = dict[str, Any]
PERIOD: Final = timedelta(days=30)
DOCS: Final = "https://docs.stripe.com/error-codes"


def new_id(prefix: str) -> str:
    """Draw an id of Stripe's form."""
    return f"{prefix}_{uuid4().hex[:24]}"


def intent_of(
    amount: int, *, currency: str, metadata: Mapping[str, str], at: datetime, name: str | None
) -> Said:
    """Give a payment intent that nobody has paid yet."""
    identity = name or new_id("pi")
    return {
        "id": identity,
        "object": "payment_intent",
        "amount": amount,
        "amount_received": 0,
        "cancellation_reason": None,
        "client_secret": f"{identity}_secret_{uuid4().hex}",
        "created": int(at.timestamp()),
        "currency": currency,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": dict(metadata),
        "status": "requires_payment_method",
    }


def charge_of(intent: Said, *, at: datetime, name: str | None) -> Said:
    """Give the charge by which a payment intent is paid."""
    return {
        "id": name or new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_refunded": 0,
        "created": int(at.timestamp()),
        "currency": intent["currency"],
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": True,
        "payment_intent": intent["id"],
        "refunded": False,
        "status": "succeeded",
    }


def refund_of(charge: Said, amount: int, *, asked: Mapping[str, Any], at: datetime) -> Said:
    """Give a refund of a charge, which is still on its way."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": int(at.timestamp()),
        "currency": charge["currency"],
        "metadata": dict(asked.get("metadata", {})),
        "payment_intent": charge["payment_intent"],
        "reason": asked.get("reason"),
        "status": "pending",
    }


def session_of(asked: Mapping[str, Any], *, at: datetime, page: str) -> Said:
    """Give a checkout session; `page` is where it is completed."""
    identity = new_id("cs_test")
    details = asked.get("subscription_data", {})
    return {
        "id": identity,
        "object": "checkout.session",
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "created": int(at.timestamp()),
        "customer": asked.get("customer"),
        "expires_at": int((at + timedelta(days=1)).timestamp()),
        "invoice": None,
        "livemode": False,
        "metadata": dict(asked.get("metadata", {})),
        "mode": asked["mode"],
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "subscription": None,
        "subscription_metadata": dict(details.get("metadata", {})),
        "success_url": asked.get("success_url"),
        "url": f"{page}/pay/{identity}",
    }


def subscription_of(session: Said, *, at: datetime) -> Said:
    """Give the subscription that somebody has begun on Stripe's page."""
    item = {
        "id": new_id("si"),
        "object": "subscription_item",
        "current_period_start": int(at.timestamp()),
        "current_period_end": int((at + PERIOD).timestamp()),
        "quantity": 1,
    }
    return {
        "id": new_id("sub"),
        "object": "subscription",
        "cancel_at": None,
        "created": int(at.timestamp()),
        "customer": session["customer"] or new_id("cus"),
        "ended_at": None,
        "items": {"object": "list", "data": [item], "has_more": False},
        "livemode": False,
        "metadata": dict(session["subscription_metadata"]),
        "status": "active",
    }


def event_of(kind: str, about: Said, *, at: datetime, version: str) -> Said:
    """Give an event: what happened to an object, and how that was then."""
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": version,
        "created": int(at.timestamp()),
        "data": {"object": dict(about)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def error_of(
    code: str | None, text: str, *, param: str | None = None, kind: str | None = None
) -> Said:
    """Give the body of an error."""
    said = {"type": kind or "invalid_request_error", "message": text, "param": param}
    if code is not None:
        said |= {"code": code, "doc_url": f"{DOCS}#{code.replace('_', '-')}"}
    return {"error": {name: value for name, value in said.items() if value is not None}}
