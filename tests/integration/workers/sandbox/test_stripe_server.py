"""The stand-in for Stripe does what Stripe's own package expects, idempotency keys included."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import stripe

from domain.constants import STRIPE_API_VERSION
from tests.helpers.sandbox import NOW, Clock
from workers.sandbox import Fault, Kind, Sandbox, running_sandbox
from workers.sandbox.stripe_forms import read_form


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path, clock=Clock(NOW)) as sandbox:
        yield sandbox


def client_of(sandbox: Sandbox, key: str | None = None) -> stripe.StripeClient:
    return stripe.StripeClient(
        key or sandbox.stripe.rules.api_key,
        base_addresses={"api": sandbox.stripe_server.url},
        http_client=stripe.RequestsClient(timeout=5),
        max_network_retries=0,
    )


def test_forms_are_read_as_stripe_writes_them() -> None:
    said = read_form("a=1&metadata[user_id]=x&items[0][price]=p&items[1][price]=q&types[]=t")
    assert said == {
        "a": "1",
        "metadata": {"user_id": "x"},
        "items": [{"price": "p"}, {"price": "q"}],
        "types": ["t"],
    }


class TestPayments:
    def test_an_intent_is_made_confirmed_and_refunded_in_two_parts(self, sandbox: Sandbox) -> None:
        client = client_of(sandbox)
        intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
        assert intent.status == "requires_payment_method"
        assert client.v1.payment_intents.confirm(intent.id).status == "succeeded"
        part = client.v1.refunds.create({"payment_intent": intent.id, "amount": 200})
        rest = client.v1.refunds.create({"payment_intent": intent.id})
        assert (part.amount, rest.amount, rest.status) == (200, 300, "succeeded")
        listed = client.v1.refunds.list({"payment_intent": intent.id})
        assert [each.id for each in listed.data] == [rest.id, part.id]
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.refunds.create({"payment_intent": intent.id})
        assert caught.value.code == "charge_already_refunded"

    def test_errors_have_stripes_form(self, sandbox: Sandbox) -> None:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client_of(sandbox).v1.refunds.create({"payment_intent": "pi_never"})
        error = caught.value
        assert (error.http_status, error.code, error.param) == (
            404,
            "resource_missing",
            "payment_intent",
        )
        assert error.request_id
        with pytest.raises(stripe.AuthenticationError):
            client_of(sandbox, "sk_wrong").v1.events.list()


class TestKeys:
    def test_the_same_request_has_the_same_answer_and_one_effect(self, sandbox: Sandbox) -> None:
        client = client_of(sandbox)
        intent = sandbox.stripe.pay(500)
        asked = {"payment_intent": intent["id"]}
        one, two = (
            client.v1.refunds.create(asked, {"idempotency_key": "k"})  # type: ignore[arg-type]
            for _ in range(2)
        )
        assert one.id == two.id
        assert two.last_response is not None
        assert two.last_response.headers["Idempotent-Replayed"] == "true"
        with pytest.raises(stripe.IdempotencyError):
            client.v1.refunds.create(
                {**asked, "amount": 3},  # type: ignore[arg-type]
                {"idempotency_key": "k"},
            )

    def test_an_error_is_kept_under_its_key_and_a_429_isnt(self, sandbox: Sandbox) -> None:
        client, intent = client_of(sandbox), sandbox.stripe.pay(500)
        asked = {"payment_intent": intent["id"]}
        sandbox.stripe_server.faults.order(Fault(Kind.BROKEN))
        for _ in range(2):
            with pytest.raises(stripe.APIError):
                client.v1.refunds.create(asked, {"idempotency_key": "a"})  # type: ignore[arg-type]
        sandbox.stripe_server.faults.order(Fault(Kind.TOO_MANY))
        with pytest.raises(stripe.RateLimitError):
            client.v1.refunds.create(asked, {"idempotency_key": "b"})  # type: ignore[arg-type]
        made = client.v1.refunds.create({"payment_intent": intent["id"]}, {"idempotency_key": "b"})
        assert made.status == "succeeded"

    def test_keys_and_payments_outlive_the_sandbox(self, tmp_path: Path) -> None:
        asked = {"payment_intent": "pi_1"}
        options = {"idempotency_key": "k"}
        made: list[str] = []
        for _ in range(2):
            with running_sandbox(tmp_path, clock=Clock(NOW)) as sandbox:
                if not made:
                    sandbox.stripe.pay(500, name="pi_1")
                refund = client_of(sandbox).v1.refunds.create(asked, options)  # type: ignore[arg-type]
                made.append(refund.id)
                assert len(sandbox.stripe.books.events) == 3
        assert made[0] == made[1]


class TestEvents:
    def test_they_are_listed_newest_first_by_the_page(self, sandbox: Sandbox) -> None:
        for _ in range(5):
            sandbox.stripe.pay(500)
        listed = client_of(sandbox).v1.events.list(
            {"limit": 2, "types": ["payment_intent.succeeded"]}
        )
        found = list(listed.auto_paging_iter())
        told = [each["id"] for each in sandbox.stripe.books.events]
        assert [each.id for each in found] == told[::-1]
        assert {each.api_version for each in found} == {STRIPE_API_VERSION}

    def test_a_page_of_checkout_is_gone_through_once(self, sandbox: Sandbox) -> None:
        session = client_of(sandbox).v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "line_items": [{"price": "price_1", "quantity": 1}],
                "subscription_data": {"metadata": {"user_id": "u"}},
                "success_url": "https://momento.example",
            }
        )
        assert session.url is not None
        for _ in range(2):
            assert requests.get(session.url, timeout=5).json() == {"status": "complete"}
        kinds = [each["type"] for each in sandbox.stripe.books.events]
        assert kinds == ["customer.subscription.created", "checkout.session.completed"]
        about = sandbox.stripe.books.events[0]["data"]["object"]
        assert about["metadata"] == {"user_id": "u"}

    def test_no_key_is_in_the_journal(self, sandbox: Sandbox) -> None:
        client_of(sandbox).v1.events.list()
        written = sandbox.journal.path.read_text(encoding="utf-8")
        assert sandbox.stripe.rules.api_key not in written
        assert [json.loads(line)["what"] for line in written.splitlines()] == ["GET /v1/events"]
