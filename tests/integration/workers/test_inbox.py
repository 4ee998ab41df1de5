"""What ops do about what Stripe told us: see what is held, and why, and have it judged again."""

from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.constants import INBOX_KEPT
from domain.inbox.clerk import take_clerk
from domain.inbox.clerk_events import read_clerk
from domain.inbox.keeping import tidy
from tests.helpers.clerk import event as event_of
from tests.helpers.command import Momento
from tests.helpers.pages import START
from tests.helpers.said import published, rows
from tests.helpers.stripe import body_of, event, intent, names, refund
from tests.helpers.tills import evening, hear, settle
from workers.clock import utc_now

AT: Final = START - timedelta(days=3)
PAID: Final = event(
    "payment_intent.succeeded", intent("1", amount=400, metadata=names("Ada", "drinks")), at=AT
)
UNKNOWN: Final = event("refund.created", refund("7", of="7", at=AT), at=AT)


@pytest.fixture(autouse=True)
def heard(engine: Engine) -> None:
    settle(engine, evening("Ada"))
    for said in (PAID, UNKNOWN, event("customer.created", {"id": "cus_1"}, at=AT)):
        hear(engine, said)


class TestList:
    def test_what_is_held_or_waits(self, momento: Momento) -> None:
        out = momento("inbox", "list").out
        assert "another_amount" in out
        assert "pi_7" in out
        assert "customer.created" not in out
        states = {each["id"]: each["state"] for each in momento("inbox", "list", "--json").json}
        assert states == {PAID["id"]: "held", UNKNOWN["id"]: "waiting"}

    def test_one_state_can_be_asked_for(self, momento: Momento) -> None:
        (ignored,) = momento("inbox", "list", "--state", "ignored", "--json").json
        assert (ignored["type"], ignored["reason"]) == ("customer.created", "not_needed")
        assert momento("inbox", "list", "--state", "done").out == "There is nothing of that kind.\n"

    def test_a_wrong_limit_is_refused(self, momento: Momento) -> None:
        for limit in ("0", "-1", "x", "10001"):
            assert momento("inbox", "list", "--limit", limit).code == 2


class TestShow:
    def test_one_with_what_it_is_judged_by(self, momento: Momento) -> None:
        out = momento("inbox", "show", PAID["id"]).out
        assert out.startswith("payment_intent.succeeded of pi_1: held, another_amount\n")
        assert '"amount_received":400' in out
        assert "canary" not in out
        shown = momento("inbox", "show", UNKNOWN["id"], "--json").json
        assert shown["entry"]["awaits"] == "pi_7"

    def test_one_that_is_not_there(self, momento: Momento) -> None:
        said = momento("inbox", "show", "evt_0")
        assert (said.code, "no evt_0" in said.err) == (1, True)


class TestRetry:
    def test_it_is_judged_by_the_same_rules(self, momento: Momento) -> None:
        said = momento("inbox", "retry", PAID["id"])
        assert said.out == f"{PAID['id']} is held now, another_amount.\n"

    def test_ops_may_take_an_amount_as_it_is_once(self, engine: Engine, momento: Momento) -> None:
        said = momento("inbox", "retry", PAID["id"], "--any-amount")
        assert said.out == f"{PAID['id']} is done now.\n"
        assert [data["amount_in_cents"] for data in published(engine, "payment.succeeded")] == [400]
        again = momento("inbox", "retry", PAID["id"], "--any-amount")
        assert (again.code, "Nothing was changed" in again.err) == (1, True)

    def test_of_clerks_what_waits_goes_on_by_itself(self, engine: Engine, momento: Momento) -> None:
        gone = event_of("user.deleted", {"id": "user_9", "object": "user", "deleted": True}, at=AT)
        with Session(engine) as session, session.begin():
            take_clerk(session, read_clerk(body_of(gone), "msg_2", now=START))
        said = momento("inbox", "retry", "msg_2")
        assert (said.code, "waits for somebody to register" in said.err) == (1, True)


class TestRetryAll:
    def test_what_a_bug_has_held_is_taken_once_it_is_mended(
        self, engine: Engine, momento: Momento
    ) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE inbox SET state = 'held', awaits = NULL, reason = 'broken_KeyError'"
                " WHERE state = 'waiting'"
            )
        out = momento("inbox", "retry", "--all", "--reason", "broken_KeyError").out
        assert out == "Judged again: 1. Still held: 0.\n"
        assert momento("inbox", "retry", "--all").out == "Judged again: 1. Still held: 1.\n"
        states = {each["id"]: each["state"] for each in momento("inbox", "list", "--json").json}
        assert states == {PAID["id"]: "held", UNKNOWN["id"]: "waiting"}
        log = rows(engine, "SELECT action, details FROM audit_log ORDER BY id")
        assert log == [
            ("inbox.retry.all", {"reason": "broken_KeyError", "ids": [UNKNOWN["id"]]}),
            ("inbox.retry.all", {"reason": None, "ids": [PAID["id"]]}),
        ]

    def test_of_clerks_too(self, engine: Engine, momento: Momento) -> None:
        nobody = event_of("user.deleted", {"object": "user", "deleted": True}, at=AT)
        with Session(engine) as session, session.begin():
            take_clerk(session, read_clerk(body_of(nobody), "msg_1", now=START))
        out = momento("inbox", "retry", "--all", "--reason", "names_nobody").out
        assert out == "Judged again: 1. Still held: 1.\n"

    @pytest.mark.parametrize(
        "more", [["--all", "--any-amount"], ["evt_0", "--reason", "x"], ["evt_0", "--all"], []]
    )
    def test_what_makes_no_sense_is_refused(self, momento: Momento, more: list[str]) -> None:
        assert momento("inbox", "retry", *more).code != 0


class TestClose:
    def test_what_was_dealt_with_otherwise_is_held_no_more(
        self, engine: Engine, momento: Momento
    ) -> None:
        for said in (PAID, UNKNOWN):
            out = momento("inbox", "close", said["id"], "--why", "paid back at Stripe").out
            assert out == f"{said['id']} is closed.\n"
        assert momento("inbox", "list", "--json").json == []
        log = rows(engine, "SELECT action, why, details->>'reason' FROM audit_log ORDER BY id")
        why = "paid back at Stripe"
        assert log == [
            ("inbox.close", why, "another_amount"),
            ("inbox.close", why, "unknown_name"),
        ]
        # Told again, or what it waited for told, it stays closed; in time it is forgotten.
        assert hear(engine, PAID).state == "known"
        assert momento("inbox", "retry", PAID["id"]).code == 1
        with Session(engine) as session, session.begin():
            tidy(session, utc_now() + INBOX_KEPT + timedelta(hours=1))
        assert rows(engine, "SELECT FROM inbox WHERE reason = 'closed'") == []

    def test_a_reason_is_needed_and_something_open(self, momento: Momento) -> None:
        assert momento("inbox", "close", PAID["id"]).code == 2
        said = momento("inbox", "close", "evt_0", "--why", "x")
        assert (said.code, "Nothing was changed" in said.err) == (1, True)

    def test_of_clerks_too(self, engine: Engine, momento: Momento) -> None:
        nobody = event_of("user.deleted", {"object": "user", "deleted": True}, at=AT)
        with Session(engine) as session, session.begin():
            take_clerk(session, read_clerk(body_of(nobody), "msg_1", now=START))
        said = momento("inbox", "retry", "msg_1")
        assert (said.code, "then close it" in said.err) == (1, True)
        assert momento("inbox", "close", "msg_1", "--why", "compared").code == 0
