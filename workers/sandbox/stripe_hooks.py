"""Stripe's webhooks: signed, tried again a few times, and now and then lost, doubled or swapped.

https://docs.stripe.com/webhooks
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests

from workers.sandbox.callbacks import CONNECT_S, READ_S, SERVER_ERROR, Called
from workers.sandbox.faults import Faults, Kind

ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where we hear of events, and the secret that they are signed with."""

    url: str
    secret: str


def signature(body: bytes, *, secret: str, at: datetime) -> str:
    """Give what Stripe-Signature says: HMAC-SHA256 over the second and the body."""
    seconds = int(at.timestamp())
    signed = b"%d.%s" % (seconds, body)
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def call(endpoint: Endpoint, event: Mapping[str, Any], *, at: datetime) -> Called:
    """Post an event; again if nobody took it."""
    body = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(body, secret=endpoint.secret, at=at),
    }
    status: int | None = None
    for attempt in range(1, ATTEMPTS + 1):
        status = _post(endpoint.url, body, headers=headers)
        if status is not None and status < SERVER_ERROR:
            return Called(status, attempt)
    return Called(status, ATTEMPTS)


def as_ordered(events: Sequence[Any], faults: Faults) -> list[Any]:
    """Give what is told in which order, as the faults have it that were ordered."""
    told: list[Any] = []
    last: list[Any] = []
    for event in events:
        fault = faults.take()
        kind = None if fault is None else fault.kind
        if kind is Kind.SWAP:
            last.append(event)
        elif kind is not Kind.LOSE:
            told += [event] * (2 if kind is Kind.DOUBLE else 1)
    return told + last


def _post(url: str, body: bytes, *, headers: Mapping[str, str]) -> int | None:
    with requests.Session() as session:
        # A proxy of the environment can't reach what runs on this machine.
        session.trust_env = False
        try:
            return session.post(
                url,
                data=body,
                headers=dict(headers),
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
            ).status_code
        except requests.RequestException:
            return None
