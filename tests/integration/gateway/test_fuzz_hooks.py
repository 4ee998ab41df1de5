"""Hostile forms and headers for each webhook: refused, without effect, and never a fault of ours.

Each example is several requests over one connection, so that thousands take seconds.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from tests.helpers.said import rows
from tests.helpers.texting import text_on_its_way
from tests.integration.gateway.hooks import (
    ABOUT,
    AUTH,
    FORM,
    INBOUND,
    PUBLIC,
    STATUS,
    Hooks,
    app_for,
    hooks,
    inbound_form,
    status_form,
)
from workers.sandbox.callbacks import signature

A_TIME: Final = 25
LASTING: Final = settings(
    max_examples=3_000 // A_TIME,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
NAMES: Final = st.sampled_from([*status_form(), *inbound_form(""), "ErrorCode", "OptOutType"])
WORDS: Final = st.sampled_from(["", "STOP", "delivered", "21610", "SM1", "\0", "%", "=&;+", "é"])
FIELDS: Final = st.lists(st.tuples(NAMES | st.text(max_size=8), WORDS | st.text(max_size=20)))
BODIES: Final = (
    st.binary(max_size=200)
    | FIELDS.map(lambda fields: urlencode(fields, errors="surrogatepass").encode())
    | FIELDS.map(lambda fields: urlencode(fields, encoding="utf-16", errors="ignore").encode())
)
# What a header may hold at all; the rest never gets as far as us.
HEADER: Final = st.binary(max_size=40).map(
    lambda raw: bytes(byte for byte in raw if byte > 32 and byte != 127)
)
GOOD: Final = {STATUS + ABOUT: status_form(), INBOUND: inbound_form("STOP")}


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request that Twilio hasn't signed, or whose signature is for something else."""
    path = draw(st.sampled_from(sorted(GOOD)))
    signed = signature(PUBLIC + path, GOOD[path], token=draw(st.sampled_from([AUTH, "", "other"])))
    good = urlencode(GOOD[path]).encode()
    cut = draw(st.integers(0, len(good) - 1))
    flipped = good[:cut] + bytes([good[cut] ^ draw(st.integers(1, 255))]) + good[cut + 1 :]
    body = draw(BODIES | st.sampled_from([good[:cut], good + b"&a=1", flipped]))
    kind = draw(st.sampled_from([FORM.encode(), b"", b"application/json"]) | HEADER)
    headers = [(b"content-type", kind)]
    if draw(st.booleans()):
        given_signature = draw(st.sampled_from([signed.encode()]) | HEADER)
        headers.append((b"x-twilio-signature", given_signature))
    if draw(st.booleans()):
        headers.append((b"x-twilio-webhooks-signature-settings", draw(HEADER)))
    return {"body": body, "headers": headers, "query": draw(st.sampled_from(["", "?", "?a=%ff"]))}


@pytest.fixture
def twilio(engine: Engine) -> Iterator[Hooks]:
    with Session(engine) as session, session.begin():
        text_on_its_way(session)
    with hooks(app_for(engine)) as calling:
        yield calling


def untouched(engine: Engine) -> bool:
    """Whether nothing has come of anything."""
    states = rows(engine, "SELECT state, provider_id FROM handovers")
    return states == [("sending", None)] and rows(engine, "SELECT FROM address_facts") == []


@pytest.mark.parametrize("path", [STATUS, INBOUND])
@LASTING
@given(asked=st.lists(requests(), min_size=A_TIME, max_size=A_TIME))
def test_what_is_not_signed(
    engine: Engine, twilio: Hooks, path: str, asked: list[dict[str, Any]]
) -> None:
    for each in asked:
        answer = twilio.client.post(
            path + each["query"], content=each["body"], headers=each["headers"]
        )
        assert refused(answer), each
    assert untouched(engine)


@pytest.mark.parametrize("path", [STATUS, INBOUND])
@LASTING
@given(asked=st.lists(FIELDS, min_size=A_TIME, max_size=A_TIME))
def test_what_is_signed_and_makes_no_sense(
    engine: Engine, twilio: Hooks, path: str, asked: list[list[tuple[str, str]]]
) -> None:
    """As if Twilio itself had gone mad: whatever is said, no answer is a fault of ours."""
    for fields in asked:
        form = {
            name.encode(errors="replace").decode(): value.encode(errors="replace").decode()
            for name, value in fields
        }
        answer = twilio.call(path, form)
        assert answer.status_code in {200, 204} or refused(answer), form
        assert answer.status_code != 403, form
    assert rows(engine, "SELECT state FROM handovers") == [("sending",)]


def refused(answer: httpx.Response) -> bool:
    """Whether it is a refusal as all others are."""
    kind = answer.headers["content-type"]
    return 400 <= answer.status_code < 500 and kind == "application/problem+json"
