"""`momento refunds`: what ops see of money that doesn't go back, and what they do about it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.figures.reading_system import read_refunds
from tests.helpers.command import Momento
from tests.helpers.refunds import Counterpart, open_till, payment_of
from tests.helpers.roles import acting_as
from tests.helpers.said import rows


@pytest.fixture
def till(engine: Engine, tmp_path: Path) -> Iterator[Counterpart]:
    with open_till(engine, tmp_path / "sandbox") as till:
        till.owe("Ada", "Bo", "Cy")
        till.sandbox.stripe.books.spoilt |= dict.fromkeys(
            ("pi_Ada", "pi_Bo"), "charge_expired_for_refund"
        )
        till.work()
        yield till


def test_what_stripe_wont_do_is_shown_and_can_be_tried_again(
    till: Counterpart, momento: Momento
) -> None:
    said = momento("refunds", "list")
    assert said.out.count("charge_expired_for_refund") == 2
    assert "5.00 usd" in said.out
    assert payment_of("Cy") not in said.out
    listed = momento("refunds", "list", "--state", "made", "--json").json
    assert [each["payment_id"] for each in listed] == [payment_of("Cy")]
    status = momento("status")
    assert "2 refunds came to nothing: see momento refunds list" in status.out.splitlines()[0]
    counts = {"due": 0, "frozen": 0, "pending": 0, "refused": 2, "failed": 0}
    assert momento("status", "--json").json["refunds"] == counts | {"oldest_s": None}

    with Session(acting_as(till.engine, "dashboard")) as session:
        now = read_refunds(session, till.clock.now)
    assert {state: count.number for state, count in now.states.items()} == counts

    till.sandbox.stripe.books.spoilt.clear()
    assert momento("refunds", "retry", payment_of("Ada")).code == 0
    assert momento("refunds", "close", payment_of("Bo"), "--why", "by bank transfer").code == 0
    till.work()
    assert till.states()["Ada"].state == "made"
    assert till.states()["Bo"] == ("closed", "by bank transfer")
    assert "came to nothing" not in momento("status").out
    log = rows(till.engine, "SELECT action, why FROM audit_log ORDER BY id")
    assert log == [("refunds.retry", None), ("refunds.close", "by bank transfer")]


def test_a_retry_looks_first_what_was_refunded_meanwhile(
    till: Counterpart, momento: Momento
) -> None:
    till.sandbox.stripe.books.spoilt.clear()
    till.sandbox.stripe.books.refund({"payment_intent": "pi_Ada"})
    assert momento("refunds", "retry", "--all").out == "To be tried again: 2.\n"
    till.work()
    assert {each.state for each in till.states().values()} == {"made"}
    assert till.refused_as_double() == []
    assert len(till.asked("GET /v1/refunds")) == 2


def test_what_cant_be_done_is_said(till: Counterpart, momento: Momento) -> None:
    for arguments in (["retry", payment_of("Cy")], ["close", payment_of("Cy"), "--why", "so"]):
        said = momento("refunds", *arguments)
        assert said.code == 1
        assert "Nothing was changed." in said.err
    assert momento("refunds", "retry", "Ada").code == 2
    assert momento("refunds", "list", "--state", "pending").out.startswith("There is nothing")


def test_what_has_waited_for_a_day_is_named(till: Counterpart, momento: Momento) -> None:
    with till.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE refunds SET state = 'due', requested_at = now() - interval '25 hours'"
        )
    assert "money has waited for a day to go back" in momento("status").out
    assert rows(till.engine, "SELECT count(*) FROM refunds WHERE state = 'due'") == [(3,)]
