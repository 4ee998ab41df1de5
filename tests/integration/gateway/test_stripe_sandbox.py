"""The stand-in's webhooks reach a gateway, signed, however they come: lost, doubled, swapped."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session

from domain.queries.people import subscription_of
from gateway.__main__ import server_config
from gateway.app import make_app
from gateway.outside import Outside
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.pages import an_id
from tests.helpers.refunds import NOW, Counterpart, till_at
from tests.helpers.said import published, rows
from tests.helpers.sandbox import Clock
from tests.helpers.serving import serving
from workers.checkout import CheckoutError, Upgrade, begin_upgrade
from workers.sandbox import Fault, Kind, running_sandbox
from workers.sandbox.stripe_hooks import Endpoint

SECRET = "whsec_sandbox"
ADA = an_id("Ada")
UPGRADE = Upgrade(
    user_id=ADA,
    price="price_1",
    success_url="https://momento.example/thanks",
    cancel_url="https://momento.example",
    request_id="click 1",
)


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Counterpart]:
    clock = Clock(NOW)
    app = make_app(engine, clock=clock, outside=Outside(stripe_webhook_secret=SecretStr(SECRET)))
    with (
        serving(app, server_config) as url,
        running_sandbox(tmp_path / "sandbox", clock=clock) as sandbox,
    ):
        endpoint = Endpoint(f"{url}/webhooks/stripe", SECRET)
        sandbox.stripe.rules = replace(sandbox.stripe.rules, endpoint=endpoint)
        way = till_at(sandbox)
        yield Counterpart(engine, sandbox, clock=clock, till=way)
        way.close()


@pytest.mark.parametrize("faults", [[], [Kind.DOUBLE] * 3, [Kind.SWAP], [Kind.LOSE]], ids=str)
def test_a_refund_is_told_once_whatever_becomes_of_its_webhooks(
    till: Counterpart, faults: list[Kind]
) -> None:
    """G12: a duplicate or out-of-order one has the effect of one in order."""
    till.owe("Ada")
    till.sandbox.stripe.books.refunds_pend = True
    till.work()
    (refund,) = till.sandbox.stripe.pending()
    till.sandbox.stripe.report(refund, "succeeded")
    for kind in faults:
        till.sandbox.stripe.webhook_faults.order(Fault(kind))
    called = till.sandbox.stripe.deliver()
    assert {each.status for each in called} == {204}
    Application(till.engine).run([])
    assert till.payments() == {"Ada": "refunded"}
    assert till.states()["Ada"].state == "made"
    assert len(published(till.engine, "payment.refunded")) == 1


def test_one_that_fails_in_the_end_is_seen_by_ops(till: Counterpart) -> None:
    till.owe("Ada")
    till.work()
    (refund,) = [e for e in till.sandbox.stripe.books.objects.values() if e["object"] == "refund"]
    till.sandbox.stripe.report(refund["id"], "failed")
    till.sandbox.stripe.deliver()
    # The webhook says only that it failed; a worker makes of it what becomes of the refund.
    Application(till.engine).run([])
    assert till.states()["Ada"] == ("failed", "refund_failed")
    assert rows(till.engine, "SELECT type, reason FROM inbox WHERE state = 'held'") == []


class TestUpgrade:
    def test_who_goes_through_with_it_is_premium(self, till: Counterpart) -> None:
        diary = Diary()
        diary.people("Ada")
        Application(till.engine).run(diary.pages)
        page = begin_upgrade(till.desk.till, UPGRADE)
        assert begin_upgrade(till.desk.till, UPGRADE) == page
        assert page.expires_at > NOW
        till.sandbox.stripe.books.complete(page.id)
        till.sandbox.stripe.deliver()
        Application(till.engine).run([])
        with Session(till.engine) as session:
            standing = subscription_of(session, ADA, now=NOW)
        assert standing is not None
        assert (standing.status, standing.is_active) == ("premium", True)

    def test_no_page_says_whether_to_ask_again(self, till: Counterpart) -> None:
        till.order(Kind.TOO_MANY)
        with pytest.raises(CheckoutError) as caught:
            begin_upgrade(till.desk.till, UPGRADE)
        assert (caught.value.code, caught.value.later) == ("rate_limit", True)
        with pytest.raises(CheckoutError) as caught:
            begin_upgrade(till_at(till.sandbox, key="sk_wrong"), UPGRADE)
        assert caught.value.later is False
