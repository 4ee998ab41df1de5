"""Stripe's webhook: who may call, what is understood, and what is kept of it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
import stripe
from pydantic import SecretStr
from sqlalchemy import Engine

from domain.constants import STRIPE_API_VERSION, WEBHOOK_TOLERANCE
from domain.inbox.taking import LOCK
from gateway.__main__ import server_config
from gateway.app import make_app
from gateway.context import HOOKS_AT_ONCE
from gateway.limits import Limits
from gateway.outside import Outside
from tests.helpers.pages import START
from tests.helpers.postgres import PostgresServer
from tests.helpers.said import rows
from tests.helpers.serving import serving
from tests.helpers.stripe import SECRET, body_of, event, intent, names, signature
from tests.integration.gateway.scene import NOTHING, ONE, away, kudos, new_key
from tests.integration.gateway.scene import rows as left
from workers.embedded.files import wait_until

NOW: Final = START
PATH: Final = "/webhooks/stripe"
SECOND: Final = timedelta(seconds=1)
SAID: Final = event(
    "payment_intent.payment_failed",
    intent("1", status="canceled", metadata={**names("Ada", "drinks"), "note": "canary"}),
    at=NOW - SECOND,
)
GOOD: Final = body_of(SAID)


class Stripe:
    """Calls a gateway as Stripe does."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def call(self, body: bytes, header: str | bytes | None = None, **more: str) -> httpx.Response:
        """Post a body, with its signature unless another header is given."""
        said = signature(body, at=NOW) if header is None else header
        sent = {"content-type": "application/json; charset=utf-8", **more}
        headers = [*sent.items(), *([("stripe-signature", said)] if said else [])]
        return self.client.post(PATH, content=body, headers=headers)  # type: ignore[arg-type]


@contextmanager
def calling(engine: Engine, secret: str | None = SECRET) -> Iterator[Stripe]:
    outside = Outside(stripe_webhook_secret=None if secret is None else SecretStr(secret))
    app = make_app(engine, clock=lambda: NOW, outside=outside)
    with serving(app, server_config) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Stripe(client)


@pytest.fixture
def calls(engine: Engine) -> Iterator[Stripe]:
    with calling(engine) as stripe_calls:
        yield stripe_calls


def inbox(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, "SELECT id, state, reason FROM inbox ORDER BY said_at, id")


def untouched(engine: Engine) -> bool:
    return inbox(engine) == [] and left(engine) == NOTHING


def test_services_can_publish_while_webhooks_wait(engine: Engine, calls: Stripe) -> None:
    """One that holds the others up, here somebody who has the lock, holds up nobody else."""
    secret = new_key(engine)
    fees = [
        body_of(event("payment_intent.succeeded", intent(str(number)), at=NOW - SECOND))
        for number in range(HOOKS_AT_ONCE["Stripe"] + Limits().hooks_waiting + 6)
    ]
    with ThreadPoolExecutor(len(fees)) as pool:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            waiting = [pool.submit(calls.call, each) for each in fees]
            wait_until(lambda: _waits(engine), timedelta(seconds=10))
            # More than may wait are told to come again.
            wait_until(lambda: sum(each.done() for each in waiting) == 6, timedelta(seconds=20))
            refused = [each.result() for each in waiting if each.done()]
            assert {(each.status_code, each.headers["retry-after"]) for each in refused} == {
                (503, "5")
            }
            said = kudos(time=NOW.isoformat())
            headers = {"authorization": f"Bearer {secret}", "content-type": ONE}
            answer = calls.client.post(
                "/v1/events", content=json.dumps(said), headers=headers, timeout=5
            )
            assert answer.status_code == 202
        answers = Counter(each.result().status_code for each in waiting)
        assert answers == {204: len(fees) - 6, 503: 6}


def _waits(engine: Engine) -> bool:
    statement = "SELECT FROM pg_stat_activity WHERE datname = current_database()"
    return len(rows(engine, f"{statement} AND wait_event = 'advisory'")) > 1


