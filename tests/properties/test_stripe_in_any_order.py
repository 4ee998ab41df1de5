"""Stripe's events, signed by its package, shuffled and doubled: the same rows, however heard."""

import asyncio
from datetime import timedelta
from typing import Any, Final, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.applications import Starlette

from domain.inbox.money import payment_id_of
from domain.payments.payloads import RefundRequested
from gateway.app import make_app
from gateway.outside import Outside
from tests.helpers.agree import MakeEngine
from tests.helpers.diary import Diary
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
from tests.helpers.state import State, differences, snapshot
from tests.helpers.stripe import (
    SECRET,
    Said,
    body_of,
    card_error,
    charge,
    dispute,
    event,
    intent,
    invoice,
    invoice_payment,
    names,
    refund,
    signature,
    subscription,
)
from tests.helpers.stripe import session as checkout
from tests.helpers.tills import Paid, evening, inbox, invitation, payments, settle
from tests.helpers.tills import subscription as subscribed

AT: Final = START - 3 * DAY
ENDS: Final = START + 30 * DAY
PEOPLE: Final = ("Ada", "Bo", "Cy", "Di", "Ed")
FEE: Final = "confirmation_fee"
SUCCEEDED, FAILED = "payment_intent.succeeded", "payment_intent.payment_failed"
# How often a person's subscription was said to have changed depends on the way; how it stands
# doesn't. See docs/decisions.
ON_THE_WAY: Final = ("user_facts ",)


def fees() -> list[Said]:
    """Ada pays, Bo at the second try, Cy too little, Di gives up, Ed on Stripe's page."""
    ada, bo, cy, di, ed = (names(person, "drinks") for person in PEOPLE)
    refused: Said = {"status": "requires_payment_method", "last_payment_error": card_error()}
    return [
        event(SUCCEEDED, intent("Ada", metadata=ada), at=AT),
        event(FAILED, intent("Bo", metadata=bo, **refused), at=AT),
        event(SUCCEEDED, intent("Bo", metadata=bo), at=AT),
        event(SUCCEEDED, intent("Cy", amount=5, metadata=cy), at=AT),
        event(FAILED, intent("Di", metadata=di, **refused), at=AT),
        event(
            "payment_intent.canceled",
            intent("Di", status="canceled", metadata=di, cancellation_reason="abandoned"),
            at=AT + HOUR,
        ),
        event(SUCCEEDED, intent("Ed"), at=AT),
        event(
            "checkout.session.completed",
            checkout("Ed", mode="payment", payment_intent="pi_Ed", metadata=ed),
            at=AT,
        ),
    ]


def money_back() -> list[Said]:
    """Ada in two parts and by the bank in vain, Bo by the bank, Ed in part; the rest came back."""
    later = AT + DAY
    parts = [
        refund(name, of=of, amount=amount, at=later)
        for name, of, amount in (("1", "Ada", 200), ("2", "Ada", 300), ("3", "Ed", 100))
    ]
    open_, lost = (dispute("1", of="Bo", at=later, status=s) for s in ("needs_response", "lost"))
    won, failed = (
        dispute("2", of="Ada", at=later + HOUR, status="won"),
        refund("4", of="Ed", amount=400, at=later, status="failed"),
    )
    return [
        event("charge.dispute.created", {**won, "status": "needs_response"}, at=later + HOUR),
        event("charge.dispute.closed", won, at=later + 2 * HOUR),
        event("refund.created", {**failed, "status": "succeeded"}, at=later),
        event("refund.failed", failed, at=later + HOUR),
        *(event("refund.created", part, at=later) for part in parts),
        *(event("refund.updated", part, at=later + HOUR) for part in parts),
        event("charge.refunded", charge("Ada", refunded=500), at=later),
        event("charge.dispute.created", open_, at=later),
        event("charge.dispute.closed", lost, at=later + HOUR),
    ]


def subscriptions() -> list[Said]:
    """Ada's begins within a second; Bo's ends while another goes on; Cy's is told by the page.

    Di's turns out to be Ed's.
    """

    def changed(kind: str, name: str, status: str, **others: Any) -> Said:
        at, previous = others.pop("at", AT), others.pop("previous", None)
        about = subscription(name, status=status, ends=others.pop("ends", ENDS), **others)
        before = {} if previous is None else {"previous": {"status": previous}}
        return event(f"customer.subscription.{kind}", about, at=at, **before)

    ended = int((AT + HOUR).timestamp())
    page = checkout(
        "Cy", mode="subscription", subscription="sub_Cy", client_reference_id=an_id("Cy")
    )
    return [
        changed("created", "Ada", "incomplete", of="Ada"),
        changed("updated", "Ada", "active", of="Ada", previous="incomplete"),
        changed("updated", "Ada", "past_due", of="Ada", previous="active"),
        changed("updated", "Bo1", "active", of="Bo", ends=ENDS - DAY),
        changed("deleted", "Bo1", "canceled", of="Bo", at=AT + HOUR, ended_at=ended),
        changed("created", "Bo2", "active", of="Bo"),
        changed("created", "Di", "active", of="Di"),
        changed("updated", "Di", "active", of="Ed", at=AT + HOUR),
        changed("updated", "Cy", "active", of=None, at=AT + HOUR, ends=ENDS + DAY),
        changed("created", "Cy", "active", of=None),
        event("checkout.session.completed", page, at=AT),
        event(SUCCEEDED, intent("month", amount=1_000), at=AT),
        event("invoice_payment.paid", invoice_payment("Ada", intent="month"), at=AT),
        event("invoice.paid", invoice("Ada", of="Ada"), at=AT),
        event("invoice.payment_failed", invoice("Ada", of="Ada"), at=AT + HOUR),
    ]


