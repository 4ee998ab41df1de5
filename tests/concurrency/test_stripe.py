"""Two of Stripe's webhooks at once: one waits, and finds what the other wrote."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.inbox.keeping import close
from domain.inbox.taking import Taken, take
from gateway.stripe import read_signed
from tests.concurrency.race import race_steps
from tests.helpers.pages import DAY, START, an_id
from tests.helpers.said import rows
from tests.helpers.stripe import (
    SECRET,
    Said,
    body_of,
    event,
    intent,
    names,
    refund,
    session,
    signature,
    subscription,
)
from tests.helpers.tills import evening, hear, inbox, invitation, payments, settle
from tests.helpers.tills import subscription as subscribed

AT: Final = START - 3 * DAY
ENDS: Final = START + 30 * DAY
PAID: Final = event("payment_intent.succeeded", intent("1", metadata=names("Ada", "drinks")), at=AT)
REFUNDED: Final = event("refund.created", refund("1", of="1", at=AT), at=AT)
BEGUN: Final = event(
    "customer.subscription.created",
    subscription("1", of=None, status="incomplete", ends=ENDS),
    at=AT,
)
ACTIVE: Final = event(
    "customer.subscription.updated",
    subscription("1", of="Ada", status="active", ends=ENDS),
    at=AT,
    previous={"status": "incomplete"},
)
PAGE: Final = event(
    "checkout.session.completed",
    session("1", mode="subscription", subscription="sub_1", client_reference_id=an_id("Ada")),
    at=AT + timedelta(seconds=1),
)


def hearing(said: Said, heard: list[Taken]) -> Callable[[Session], None]:
    """Take it in, and note what was answered."""

    def step(session: Session) -> None:
        body = body_of(said)
        told = read_signed(body, signature(body, at=START), secrets=[SECRET], now=START)
        heard.append(take(session, told))

    return step


@pytest.fixture(autouse=True)
def invited(engine: Engine) -> None:
    settle(engine, evening("Ada"))


def test_a_webhook_and_its_duplicate(engine: Engine) -> None:
    heard: list[Taken] = []
    race_steps(engine, hearing(PAID, heard), hearing(PAID, heard))
    assert [(taken.state, taken.is_new) for taken in heard] == [("done", True), ("known", False)]
    assert rows(engine, "SELECT count(*) FROM domain_events WHERE source = '/stripe'") == [(1,)]
    settle(engine)
    assert invitation(engine, "Ada") == "confirmed"


def both_ways(one: Said, other: Said) -> list[tuple[Said, Said]]:
    return [(one, other), (other, one)]


@pytest.mark.parametrize(("first", "second"), both_ways(PAID, REFUNDED))
def test_a_payment_and_its_refund(engine: Engine, first: Said, second: Said) -> None:
    """Else the refund might wait for a payment that was told of just now."""
    race_steps(engine, hearing(first, []), hearing(second, []))
    settle(engine)
    assert payments(engine)["1"].status == "refunded"
    assert {state for state, _ in inbox(engine).values()} == {"done"}


@pytest.mark.parametrize(("first", "second"), [*both_ways(BEGUN, ACTIVE), *both_ways(BEGUN, PAGE)])
def test_two_that_tell_of_one_subscription(engine: Engine, first: Said, second: Said) -> None:
    race_steps(engine, hearing(first, []), hearing(second, []))
    settle(engine)
    is_active = ACTIVE in (first, second)
    expected: tuple[Any, ...] = ("premium", ENDS, "sub_1") if is_active else ("free", None, "sub_1")
    assert subscribed(engine, "Ada") == expected
    assert {state for state, _ in inbox(engine).values()} == {"done"}


def test_who_closes_one_waits_until_nobody_judges_any_more(engine: Engine) -> None:
    """Else what it means might be published, and written over that it is closed."""
    hear(engine, REFUNDED)
    closed: list[str | None] = []

    def closing(session: Session) -> None:
        closed.append(close(session, REFUNDED["id"], now=START))

    race_steps(engine, hearing(BEGUN, []), closing)
    assert closed == ["unknown_name"]
    hear(engine, PAID)
    assert inbox(engine)[REFUNDED["id"]] == ("ignored", "closed")