class TestWhoMayCall:
    def test_what_stripe_signed_is_taken_once(self, engine: Engine, calls: Stripe) -> None:
        for _ in range(3):
            answer = calls.call(GOOD)
            assert (answer.status_code, answer.content) == (204, b"")
        assert inbox(engine) == [(SAID["id"], "done", None)]
        assert rows(engine, "SELECT source, type FROM domain_events") == [
            ("/stripe", "app.momento.payment.failed.v1")
        ]

    @pytest.mark.parametrize(
        ("change", "header"),
        [
            pytest.param(lambda body: body, "", id="no signature"),
            pytest.param(lambda body: body, "t=1,v1=", id="empty"),
            pytest.param(lambda body: body, "garbage", id="garbage"),
            pytest.param(lambda body: body, "t=x,v1=0", id="no second"),
            pytest.param(
                lambda body: body, f"t={int(NOW.timestamp())},v1=é".encode("latin-1"), id="é"
            ),
            pytest.param(lambda body: body, f"t={int(NOW.timestamp())},v1=\xff\xfe", id="bytes"),
            pytest.param(lambda body: body[:-1], None, id="truncated"),
            pytest.param(lambda body: body + b"\n", None, id="longer"),
            pytest.param(lambda body: json.dumps(json.loads(body)).encode(), None, id="rewritten"),
            pytest.param(lambda body: body.replace(b"500", b"501"), None, id="changed"),
            pytest.param(lambda _: b"", None, id="empty body"),
            pytest.param(lambda _: b"\xff\xfe", None, id="no UTF-8"),
        ],
    )
    def test_what_is_forged_is_refused(
        self,
        engine: Engine,
        calls: Stripe,
        change: Callable[[bytes], bytes],
        header: str | bytes | None,
    ) -> None:
        said = signature(GOOD, at=NOW) if header is None else header
        encoded = said.encode("latin-1") if isinstance(said, str) else said
        answer = calls.call(change(GOOD), encoded)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "forged")
        assert untouched(engine)

    @pytest.mark.parametrize("way", [1, -1], ids=["future", "stale"])
    def test_what_was_not_signed_just_now_is_refused(
        self, engine: Engine, calls: Stripe, way: int
    ) -> None:
        too_far = signature(GOOD, at=NOW + way * (WEBHOOK_TOLERANCE + SECOND))
        answer = calls.call(GOOD, too_far)
        assert (answer.status_code, "clock" in answer.json()["detail"]) == (400, True)
        assert untouched(engine)
        assert calls.call(GOOD, signature(GOOD, at=NOW + way * WEBHOOK_TOLERANCE)).is_success

    def test_a_second_time_in_the_header_is_refused(self, engine: Engine, calls: Stripe) -> None:
        """A stale signature, with a fresh second added that nobody has signed."""
        stale = signature(GOOD, at=NOW - timedelta(days=1))
        for header in (f"{stale},t={int(NOW.timestamp())}", f"t={int(NOW.timestamp())},{stale}"):
            assert calls.call(GOOD, header).status_code == 400
        assert untouched(engine)

    def test_another_secret_is_refused(self, engine: Engine, calls: Stripe) -> None:
        for secret in ("whsec_other", SECRET.upper()):
            header = signature(GOOD, at=NOW, secret=secret)
            assert calls.call(GOOD, header).status_code == 400
        assert untouched(engine)

    @pytest.mark.parametrize("secret", ["whsec_new", SECRET])
    def test_of_several_secrets_any_will_do(self, engine: Engine, secret: str) -> None:
        with calling(engine, f"whsec_new, {SECRET},") as calls:
            assert calls.call(GOOD, signature(GOOD, at=NOW, secret=secret)).is_success

    def test_stripe_signs_with_two_secrets_while_one_is_rotated(self, calls: Stripe) -> None:
        other = signature(GOOD, at=NOW, secret="whsec_other")
        ours = signature(GOOD, at=NOW).partition(",")[2]
        assert calls.call(GOOD, f"{other},{ours},v0=abc").is_success

    @pytest.mark.parametrize("secret", [None, "", " , "])
    def test_without_a_secret_it_says_what_is_missing(
        self, engine: Engine, secret: str | None
    ) -> None:
        with calling(engine, secret) as calls:
            answer = calls.call(GOOD)
        assert answer.status_code == 503
        assert "STRIPE_WEBHOOK_SECRET" in answer.json()["detail"]
        assert untouched(engine)


