"""Hostile bodies for Stripe's webhook: refused, without effect, and never a fault of ours."""

import json
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.applications import Starlette

from gateway.app import make_app
from gateway.outside import Outside
from tests.helpers.evening import START
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
from tests.helpers.stripe import SECRET, Said, body_of, signature
from tests.integration.gateway.test_fuzz_hooks import HEADER, answers, refused
from tests.properties.test_stripe_in_any_order import STORY

PATH: Final = "/webhooks/stripe"
A_TIME: Final = 25
LASTING: Final = settings(
    max_examples=3_000 // A_TIME, deadline=None, suppress_health_check=list(HealthCheck)
)
EVENTS: Final = st.sampled_from(STORY)
NOW: Final = f"t={int(START.timestamp())}"
JUNK: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["\0", "evt_1", "pi_1", "succeeded", "usd", 10**12, 2**31]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@st.composite
def forged(draw: st.DrawFn) -> dict[str, Any]:
    """A request that Stripe hasn't signed, or whose signature is for something else."""
    good = body_of(draw(EVENTS))
    cut = draw(st.integers(0, len(good) - 1))
    flipped = good[:cut] + bytes([good[cut] ^ draw(st.integers(1, 255))]) + good[cut + 1 :]
    body = draw(st.sampled_from([good[:cut], good + b" ", flipped]) | st.binary(max_size=200))
    signed = signature(good, at=START).encode()
    kinds = st.sampled_from([signed, signed + b",v1=0", f"{NOW},v1=".encode(), b"t=,v1"])
    headers = [(b"content-type", b"application/json")]
    if draw(st.booleans()):
        headers.append((b"stripe-signature", draw(kinds | HEADER)))
    return {"url": PATH, "content": body, "headers": headers}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places in a JSON value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, part in parts:
        found.append((*path, name))
        if isinstance(part, dict | list):
            found += _places(part, (*path, name))
    return found


@st.composite
def changed_somewhere(draw: st.DrawFn, events: st.SearchStrategy[Said]) -> Said:
    """An event with something else in some places."""
    said: Said = json.loads(json.dumps(draw(events)))
    for place in draw(st.lists(st.sampled_from(_places(said)), max_size=3)):
        holder: Any = said
        try:
            for name in place[:-1]:
                holder = holder[name]
            holder[place[-1]] = draw(JUNK)
        except (TypeError, KeyError, IndexError):
            # Another replacement has removed what was around it.
            continue
    return said


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
