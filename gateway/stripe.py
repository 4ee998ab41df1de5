"""`POST /webhooks/stripe`: verifies, keeps, and publishes what it means; then answers.

Stripe signs the bytes of the body and the second at which it does. Its package checks the former
and would take any second in the future, so the second is checked here, either way.
"""

import re
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from stripe import SignatureVerificationError, WebhookSignature

from domain.constants import WEBHOOK_TOLERANCE
from domain.inbox.reading import NotUnderstoodError
from domain.inbox.stripe_events import StripeEvent, read_event
from domain.inbox.taking import take
from gateway.context import context_of
from gateway.hooks import NOT_NOW, hear, secrets_in
from gateway.problems import Kind, ProblemError

STRIPE_PATH: Final = "/webhooks/stripe"
SIGNATURE: Final = "stripe-signature"
SECONDS: Final = re.compile(r"[0-9]{1,11}")
NOT_SIGNED: Final = (
    "Sign the body as it is sent, as Stripe does, with the secret of our webhook endpoint."
)


async def hear_stripe(request: Request) -> Response:
    """Take an event in, once; it is committed before the answer."""
    context = context_of(request)
    secrets = secrets_in(
        context.outside.stripe_webhook_secret, "STRIPE_WEBHOOK_SECRET", hear="Stripe"
    )
    header = request.headers.get(SIGNATURE, "")
    if not header:
        raise ProblemError(Kind.FORGED, NOT_SIGNED)
    event, taken = await hear(
        request,
        lambda raw, now: read_signed(raw, header, secrets=secrets, now=now),
        take=take,
        of="Stripe",
    )
    context.log.info("stripe.heard", stripe_event=event.id, type=event.type, state=taken.state)
    return Response(status_code=204)


def read_signed(raw: bytes, header: str, *, secrets: list[str], now: datetime) -> StripeEvent:
    """Read an event of Stripe's.

    Raises ProblemError: 400 if it isn't signed by them and now, 422 if it isn't as we take it.
    """
    if not any(_is_signed(raw, header, secret=secret) for secret in secrets):
        raise ProblemError(Kind.FORGED, NOT_SIGNED)
    signed_at = _signed_at(header)
    if signed_at is None or abs(now - signed_at) > WEBHOOK_TOLERANCE:
        raise ProblemError(Kind.FORGED, NOT_NOW)
    try:
        return read_event(raw, now=now)
    except NotUnderstoodError as error:
        raise ProblemError(Kind.UNSUITABLE, str(error)) from None


def _is_signed(raw: bytes, header: str, *, secret: str) -> bool:
    try:
        WebhookSignature.verify_header(raw, header, secret)
    except (SignatureVerificationError, TypeError, ValueError):
        # The last two for a body that isn't UTF-8 and a signature that isn't ASCII.
        return False
    return True


def _signed_at(header: str) -> datetime | None:
    """Give the second at which it was signed, which the signature covers; None if that is unclear.

    There must be one, in digits: the package takes the first of several.
    """
    items = [item.partition("=") for item in header.split(",")]
    said = [value for name, _, value in items if name == "t"]
    if len(said) != 1 or not SECONDS.fullmatch(said[0]):
        return None
    return datetime.fromtimestamp(int(said[0]), UTC)