class TestWhatIsUnderstood:
    def test_the_version_is_that_of_the_package(self) -> None:
        """Who upgrades the package reads what has changed, and sets the endpoint's version."""
        assert stripe.api_version == STRIPE_API_VERSION

    @pytest.mark.parametrize(
        ("said", "names"),
        [
            ({**SAID, "api_version": "2019-12-03"}, STRIPE_API_VERSION),
            ({**SAID, "api_version": None}, STRIPE_API_VERSION),
            ({"object": "v2.core.event", "type": "v1.payment_intent.succeeded"}, "Snapshot"),
            ({**SAID, "object": "charge"}, "no event"),
            ([SAID], "no JSON object"),
            ("event", "no JSON object"),
            (None, "no JSON object"),
            ({**SAID, "id": 7}, "id"),
            ({**SAID, "id": "evt\n"}, "id"),
            ({**SAID, "created": "1"}, "created"),
            ({**SAID, "created": 10**30}, "created"),
            ({**SAID, "created": int(NOW.timestamp()) + 301}, "created"),
            ({**SAID, "data": None}, "data"),
            ({**SAID, "data": {"object": {}}}, "amount, currency, id"),
            ({**SAID, "data": {"object": {**intent("1"), "amount": "5"}}}, "amount"),
            ({**SAID, "data": {"object": intent("1", metadata=["canary"])}}, "metadata"),
        ],
    )
    def test_what_is_not_as_we_take_it_says_what_to_change(
        self, engine: Engine, calls: Stripe, said: Any, names: str
    ) -> None:
        answer = calls.call(body_of(said))
        assert (answer.status_code, answer.json()["status"]) == (422, 422)
        assert names in answer.json()["detail"]
        assert "canary" not in answer.text
        assert untouched(engine)

    @pytest.mark.parametrize("body", [b"{", b"NaN", b"[" * 100_000, b'{"object": "event"', b"\xef"])
    def test_what_is_no_json_is_refused(self, engine: Engine, calls: Stripe, body: bytes) -> None:
        try:
            header = signature(body, at=NOW)
        except UnicodeDecodeError:
            header = signature(b"", at=NOW)
        assert calls.call(body, header).status_code in {400, 422}
        assert untouched(engine)

    def test_other_bodies_are_refused(self, engine: Engine, calls: Stripe) -> None:
        large = body_of({**SAID, "pad": "x" * 1_100_000})
        assert calls.call(large).status_code == 413
        kinds = {"content-type": "text/plain"}, {"content-encoding": "gzip"}
        assert [calls.call(GOOD, **kind).status_code for kind in kinds] == [415, 415]
        assert calls.client.get(PATH).status_code == 405
        assert untouched(engine)

    def test_what_we_do_not_use_is_kept_by_its_name_only(
        self, engine: Engine, calls: Stripe
    ) -> None:
        others = (
            event("customer.created", {"id": "cus_1", "email": "canary@example.com"}, at=NOW),
            event("payment_intent.succeeded", intent("2"), at=NOW, account="acct_1"),
        )
        for said in others:
            assert calls.call(body_of(said)).status_code == 204
        assert {state[1:] for state in inbox(engine)} == {("ignored", "not_needed")}
        assert rows(engine, "SELECT said FROM inbox") == [(None,), (None,)]
        assert left(engine) == NOTHING


def test_nothing_personal_is_kept_or_logged(
    engine: Engine, calls: Stripe, capfd: pytest.CaptureFixture[str]
) -> None:
    calls.call(GOOD)
    calls.call(body_of({**SAID, "api_version": "canary"}))
    calls.call(GOOD, "t=1,v1=canary")
    said = "".join(capfd.readouterr())
    kept = str(rows(engine, "SELECT * FROM inbox")) + str(
        rows(engine, "SELECT * FROM stripe_links")
    )
    for secret in ("canary", SECRET, "secret"):
        assert secret not in said
        assert secret not in kept


def test_the_database_is_away(
    postgres_server: PostgresServer, engine: Engine, calls: Stripe
) -> None:
    with away(postgres_server, engine):
        assert calls.call(GOOD).status_code == 503
    assert calls.call(GOOD).status_code == 204
    assert [state for _, state, _ in inbox(engine)] == ["done"]
