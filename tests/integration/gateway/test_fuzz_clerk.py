"""Hostile bodies for Clerk's webhook: refused, without effect, and never a fault of ours."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.applications import Starlette

from gateway.app import make_app
from gateway.outside import Outside
from tests.helpers.clerk import SECRET, Said, changed, deleted, headers
from tests.helpers.pages import START
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
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

PATH: Final = "/webhooks/clerk"
WORDS: Final = [b"", b"v1,", b"1", b"v1,AAAA v1,=", b"99999999999"]
STORY: Final = st.sampled_from([changed("user_1", at=START), deleted("user_1", at=START)])


@st.composite
def forged(draw: st.DrawFn) -> dict[str, Any]:
    """A request that Svix hasn't signed, or whose signature is for something else."""
    good = json.dumps(draw(STORY)).encode()
    bodies = [*damaged(draw, good), good + b" "]
    body = draw(st.sampled_from(bodies) | st.binary(max_size=200))
    said = {name.encode(): value.encode() for name, value in headers(good, "m", at=START).items()}
    for name in draw(st.lists(st.sampled_from(sorted(said)))):
        said[name] = draw(HEADER | st.sampled_from(WORDS))
    return {
        "url": PATH,
        "content": body,
        "headers": [(b"content-type", b"application/json"), *said.items()],
    }


@pytest.fixture
def app(engine: Engine) -> Starlette:
    outside = Outside(clerk_webhook_secret=SecretStr(SECRET))
    return make_app(acting_as(engine, "gateway"), clock=lambda: START, outside=outside)


@LASTING
@given(asked=st.lists(forged(), min_size=A_TIME, max_size=A_TIME))
def test_what_is_not_signed(engine: Engine, app: Starlette, asked: list[dict[str, Any]]) -> None:
    for answer, post in zip(answers(app, asked), asked, strict=True):
        assert (answer.status_code, refused(answer)) == (400, True), post
    assert rows(engine, "SELECT FROM inbox") == []


@LASTING
@given(
    asked=st.lists(
        st.tuples(changed_somewhere(STORY) | JUNK, st.uuids()), min_size=A_TIME, max_size=A_TIME
    )
)
def test_what_is_signed_and_makes_no_sense(
    engine: Engine, app: Starlette, asked: list[tuple[Any, Any]]
) -> None:
    """As if Clerk itself had gone mad: whatever is said, no answer is a fault of ours."""
    posts = [_signed(said, f"msg_{name}") for said, name in asked]
    for answer, post in zip(answers(app, posts), posts, strict=True):
        assert answer.status_code in {204, 422}, post
        assert answer.status_code == 204 or refused(answer), post


def _signed(said: Said, name: str) -> dict[str, Any]:
    body = json.dumps(said).encode()
    named = {"content-type": "application/json", **headers(body, name, at=START)}
    return {"url": PATH, "content": body, "headers": named}
