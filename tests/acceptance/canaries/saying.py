"""Says canaries wherever somebody may speak to us: well formed, malformed, signed and forged."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from pydantic_core import from_json

from domain.catalogue import PUBLIC_TYPES
from domain.envelope import Envelope
from domain.users.payloads import UserRegistered
from tests.factories.worlds import phases
from tests.helpers import clerk, stripe
from tests.helpers.canaries import AREA, WORD, with_canaries
from tests.helpers.ledger import a_registration
from workers.sandbox.callbacks import signature

SECRET: Final = "whsec_secretcanary"
PUBLIC: Final = "https://hooks.example"


class Everybody(Collection[str]):
    """Whoever it is."""

    def __contains__(self, _person: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError

    def __len__(self) -> int:
        return 1


def said_by_everybody() -> list[Envelope]:
    """Domain events of every type that may be published, in which all that is personal is one."""
    pages = [page for _, pages in phases(1) for page in pages if page.type in PUBLIC_TYPES]
    return with_canaries(pages, Everybody())


def as_json(page: Envelope) -> dict[str, Any]:
    """A domain event as it is sent to the gateway."""
    return {
        "specversion": "1.0",
        "id": page.id,
        "source": page.source,
        "type": page.type,
        "subject": page.subject,
        "time": page.time.isoformat(),
        "data": from_json(page.data),
    }


def poison(number: int) -> Envelope:
    """A domain event that raises with all that it says."""
    (page,) = with_canaries([a_registration(f"poisoned {number}")], Everybody())
    assert page.type == UserRegistered.TYPE
    return page


def malformed(said: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """What is refused for its form, and says a canary in each place."""
    good = said[0]
    for name in good:
        # The name of a type that there isn't is said back to whoever publishes.
        if name not in {"data", "type"}:
            yield json.dumps({**good, name: [WORD]}).encode()
            yield json.dumps({**good, name: f"{WORD}\x01 {AREA}"}).encode()
    for name in good["data"]:
        yield json.dumps({**good, "id": "new", "data": {**good["data"], name: [WORD]}}).encode()
    yield json.dumps({**good, "id": "new", "data": {**good["data"], "note": WORD}}).encode()
    yield f'{{"{WORD}": '.encode()
    yield WORD.encode() + b"\xff"


def hooks(rules: Any) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """What providers say of people, signed, forged and malformed."""
    now = datetime.now(UTC)
    kind = {"content-type": "application/json"}
    paid = stripe.event(
        "payment_intent.succeeded", stripe.intent("1", metadata={"note": WORD}), at=now
    )
    for body in (stripe.body_of(paid), stripe.body_of({**paid, "api_version": WORD})):
        signed = stripe.signature(body, at=now, secret=SECRET)
        yield "/webhooks/stripe", body, {**kind, "stripe-signature": signed}
        yield "/webhooks/stripe", body, {**kind, "stripe-signature": f"t=1,v1={WORD}"}
    told = clerk.changed("user_1", at=now)
    for said in (told, {**told, "data": {**told["data"], "phone_numbers": WORD}}):
        body = json.dumps(said).encode()
        signed_by_clerk = clerk.headers(body, "msg_1", at=now)
        yield "/webhooks/clerk", body, {**kind, **signed_by_clerk}
        yield "/webhooks/clerk", body, {**kind, **signed_by_clerk, "svix-id": WORD}
    form = {"Body": WORD, "From": f"{AREA}00001", "To": AREA, "MessageSid": "SM1"}
    for path in ("/webhooks/twilio/inbound", "/webhooks/twilio/status"):
        for fields in (form, {**form, "MessageStatus": WORD, "OptOutType": "STOP"}):
            body = httpx.QueryParams(fields).__str__().encode()
            for made in (signature(PUBLIC + path, fields, token=rules.auth_token), WORD):
                yield (
                    path,
                    body,
                    {
                        "content-type": "application/x-www-form-urlencoded",
                        "x-twilio-signature": made,
                    },
                )
