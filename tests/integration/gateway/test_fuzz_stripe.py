"""Hostile bodies for Stripe's webhook: refused, without effect, and never a fault of ours."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.applications import Starlette

from gateway.app import make_app
from gateway.outside import Outside
from tests.helpers.pages import START
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
from tests.helpers.stripe import SECRET, body_of, signature
from tests.integration.gateway.fuzzing import (
    A_TIME,
    HEADER,
    JUNK,
    LASTING,
    answers,
    changed_somewhere,
    damaged,
    refused,
)
from tests.properties.test_stripe_in_any_order import STORY

PATH: Final = "/webhooks/stripe"
EVENTS: Final = st.sampled_from(STORY)
NOW: Final = f"t={int(START.timestamp())}"


@st.composite
def forged(draw: st.DrawFn) -> dict[str, Any]:
    """A request that Stripe hasn't signed, or whose signature is for something else."""
    good = body_of(draw(EVENTS))
    bodies = [*damaged(draw, good), good + b" "]
    body = draw(st.sampled_from(bodies) | st.binary(max_size=200))
    signed = signature(good, at=START).encode()
    kinds = st.sampled_from([signed, signed + b",v1=0", f"{NOW},v1=".encode(), b"t=,v1"])
    headers = [(b"content-type", b"application/json")]
    if draw(st.booleans()):
        headers.append((b"stripe-signature", draw(kinds | HEADER)))
    return {"url": PATH, "content": body, "headers": headers}


@pytest.fixture
def app(engine: Engine) -> Starlette:
    outside = Outside(stripe_webhook_secret=SecretStr(SECRET))
    return make_app(acting_as(engine, "gateway"), clock=lambda: START, outside=outside)


@LASTING
@given(asked=st.lists(forged(), min_size=A_TIME, max_size=A_TIME))
def test_what_is_not_signed(engine: Engine, app: Starlette, asked: list[dict[str, Any]]) -> None:
    for answer, post in zip(answers(app, asked), asked, strict=True):
        assert (answer.status_code, refused(answer)) == (400, True), post
    assert rows(engine, "SELECT FROM inbox") == []


@LASTING
@given(asked=st.lists(changed_somewhere(EVENTS) | JUNK, min_size=A_TIME, max_size=A_TIME))
def test_what_is_signed_and_makes_no_sense(
    engine: Engine, app: Starlette, asked: list[Any]
) -> None:
    """As if Stripe itself had gone mad: whatever is said, no answer is a fault of ours."""
    posts = [_signed(said) for said in asked]
    for answer, post in zip(answers(app, posts), posts, strict=True):
        assert answer.status_code == 204 or (answer.status_code, refused(answer)) == (422, True), (
            post
        )


def _signed(said: Any) -> dict[str, Any]:
    body = body_of(said)
    headers = {
        "content-type": "application/json",
        "stripe-signature": signature(body, at=START),
    }
    return {"url": PATH, "content": body, "headers": headers}
