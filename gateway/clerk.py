"""`POST /webhooks/clerk`: verifies, keeps, and publishes what it means; then answers.

Clerk sends by Svix, whose signatures are those of Standard Webhooks: HMAC-SHA256 over id, second
and body. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from domain.constants import WEBHOOK_TOLERANCE
from domain.inbox.clerk import take_clerk
from domain.inbox.clerk_events import ClerkEvent, read_clerk
from domain.inbox.reading import NotUnderstoodError
from gateway.body import read_body
from gateway.context import context_of
from gateway.hooks import setting, write
from gateway.problems import Kind, ProblemError
from gateway.reading import media_type_of

CLERK_PATH: Final = "/webhooks/clerk"
MEDIA_TYPE: Final = "application/json"
PREFIX: Final = "whsec_"
SCHEME: Final = "v1,"
IDENTITY: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")
SECONDS: Final = re.compile(r"[0-9]{1,11}")
NOT_SIGNED: Final = (
    "Sign id, second and body as they are sent, as Svix does, with the secret of our endpoint."
)
NOT_NOW: Final = "It was signed too long ago or in the future; set the clock and sign it anew."
NOT_READABLE: Final = "Set CLERK_WEBHOOK_SECRET to what Clerk shows, whsec_ and base64."


class Signed(NamedTuple):
    """What Svix says beside the body."""

    id: str
    second: str
    signatures: str


async def hear_clerk(request: Request) -> Response:
    """Take an event in, once; it is committed before the answer."""
    context = context_of(request)
    outside = context.outside.clerk_webhook_secret
    keys = [
        _key(each) for each in setting(outside, "CLERK_WEBHOOK_SECRET", hear="Clerk").split(",")
    ]
    signed = _signed(request.headers)
    if media_type_of(request.headers) != MEDIA_TYPE:
        raise ProblemError(Kind.UNSUPPORTED, f"Content-Type must be {MEDIA_TYPE}.")
    with context.admission.request() as load:
        limits, now = context.limits, context.clock()
        raw = await read_body(request, limits.webhook_bytes, limits=limits, load=load)
        event = await context.in_thread(lambda: read_signed(raw, signed, keys=keys, now=now))
        taken = await write(context, lambda session: take_clerk(session, event))
    context.ringer.ring(taken.types)
    context.log.info("clerk.heard", clerk_event=event.id, type=event.type, state=taken.state)
    return Response(status_code=204)


def read_signed(raw: bytes, signed: Signed, *, keys: list[bytes], now: datetime) -> ClerkEvent:
    """Read an event of Clerk's.

    Raises ProblemError: 400 if it isn't signed by them and now, 422 if it isn't as we take it.
    """
    given = [each.removeprefix(SCHEME) for each in signed.signatures.split() if each[:3] == SCHEME]
    made = [
        make_signature(raw, identity=signed.id, second=signed.second, key=key)
        for key in keys
        if key
    ]
    if not any(hmac.compare_digest(one.encode(), each.encode()) for one in made for each in given):
        raise ProblemError(Kind.FORGED, NOT_SIGNED)
    if abs(now - datetime.fromtimestamp(int(signed.second), UTC)) > WEBHOOK_TOLERANCE:
        raise ProblemError(Kind.FORGED, NOT_NOW)
    try:
        return read_clerk(raw, signed.id, now=now)
    except NotUnderstoodError as error:
        raise ProblemError(Kind.UNSUITABLE, str(error)) from None


def make_signature(raw: bytes, *, identity: str, second: str, key: bytes) -> str:
    """Sign a body as Standard Webhooks has it."""
    said = b".".join((identity.encode(), second.encode(), raw))
    return b64encode(hmac.digest(key, said, sha256)).decode()


def _signed(headers: Headers) -> Signed:
    """Read Svix's headers; raises ProblemError (400) for what they can't be."""
    said = Signed(*(headers.get(f"svix-{name}", "") for name in ("id", "timestamp", "signature")))
    if not (IDENTITY.fullmatch(said.id) and SECONDS.fullmatch(said.second) and said.signatures):
        raise ProblemError(Kind.FORGED, NOT_SIGNED)
    return said


def _key(secret: str) -> bytes:
    """Read a secret, empty if there is none; raises ProblemError (503) if it is no secret."""
    try:
        return b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ProblemError(Kind.NOT_SET_UP, NOT_READABLE) from None
