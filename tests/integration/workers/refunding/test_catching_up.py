"""Stripe's list of events brings in exactly what its webhook didn't tell us."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from domain.constants import STRIPE_REMEMBERS
from domain.inbox.stripe_events import read_event
from domain.inbox.taking import take
from domain.ports import PortTroubleError
from tests.helpers.apply import Application
from tests.helpers.pages import an_id
from tests.helpers.refunds import NOW, Counterpart, till_at
from tests.helpers.roles import acting_as
from tests.helpers.said import published, rows
from tests.helpers.stripe import body_of
from tests.helpers.tills import evening
from workers.refunding.catching_up import CatchingUp, EventsNotUnderstoodError
from workers.sandbox.faults import Kind

HOUR = timedelta(hours=1)


class Hourly:
    """The chore, at moments of one's choosing."""

    def __init__(self, till: Counterpart) -> None:
        self.till = till
        self.going = True
        self.chore = CatchingUp(till.desk.till, lambda _: self.going)

    def run(self) -> int:
        return self.chore.run(acting_as(self.till.engine, "scheduler"), self.till.clock.now)

    def happen(self, kind: str = "payment_intent.canceled", count: int = 1) -> list[str]:
        """Let things happen at Stripe; the ids of the events."""
        books = self.till.sandbox.stripe.books
        intent = books.pay(500, metadata=fee("Ada"), tells=False)
        return [books.tell(kind, intent)["id"] for _ in range(count)]

    def hear(self, event_id: str) -> None:
        """Let the webhook tell of one."""
        said = next(e for e in self.till.sandbox.stripe.books.events if e["id"] == event_id)
        with Session(self.till.engine) as session, session.begin():
            take(session, read_event(body_of(said), now=NOW + 9 * HOUR))

    def inbox(self) -> set[str]:
        return {name for (name,) in rows(self.till.engine, "SELECT id FROM inbox")}

    def seen_until(self) -> list[datetime]:
        return [
            moment for (moment,) in rows(self.till.engine, "SELECT seen_until FROM stripe_cursors")
        ]


def fee(person: str) -> dict[str, str]:
    names = {"user_id": person, "event_id": "drinks", "invitation_id": f"drinks {person}"}
    return {name: an_id(whose) for name, whose in names.items()}


@pytest.fixture
def hourly(till: Counterpart) -> Hourly:
    return Hourly(till)


def test_exactly_what_was_missed_comes_in(hourly: Hourly) -> None:
    told, lost, late = hourly.happen(count=3)
    hourly.hear(told)
    hourly.till.clock.pass_by(HOUR)
    assert hourly.run() == 2
    hourly.hear(late)
    assert hourly.inbox() == {told, lost, late}
    assert hourly.run() == 0
    # A minute ago: most likely it is still on its way.
    (young,) = hourly.happen()
    hourly.till.clock.pass_by(timedelta(minutes=1))
    assert hourly.run() == 0
    hourly.till.clock.pass_by(HOUR)
    assert hourly.run() == 1
    assert young in hourly.inbox()
    assert len(published(hourly.till.engine, "payment.failed")) == 4


def test_a_payment_whose_webhook_was_lost_takes_its_seat(hourly: Hourly) -> None:
    till = hourly.till
    Application(till.engine).run(evening("Ada").pages)
    till.sandbox.stripe.pay(500, metadata=fee("Ada"))
    till.clock.pass_by(HOUR)
    assert hourly.run() == 1
    assert rows(till.engine, "SELECT state FROM inbox") == [("done",)]


def test_of_many_pages_none_is_left_out(hourly: Hourly) -> None:
    listed = hourly.happen(count=230)
    hourly.hear(listed[100])
    hourly.till.clock.pass_by(HOUR)
    assert hourly.run() == 229
    assert hourly.inbox() == set(listed)


def test_it_goes_on_where_it_was_killed(hourly: Hourly) -> None:
    till = hourly.till
    first = hourly.happen(count=3)
    till.clock.pass_by(timedelta(days=3))
    second = hourly.happen(count=3)
    till.clock.pass_by(HOUR)
    faults = till.sandbox.stripe_server.faults
    # The days up to now have been read but the last one: there it dies, in the midst of a page.
    till.engine.dispose()
    assert hourly.run() == 6
    before = hourly.seen_until()
    third = hourly.happen(count=120)
    till.clock.pass_by(HOUR)
    asked = len(till.asked("GET /v1/events"))
    till.order(Kind.DRIP, pause=timedelta(0))
    till.order(Kind.CLOSE)
    with pytest.raises(PortTroubleError):
        hourly.run()
    assert faults.forget() == 0
    assert len(till.asked("GET /v1/events")) == asked + 2
    assert hourly.seen_until() == before
    assert hourly.run() == 20
    assert hourly.inbox() == {*first, *second, *third}