STORY: Final = [*fees(), *money_back(), *subscriptions()]


def app_for(engine: Engine) -> Starlette:
    outside = Outside(stripe_webhook_secret=SecretStr(SECRET))
    return make_app(acting_as(engine, "gateway"), clock=lambda: START, outside=outside)


def hear_all(engine: Engine, told: list[Said]) -> None:
    """Send webhooks, eight at once, as nothing keeps Stripe from doing."""

    async def send() -> None:
        transport = httpx.ASGITransport(app_for(engine))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            for start in range(0, len(told), 8):
                posts = (_post(client, each) for each in told[start : start + 8])
                answers = await asyncio.gather(*posts)
                assert {answer.status_code for answer in answers} == {204}

    asyncio.run(send())


async def _post(client: httpx.AsyncClient, said: Said) -> httpx.Response:
    body = body_of(said)
    headers = {
        "content-type": "application/json",
        "stripe-signature": signature(body, at=START - timedelta(seconds=1)),
    }
    return await client.post("/webhooks/stripe", content=body, headers=headers)


def after(engine: Engine, told: list[Said], *, known_from: int) -> State:
    """Hear all of it; what it is about becomes known in between, and that money is to go back.

    Or that comes after everything.
    """
    hear_all(engine, told[:known_from])
    settle(engine)
    settle(engine, evening(*PEOPLE))
    if known_from % 2 == 0:
        settle(engine, wishes())
    hear_all(engine, told[known_from:])
    settle(engine)
    if known_from % 2 == 1:
        settle(engine, wishes())
    return snapshot(engine)


def wishes() -> Diary:
    """All that was paid for the evening is to go back."""
    diary = Diary()
    for person in ("Ada", "Bo", "Ed"):
        payment = payment_id_of(f"pi_{person}")
        diary.note(RefundRequested(payment_id=payment, reason="event_cancelled"), AT + DAY)
    return diary


def refunds(engine: Engine) -> dict[str, tuple[str, str | None]]:
    """Where each refund stands, and why, by the name of its payment."""
    found = rows(
        engine,
        "SELECT stripe_payment_intent_id, state, reason FROM refunds"
        " JOIN payments ON payments.id = payment_id",
    )
    return {name.removeprefix("pi_"): (state, reason) for name, state, reason in found}


def test_what_comes_of_it(engine: Engine) -> None:
    after(engine, STORY, known_from=0)
    assert payments(engine) == {
        "Ada": Paid("refunded", 500, FEE),
        "Bo": Paid("disputed", 500, FEE),
        "Di": Paid("failed", 500, FEE),
        "Ed": Paid("refund_pending", 500, FEE),
        "month": Paid("succeeded", 1_000, "subscription"),
    }
    # Nobody has asked Stripe yet.
    assert refunds(engine) == {"Ada": ("made", None), "Bo": ("due", None), "Ed": ("due", None)}
    assert {person: invitation(engine, person) for person in PEOPLE} == {
        "Ada": "confirmed",
        "Bo": "confirmed",
        "Cy": "sent",
        "Di": "payment_failed",
        "Ed": "confirmed",
    }
    assert {person: subscribed(engine, person) for person in ("Ada", "Bo", "Cy", "Di", "Ed")} == {
        "Ada": ("past_due", ENDS, "sub_Ada"),
        "Bo": ("premium", ENDS, "sub_Bo2"),
        "Cy": ("premium", ENDS + DAY, "sub_Cy"),
        "Di": ("free", None, None),
        "Ed": ("premium", ENDS, "sub_Di"),
    }
    held = [reason for state, reason in inbox(engine).values() if state != "done"]
    assert held == ["another_amount", "refund_failed"]


class Outcome(NamedTuple):
    """The rows, what became of each event, and where what is to go back stands."""

    state: State
    inbox: dict[str, str]
    refunds: dict[str, tuple[str, str | None]]


def outcome_of(engine: Engine, told: list[Said], *, known_from: int) -> Outcome:
    state = after(engine, told, known_from=known_from)
    heard = {name: said for name, (said, _) in inbox(engine).items()}
    outcome = Outcome(state, heard, refunds(engine))
    # One of many databases, which share a server.
    engine.dispose()
    return outcome


@pytest.fixture
def in_order(make_engine_of_its_own: MakeEngine) -> Outcome:
    return outcome_of(make_engine_of_its_own(), STORY, known_from=0)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(told=st.permutations([*STORY, *STORY[::2]]), known_from=st.integers(0, len(STORY)))
def test_in_any_order_and_more_than_once(
    make_engine_of_its_own: MakeEngine, in_order: Outcome, told: list[Said], known_from: int
) -> None:
    outcome = outcome_of(make_engine_of_its_own(), told, known_from=known_from)
    found = differences(in_order.state, outcome.state)
    assert [line for line in found if not line.startswith(ON_THE_WAY)] == []
    assert outcome.inbox == in_order.inbox
    assert outcome.refunds == in_order.refunds
