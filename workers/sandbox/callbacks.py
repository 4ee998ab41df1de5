"""Requests that Twilio makes of us: signed forms, tried again as the URL's fragment says.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urldefrag

import requests

CONNECT_S, READ_S = 5, 10
MOST_RETRIES: Final = 5
SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class Called:
    """What came of it: the last status, or None if nobody answered, after so many attempts."""

    status: int | None
    attempts: int


def signature(url: str, form: Mapping[str, str], *, token: str) -> str:
    """Give what X-Twilio-Signature says: HMAC-SHA1 over the URL and the sorted parameters."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def call(url: str, form: Mapping[str, str], *, token: str) -> Called:
    """Post a form. Once more if nobody could be reached, unless `#rc=…&rp=…` says otherwise."""
    target, fragment = urldefrag(url)
    overrides = dict(parse_qsl(fragment))
    policy = overrides.get("rp", "ct")
    most = 1 + min(int(overrides.get("rc", "1")), MOST_RETRIES)
    headers = {"X-Twilio-Signature": signature(target, form, token=token)}
    status = None
    for attempt in range(1, most + 1):
        try:
            status = _post(target, form, headers=headers)
        except requests.ConnectionError:
            status = None
        except requests.RequestException:
            status = None
            if policy != "all":
                return Called(None, attempt)
        if status is not None and (status < SERVER_ERROR or policy != "all"):
            return Called(status, attempt)
    return Called(status, most)


def _post(url: str, form: Mapping[str, str], *, headers: Mapping[str, str]) -> int:
    with requests.Session() as session:
        # A proxy of the environment can't reach what runs on this machine.
        session.trust_env = False
        return session.post(
            url,
            data=dict(form),
            headers=dict(headers),
            timeout=(CONNECT_S, READ_S),
            allow_redirects=False,
        ).status_code
