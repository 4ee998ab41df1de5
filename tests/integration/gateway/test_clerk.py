"""Clerk's webhook: who may call, what is understood, and what is kept of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from standardwebhooks import Webhook

from domain.constants import WEBHOOK_TOLERANCE
from gateway.__main__ import server_config
from gateway.app import make_app
from gateway.clerk import Signed, is_signed
from gateway.outside import Outside
from tests.helpers.clerk import (
    CANARY,
    KEY,
    PHONE,
    SECRET,
    changed,
    deleted,
    event,
    headers,
    name_of,
)
from tests.helpers.pages import HOUR, START
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
from tests.helpers.serving import serving
from tests.integration.gateway.scene import NOTHING
from tests.integration.gateway.scene import rows as left

NOW: Final = START
PATH: Final = "/webhooks/clerk"
SECOND: Final = timedelta(seconds=1)
SAID: Final = changed("user_ada", at=NOW - HOUR)
GOOD: Final = json.dumps(SAID).encode()
NAME: Final = name_of(SAID)
SIGNED: Final = headers(GOOD, NAME, at=NOW)


@contextmanager
def calling(engine: Engine, secret: str | None = SECRET) -> Iterator[httpx.Client]:
    outside = Outside(clerk_webhook_secret=None if secret is None else SecretStr(secret))
    app = make_app(acting_as(engine, "gateway"), clock=lambda: NOW, outside=outside)
    with serving(app, server_config) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture
def client(engine: Engine) -> Iterator[httpx.Client]:
    with calling(engine) as talking:
        yield talking


def post(client: httpx.Client, body: bytes, said: dict[str, Any]) -> httpx.Response:
    return client.post(PATH, content=body, headers={"content-type": "application/json", **said})


def tell(client: httpx.Client, said: Any) -> httpx.Response:
    """Post something signed, whatever it is."""
    body = json.dumps(said).encode()
    return post(client, body, headers(body, "msg_1", at=NOW))


def untouched(engine: Engine) -> bool:
    return rows(engine, "SELECT FROM inbox") == [] and left(engine) == NOTHING


def test_the_vector_that_svix_publishes() -> None:
    """A signature that none of our code has made."""
    said = Signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    )
    signer = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert is_signed(b'{"test": 2432232314}', said, signer=signer)
    assert not is_signed(b'{"test": 2432232315}', said, signer=signer)


class TestWhoMayCall:
    def test_what_was_signed_is_taken_once(self, engine: Engine, client: httpx.Client) -> None:
        for _ in range(3):
            answer = post(client, GOOD, SIGNED)
            assert (answer.status_code, answer.content) == (204, b"")
        assert rows(engine, "SELECT id, state FROM inbox") == [(NAME, "waiting")]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            *(
                pytest.param(lambda body: body, {name: ""}, id=f"no {name}")
                for name in ("svix-id", "svix-timestamp", "svix-signature")
            ),
            pytest.param(lambda body: body, {"svix-signature": "garbage"}, id="garbage"),
            pytest.param(lambda body: body, {"svix-signature": "v1,"}, id="empty"),
            pytest.param(lambda body: body, {"svix-signature": "v1,é".encode()}, id="é"),
            pytest.param(lambda body: body, {"svix-id": "msg_2"}, id="another id"),
            pytest.param(lambda body: body, {"svix-id": "msg é".encode()}, id="no id"),
            pytest.param(lambda body: body, {"svix-timestamp": "-1"}, id="before all"),
            pytest.param(lambda body: body, {"svix-timestamp": "x"}, id="no second"),
            pytest.param(
                lambda body: body,
                {"svix-timestamp": f"0{SIGNED['svix-timestamp']}"},
                id="another way to write it",
            ),
            pytest.param(lambda body: body, {"svix-timestamp": "nan"}, id="no number"),
            pytest.param(
                lambda body: body,
                {"svix-signature": SIGNED["svix-signature"].replace("v1,", "v1a,")},
                id="another scheme",
            ),
            pytest.param(lambda body: body[:-1], {}, id="truncated"),
            pytest.param(lambda body: body + b" ", {}, id="longer"),
            pytest.param(lambda body: json.dumps(json.loads(body), indent=1).encode(), {}, id="re"),
            pytest.param(lambda _: b"\xff", {}, id="no UTF-8"),
        ],
    )
    def test_what_is_forged_is_refused(
        self,
        engine: Engine,
        client: httpx.Client,
        change: Callable[[bytes], bytes],
        said: dict[str, Any],
    ) -> None:
        answer = post(client, change(GOOD), {**SIGNED, **said})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "forged")
        assert untouched(engine)

    @pytest.mark.parametrize("way", [1, -1], ids=["future", "stale"])
    def test_what_was_not_signed_just_now_is_refused(
        self, engine: Engine, client: httpx.Client, way: int
    ) -> None:
        too_far = headers(GOOD, NAME, at=NOW + way * (WEBHOOK_TOLERANCE + SECOND))
        answer = post(client, GOOD, too_far)
        assert (answer.status_code, "clock" in answer.json()["detail"]) == (400, True)
        assert untouched(engine)
        just = headers(GOOD, NAME, at=NOW + way * WEBHOOK_TOLERANCE)
        assert post(client, GOOD, just).is_success

    def test_several_secrets_and_several_signatures(self, engine: Engine) -> None:
        other = headers(GOOD, NAME, at=NOW, key=b"other")["svix-signature"]
        both = {**SIGNED, "svix-signature": f"{other} {SIGNED['svix-signature']} v2,x"}
        with calling(engine, f"whsec_b3RoZXI=, {SECRET},") as client:
            assert post(client, GOOD, both).is_success
            assert post(client, GOOD, {**SIGNED, "svix-signature": other}).is_success
            wrong = headers(GOOD, NAME, at=NOW, key=b"")["svix-signature"]
            assert post(client, GOOD, {**SIGNED, "svix-signature": wrong}).status_code == 400

    @pytest.mark.parametrize(
        "secret", [None, "", " , ", "whsec_", "whsec_é", "whsec_a", "whsec_a b"]
    )
    def test_without_a_secret_it_says_what_is_missing(
        self, engine: Engine, secret: str | None
    ) -> None:
        with calling(engine, secret) as client:
            answer = post(client, GOOD, SIGNED)
        assert (answer.status_code, "CLERK_WEBHOOK_SECRET" in answer.text) == (503, True)
        assert untouched(engine)


@pytest.mark.parametrize(
    "said",
    [
        [SAID],
        None,
        {**SAID, "object": "user"},
        {**SAID, "type": 7},
        {**SAID, "timestamp": "1"},
        {**SAID, "data": []},
        {**SAID, "data": {**SAID["data"], "id": "a b"}},
        {**SAID, "data": {**SAID["data"], "updated_at": 10**30}},
        {**SAID, "data": {**SAID["data"], "phone_numbers": "canary"}},
        {**SAID, "data": {**SAID["data"], "email_addresses": [{"id": "canary é"}]}},
        changed("user_ada", at=NOW + HOUR),
    ],
)
def test_what_is_not_as_we_take_it_says_what_to_change(
    engine: Engine, client: httpx.Client, said: Any
) -> None:
    answer = tell(client, said)
    assert (answer.status_code, answer.json()["status"]) == (422, 422)
    assert "canary" not in answer.text
    assert untouched(engine)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (event("session.created", {"id": "sess_1"}, at=NOW), ("ignored", "not_needed")),
        (deleted(None, at=NOW), ("held", "names_nobody")),
        (changed("user_ada", at=NOW, last_name="\0" * 3), ("held", "out_of_bounds")),
        (
            changed("user_ada", at=NOW, last_name=None, email_addresses=[], phone_numbers=[]),
            ("ignored", "nothing_said"),
        ),
    ],
)
def test_what_means_nothing_here(
    engine: Engine, client: httpx.Client, said: Any, outcome: tuple[str, str]
) -> None:
    assert tell(client, said).status_code == 204
    assert rows(engine, "SELECT state, reason, said FROM inbox") == [(*outcome, None)]
    assert left(engine) == NOTHING


def test_nothing_personal_is_kept_in_the_open_or_logged(
    engine: Engine, client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    post(client, GOOD, SIGNED)
    post(client, GOOD, {**SIGNED, "svix-id": "canary"})
    kept = str(rows(engine, "SELECT * FROM inbox"))
    said = "".join(capfd.readouterr())
    for secret in (CANARY, PHONE, "Bird", "canary", SECRET, KEY.decode()):
        assert secret not in said
        assert secret not in kept
    assert "sealed:v1:" in kept
