"""What the gateway says of itself in /openapi.json, held against what it answers.

Schemathesis makes the requests from the description, fitting ones and others, and judges the
answers by it: no fault of ours, no status, content type, header or body that isn't described.
G11: whatever comes in.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.__main__ import server_config
from gateway.app import make_app
from gateway.openapi import openapi
from gateway.outside import Outside
from tests.helpers import clerk, stripe
from tests.helpers.postgres import PostgresServer
from tests.helpers.serving import serving
from tests.integration.gateway.hooks import AUTH, INBOUND, PUBLIC, STATUS
from tests.integration.gateway.scene import new_key
from workers.database import make_engine
from workers.sandbox.callbacks import signature

PATIENCE_S: Final = 10
SCHEMA: Final = schemathesis.openapi.from_dict(openapi())
OPERATIONS: Final = {
    each.ok().label: each.ok() for each in SCHEMA.get_all_operations() if isinstance(each, Ok)
}
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BRIEF: Final = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    print_blob=True,
)


class Gateway:
    """The gateway as it is run, with everything set up, and a key for every type."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.calls = requests.Session()

    def judge(self, case: "Case[Any]", *, known: bool) -> int:
        """Send a request as it is, or as somebody known; its status, once its answer fits."""
        said: dict[str, Any] = case.as_transport_kwargs(base_url=self.url)
        prepared = self.calls.prepare_request(requests.Request(**said))
        if known:
            self._vouch(prepared)
        answer = self.calls.send(prepared, timeout=PATIENCE_S, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)
        return answer.status_code

    def _vouch(self, asked: requests.PreparedRequest) -> None:
        """Send it with our key, or with the signature of whoever it seems to come from."""
        body = asked.body if isinstance(asked.body, bytes) else str(asked.body or "").encode()
        path = asked.path_url.partition("?")[0]
        now = datetime.now(UTC)
        if path == "/v1/events":
            asked.headers["authorization"] = f"Bearer {self.key}"
        elif path == "/webhooks/clerk":
            asked.headers.update(clerk.headers(body, "msg_1", at=now))
        elif path == "/webhooks/stripe":
            # Stripe's package signs text.
            text = body if _is_text(body) else b""
            asked.headers["stripe-signature"] = stripe.signature(text, at=now)
        elif path in {STATUS, INBOUND}:
            form = {"MessageSid": "SM1", "MessageStatus": "sent", "To": "+1", "From": "+1"}
            asked.prepare_body(urlencode(form), None)
            asked.headers["x-twilio-signature"] = signature(
                PUBLIC + asked.path_url, form, token=AUTH
            )


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.fixture(scope="module")
def gateway(postgres_server: PostgresServer) -> Iterator[Gateway]:
    database_url = postgres_server.create()
    outside = Outside(
        SecretStr(PUBLIC), SecretStr(AUTH), SecretStr(stripe.SECRET), SecretStr(clerk.SECRET)
    )
    owner = make_engine(database_url, process="test", pool_size=1)
    engine = make_engine(database_url, process="gateway", pool_size=8)
    with serving(make_app(engine, outside=outside), server_config) as url:
        made = Gateway(url, new_key(owner))
        yield made
        made.calls.close()
    engine.dispose()
    owner.dispose()
    postgres_server.drop(database_url)


# Only a body can be drawn that the description doesn't allow.
CASES: Final = [
    pytest.param(name, known, mode, id=f"{name} {mode.value}{' known' * known}")
    for name, operation in OPERATIONS.items()
    for mode in (GenerationMode if operation.body else [GenerationMode.POSITIVE])
    for known in ([False, True] if operation.body else [False])
]


@pytest.mark.parametrize(("name", "known", "mode"), CASES)
@BRIEF
@given(data=st.data())
def test_it_answers_as_it_says(
    gateway: Gateway,
    name: str,
    known: bool,  # noqa: FBT001 - a case of the table
    mode: GenerationMode,
    data: st.DataObject,
) -> None:
    case = data.draw(OPERATIONS[name].as_strategy(generation_mode=mode))
    gateway.judge(case, known=known)


def test_somebody_known_is_let_in(gateway: Gateway) -> None:
    """Else the above would show little."""
    for name, status in (("POST /webhooks/twilio/inbound", 200), ("POST /webhooks/stripe", 422)):
        case = OPERATIONS[name].Case(
            body={}, media_type=next(iter(OPERATIONS[name].body)).media_type
        )
        assert gateway.judge(case, known=True) == status
