"""Hostile forms and headers for each webhook: refused, without effect, and never a fault of ours.

They go to the application itself, without a server, so that thousands take seconds.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.applications import Starlette

from tests.helpers.said import rows
from tests.helpers.texting import text_on_its_way
from tests.integration.gateway.fuzzing import A_TIME, HEADER, LASTING, answers, damaged, refused
from tests.integration.gateway.hooks import (
    ABOUT,
    AUTH,
    FORM,
    INBOUND,
    PUBLIC,
    STATUS,
    app_for,
    inbound_form,
    status_form,
)
from workers.sandbox.callbacks import signature

NAMES: Final = st.sampled_from([*status_form(), *inbound_form(""), "ErrorCode", "OptOutType"])
WORDS: Final = st.sampled_from(["", "STOP", "delivered", "21610", "SM1", "\0", "%", "=&;+", "é"])
# Without lone surrogates, which no form can hold.
TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
FIELDS: Final = st.lists(st.tuples(NAMES | TEXT, WORDS | TEXT))
BODIES: Final = (
    st.binary(max_size=200)
    | FIELDS.map(lambda fields: urlencode(fields).encode())
    | FIELDS.map(lambda fields: urlencode(fields, encoding="utf-16", errors="ignore").encode())
)
GOOD: Final = {STATUS + ABOUT: status_form(), INBOUND: inbound_form("STOP")}


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request that Twilio hasn't signed, or whose signature is for something else."""
    path = draw(st.sampled_from(sorted(GOOD)))
    signed = signature(PUBLIC + path, GOOD[path], token=draw(st.sampled_from([AUTH, "", "other"])))
    good = urlencode(GOOD[path]).encode()
    bodies = [*damaged(draw, good), good + b"&a=1"]
    body = draw(BODIES | st.sampled_from(bodies))
    kind = draw(st.sampled_from([FORM.encode(), b"", b"application/json"]) | HEADER)
    headers = [(b"content-type", kind)]
    if draw(st.booleans()):
        given_signature = draw(st.sampled_from([signed.encode()]) | HEADER)
        headers.append((b"x-twilio-signature", given_signature))
    if draw(st.booleans()):
        headers.append((b"x-twilio-webhooks-signature-settings", draw(HEADER)))
    return {"content": body, "headers": headers, "url": draw(st.sampled_from(["", "?", "?a=%ff"]))}


@pytest.fixture
def app(engine: Engine) -> Starlette:
    with Session(engine) as session, session.begin():
        text_on_its_way(session)
    return app_for(engine)


def untouched(engine: Engine) -> bool:
    """Whether nothing has come of anything."""
    states = rows(engine, "SELECT state, provider_id FROM handovers")
    return states == [("sending", None)] and rows(engine, "SELECT FROM address_facts") == []


@pytest.mark.parametrize("path", [STATUS, INBOUND])
@LASTING
@given(asked=st.lists(requests(), min_size=A_TIME, max_size=A_TIME))
def test_what_is_not_signed(
    engine: Engine, app: Starlette, path: str, asked: list[dict[str, Any]]
) -> None:
    posts = [{**each, "url": path + each["url"]} for each in asked]
    for answer, post in zip(answers(app, posts), posts, strict=True):
        assert refused(answer), post
    assert untouched(engine)


@pytest.mark.parametrize("path", [STATUS, INBOUND])
@LASTING
@given(asked=st.lists(FIELDS, min_size=A_TIME, max_size=A_TIME))
def test_what_is_signed_and_makes_no_sense(
    engine: Engine, app: Starlette, path: str, asked: list[list[tuple[str, str]]]
) -> None:
    """As if Twilio itself had gone mad: whatever is said, no answer is a fault of ours."""
    posts = [_signed(path, fields) for fields in asked]
    for answer, post in zip(answers(app, posts), posts, strict=True):
        assert answer.status_code in {200, 204} or refused(answer), post
        assert answer.status_code != 403, post
    assert rows(engine, "SELECT state FROM handovers") == [("sending",)]


def _signed(path: str, fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    form = dict(fields)
    headers = {
        "content-type": FORM,
        "x-twilio-signature": signature(PUBLIC + path, form, token=AUTH),
    }
    return {"url": path, "content": urlencode(form).encode(), "headers": headers}
