"""`POST /webhooks/clerk`: verifies, keeps, and publishes what it means; then answers.

Clerk sends by Svix, whose signatures are those of Standard Webhooks, made by that project's
package. Its own check knows no clock but the machine's and fails in ways that it doesn't name, so
comparing, and the second, are ours.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from standardwebhooks import Webhook
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from domain.constants import WEBHOOK_TOLERANCE
from domain.inbox.clerk import take_clerk
from domain.inbox.clerk_events import ClerkEvent, read_clerk
from domain.inbox.reading import NotUnderstoodError
from gateway.context import context_of
from gateway.hooks import NOT_NOW, hear, secrets_in
from gateway.problems import Kind, ProblemError

CLERK_PATH: Final = "/webhooks/clerk"
SECRET: Final = re.compile(r"(whsec_)?[A-Za-z0-9+/]+={0,2}")
SCHEME: Final = "v1,"
IDENTITY: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")
# What the package signs is the number, so that it must be written in the one way it has.
SECONDS: Final = re.compile(r"0|[1-9][0-9]{0,10}")
NOT_SIGNED: Final = (
    "Sign id, second and body as they are sent, as Svix does, with the secret of our endpoint."
)
NOT_READABLE: Final = "Set CLERK_WEBHOOK_SECRET to what Clerk shows, whsec_ and base64."


class Signed(NamedTuple):
    """What Svix says beside the body."""

    id: str
    second: str
    signatures: str


async def hear_clerk(request: Request) -> Response:
    """Take an event in, once; it is committed before the answer."""
    context = context_of(request)
    secrets = secrets_in(context.outside.clerk_webhook_secret, "CLERK_WEBHOOK_SECRET", hear="Clerk")
    signers = [_signer(each) for each in secrets]
    signed = _signed(request.headers)
    event, taken = await hear(
        request,
        lambda raw, now: read_signed(raw, signed, signers=signers, now=now),
        take=take_clerk,
        of="Clerk",
    )
    context.log.info("clerk.heard", clerk_event=event.id, type=event.type, state=taken.state)
    return Response(status_code=204)


def read_signed(
    raw: bytes, signed: Signed, *, signers: Sequence[Webhook], now: datetime
) -> ClerkEvent:
    """Read an event of Clerk's.

    Raises ProblemError: 400 if it isn't signed by them and now, 422 if it isn't as we take it.
    """
    if not any(is_signed(raw, signed, signer=signer) for signer in signers):
        raise ProblemError(Kind.FORGED, NOT_SIGNED)
    if abs(now - _second(signed)) > WEBHOOK_TOLERANCE:
        raise ProblemError(Kind.FORGED, NOT_NOW)
    try:
        return read_clerk(raw, signed.id, now=now)
    except NotUnderstoodError as error:
        raise ProblemError(Kind.UNSUITABLE, str(error)) from None


def is_signed(raw: bytes, signed: Signed, *, signer: Webhook) -> bool:
    """Whether one of the signatures is the one that this secret makes."""
    try:
        made = signer.sign(signed.id, _second(signed), raw.decode()).encode()
    except ValueError:
        # A body that isn't UTF-8.
        return False
    return any(
        hmac.compare_digest(made, each.encode())
        for each in signed.signatures.split()
        if each.startswith(SCHEME)
    )


def _second(signed: Signed) -> datetime:
    return datetime.fromtimestamp(int(signed.second), UTC)


def _signed(headers: Headers) -> Signed:
    """Read Svix's headers; raises ProblemError (400) for what they can't be."""
    said = Signed(*(headers.get(f"svix-{name}", "") for name in ("id", "timestamp", "signature")))
    if not (IDENTITY.fullmatch(said.id) and SECONDS.fullmatch(said.second) and said.signatures):
        raise ProblemError(Kind.FORGED, NOT_SIGNED)
    return said


def _signer(secret: str) -> Webhook:
    """Give what signs with a secret; raises ProblemError (503) if it is no secret."""
    if not SECRET.fullmatch(secret):
        raise ProblemError(Kind.NOT_SET_UP, NOT_READABLE)
    try:
        return Webhook(secret)
    except Exception:  # noqa: BLE001 - the package says which errors only for what it verifies
        raise ProblemError(Kind.NOT_SET_UP, NOT_READABLE) from None
