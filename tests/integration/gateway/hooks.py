"""A gateway that Twilio may call, and forms as Twilio signs them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.applications import Starlette

from gateway.__main__ import server_config
from gateway.app import make_app
from gateway.outside import Outside
from tests.helpers.roles import acting_as
from tests.helpers.serving import serving
from tests.helpers.texting import NOW, NUMBER, SID, TOLD
from workers.sandbox.callbacks import signature

# Nobody listens there: what stands before the gateway has a name of its own.
PUBLIC: Final = "https://hooks.example/momento"
AUTH: Final = "our auth token"
STATUS: Final = "/webhooks/twilio/status"
INBOUND: Final = "/webhooks/twilio/inbound"
FORM: Final = "application/x-www-form-urlencoded"
ABOUT: Final = f"?notification={TOLD}"


def status_form(word: str = "delivered", **others: str) -> dict[str, str]:
    """What Twilio says of a message."""
    return {
        "AccountSid": "AC1",
        "MessageSid": SID,
        "MessageStatus": word,
        "SmsSid": SID,
        "To": NUMBER,
        **others,
    }


def inbound_form(body: str, **others: str) -> dict[str, str]:
    """What Twilio says of a message to us."""
    return {"Body": body, "From": NUMBER, "MessageSid": SID, "NumMedia": "0", **others}


def app_for(engine: Engine, outside: Outside | None = None) -> Starlette:
    """A gateway whose clock stands still."""
    known = Outside(SecretStr(PUBLIC), SecretStr(AUTH))
    return make_app(acting_as(engine, "gateway"), clock=lambda: NOW, outside=outside or known)


class Hooks:
    """Calls a gateway as Twilio does."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def call(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        body: bytes | None = None,
        signed: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Post a form with its signature, or with that of another URL."""
        url = PUBLIC + path if signed is None else signed
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {
            "content-type": FORM,
            "x-twilio-signature": signature(url, form, token=AUTH),
            **named,
        }
        content = urlencode(form).encode() if body is None else body
        return self.client.post(path, content=content, headers=sent)


@contextmanager
def hooks(app: Starlette) -> Iterator[Hooks]:
    """Serve, with somebody who calls."""
    with serving(app, server_config) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Hooks(client)