def test_asked_to_stop_it_notes_only_what_it_has_read(hourly: Hourly) -> None:
    hourly.happen()
    hourly.till.clock.pass_by(HOUR)
    hourly.going = False
    assert hourly.run() == 0
    assert hourly.seen_until() == []


def test_the_first_time_it_reads_all_that_stripe_remembers(hourly: Hourly) -> None:
    old = hourly.happen()
    hourly.till.clock.pass_by(STRIPE_REMEMBERS - HOUR)
    assert hourly.run() == 1
    assert hourly.inbox() == set(old)


def test_of_another_version_the_object_is_asked_for_anew(hourly: Hourly) -> None:
    hourly.till.sandbox.stripe.books.version = "2019-12-03"
    hourly.happen()
    hourly.till.clock.pass_by(HOUR)
    assert hourly.run() == 1
    assert len(published(hourly.till.engine, "payment.failed")) == 1


def test_what_isnt_understood_is_shown_each_time_and_holds_up_nothing(hourly: Hourly) -> None:
    books = hourly.till.sandbox.stripe.books
    hourly.happen()
    books.tell("refund.created", {"id": "re_odd", "object": "refund", "amount": "much"})
    hourly.happen()
    hourly.till.clock.pass_by(HOUR)
    for _ in range(2):
        with pytest.raises(EventsNotUnderstoodError):
            hourly.run()
    assert len(hourly.inbox()) == 2
    assert max(hourly.seen_until()) <= NOW


def test_without_a_key_it_says_so_once(hourly: Hourly, capsys: pytest.CaptureFixture[str]) -> None:
    chore = CatchingUp(None, lambda _: True)
    assert [chore.run(hourly.till.engine, NOW) for _ in range(3)] == [0, 0, 0]
    assert capsys.readouterr().out.count("stripe.not_set_up") == 1


def test_with_a_wrong_key_it_fails(hourly: Hourly) -> None:
    chore = CatchingUp(till_at(hourly.till.sandbox, key="sk_wrong"), lambda _: True)
    with pytest.raises(PortTroubleError):
        chore.run(hourly.till.engine, NOW)


class TestWebhooksOfRefunds:
    """The webhook, the list and the answer say one thing, in whatever order."""

    def test_all_three_are_one(self, hourly: Hourly) -> None:
        till = hourly.till
        till.owe("Ada")
        till.work()
        for each in till.sandbox.stripe.books.events:
            hourly.hear(each["id"])
        till.clock.pass_by(HOUR)
        hourly.run()
        Application(till.engine).run([])
        assert len(published(till.engine, "payment.refunded")) == 1
        assert till.states()["Ada"].state == "made"

    def test_one_that_fails_later_is_seen_and_made_anew_when_asked(self, hourly: Hourly) -> None:
        till = hourly.till
        till.owe("Ada")
        till.work()
        (refund,) = till.sandbox.stripe.books.refunds(till.sandbox.stripe.books.objects["ch_Ada"])
        till.sandbox.stripe.report(refund["id"], "failed")
        for each in till.sandbox.stripe.books.events[::-1]:
            hourly.hear(each["id"])
        Application(till.engine).run([])
        assert till.states()["Ada"] == ("failed", "refund_failed")
        till.live_on(hours=48)
        assert till.made() == {"Ada": 1}

    def test_a_webhook_before_the_answer_settles_it(self, hourly: Hourly) -> None:
        till = hourly.till
        till.owe("Ada")
        taken = till.desk.take()
        answers = till.desk.send(taken.in_hand)
        for each in till.sandbox.stripe.books.events:
            hourly.hear(each["id"])
        Application(till.engine).run([])
        assert till.states()["Ada"].state == "made"
        till.desk.record(taken.in_hand, answers)
        till.live_on(hours=30)
        assert till.states()["Ada"].state == "made"
        assert len(till.asked()) == 1
