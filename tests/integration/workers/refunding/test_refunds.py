"""Money goes back once, whatever Stripe and the way to it do; what doesn't is seen by ops."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlmodel import Session

from domain.constants import HANDOVER_LEASE, MOST_TRIES, REFUND_KEY_LIFE, REST_LONGEST_PAUSE
from domain.envelope import Envelope
from domain.inbox.money import came_back, went_back
from domain.inbox.stripe_objects import Refund
from domain.payments.refund_log import close
from domain.tables.payments import DisputeOutcome
from tests.helpers.apply import Application
from tests.helpers.refunds import Counterpart, Stands, payment_of, till_at
from tests.helpers.said import published, rows
from workers.refunding.desk import RefundDesk
from workers.sandbox.faults import Kind

MADE = Stands("made")
LATER = REST_LONGEST_PAUSE + timedelta(minutes=1)


class TestAllIsWell:
    def test_what_must_go_back_does_and_the_payment_says_so(self, till: Counterpart) -> None:
        till.owe("Ada", "Bo", amount=700)
        assert till.states() == {"Ada": Stands("due"), "Bo": Stands("due")}
        assert till.payments() == {"Ada": "refund_pending", "Bo": "refund_pending"}
        till.work()
        assert till.states() == {"Ada": MADE, "Bo": MADE}
        assert till.payments() == {"Ada": "refunded", "Bo": "refunded"}
        assert till.made() == {"Ada": 1, "Bo": 1}
        (entry, _) = till.asked()
        name = entry.asked["payment_intent"].removeprefix("pi_")
        assert entry.asked == {
            "key": f"refund:{payment_of(name)}:1",
            "payment_intent": f"pi_{name}",
            "reason": "requested_by_customer",
            "metadata": {"payment_id": payment_of(name)},
        }

    def test_until_stripe_says_so_the_payment_waits(self, till: Counterpart) -> None:
        till.sandbox.stripe.books.refunds_pend = True
        till.owe("Ada")
        till.work()
        assert till.states() == {"Ada": Stands("pending")}
        assert till.payments() == {"Ada": "refund_pending"}
        (refund,) = till.sandbox.stripe.pending()
        till.sandbox.stripe.report(refund, "succeeded")
        # No webhook comes: it is looked for.
        till.live_on(hours=1)
        assert (till.states(), till.payments()) == ({"Ada": MADE}, {"Ada": "refunded"})
        assert till.made() == {"Ada": 1}

    def test_only_what_is_left_goes_back_and_once(self, till: Counterpart) -> None:
        till.owe("Ada")
        till.sandbox.stripe.books.refund({"payment_intent": "pi_Ada", "amount": "200"})
        till.work()
        # What somebody gave back at Stripe is heard of when it is looked for.
        till.live_on(hours=1)
        assert (till.states(), till.payments()) == ({"Ada": MADE}, {"Ada": "refunded"})
        assert [each["amount_in_cents"] for each in published(till.engine, "payment.refunded")] == [
            300,
            200,
        ]

    def test_a_refund_of_which_an_older_worker_left_no_row_is_made(self, till: Counterpart) -> None:
        till.owe("Ada")
        with till.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM refunds")
        assert [till.desk.give_up_lost() for _ in range(2)] == [1, 0]
        till.work()
        assert rows(till.engine, "SELECT wish, state FROM refunds") == [("event_cancelled", "made")]


class TestLostAnswers:
    """G9, of money: what Stripe did and nobody heard of is done once."""

    @pytest.mark.parametrize("kind", [Kind.CLOSE, Kind.GARBAGE, Kind.HANG])
    @pytest.mark.parametrize("accepts", [True, False], ids=["done", "not done"])
    def test_with_the_same_key_it_is_made_once(
        self, till: Counterpart, kind: Kind, *, accepts: bool
    ) -> None:
        till.owe("Ada")
        till.order(kind, accepts=accepts)
        till.work()
        assert till.states()["Ada"].state == "due"
        till.live_on(hours=1)
        assert (till.states(), till.made()) == ({"Ada": MADE}, {"Ada": 1})
        assert len({each.asked["key"] for each in till.asked()}) == 1
        assert till.refused_as_double() == []

    @pytest.mark.parametrize("accepts", [True, False], ids=["done", "not done"])
    def test_once_stripe_has_forgotten_the_key_it_is_looked_for(
        self, till: Counterpart, *, accepts: bool
    ) -> None:
        till.owe("Ada")
        till.order(Kind.CLOSE, accepts=accepts)
        till.work()
        till.clock.pass_by(timedelta(days=2))
        till.work()
        assert (till.states(), till.made()) == ({"Ada": MADE}, {"Ada": 1})
        assert len(till.asked("GET /v1/refunds")) == 1
        assert till.refused_as_double() == []
        assert timedelta(hours=24) > REFUND_KEY_LIFE + HANDOVER_LEASE

    @pytest.mark.parametrize("accepts", [True, False], ids=["done", "not done"])
    def test_stripes_500_would_come_again_for_the_same_key(
        self, till: Counterpart, *, accepts: bool
    ) -> None:
        till.owe("Ada")
        till.order(Kind.BROKEN, accepts=accepts)
        till.work()
        assert till.states() == {"Ada": Stands("due", "http_500")}
        till.live_on(hours=1)
        assert (till.states(), till.made()) == ({"Ada": MADE}, {"Ada": 1})
        assert till.refused_as_double() == []

    def test_who_was_stopped_in_between_asks_no_more(self, till: Counterpart) -> None:
        till.owe("Ada")
        taken = till.desk.take()
        till.clock.pass_by(HANDOVER_LEASE)
        till.work()
        assert till.states() == {"Ada": MADE}
        results = till.desk.send(taken.in_hand)
        till.desk.record(taken.in_hand, results)
        assert len(till.asked()) == 1
        assert till.states() == {"Ada": MADE}


class TestTrouble:
    """G13: it delays refunds and nothing else, and what it is about is in no log."""

    @pytest.mark.parametrize(
        ("kind", "code"),
        [(Kind.TOO_MANY, "rate_limit"), (Kind.CONFLICT, "idempotency_key_in_use")],
    )
    def test_stripe_rests_and_is_asked_again(
        self, till: Counterpart, kind: Kind, code: str
    ) -> None:
        till.owe("Ada", "Bo")
        till.order(kind, retry_after=timedelta(seconds=40))
        till.work()
        assert len(till.asked()) == 1
        (rest,) = rows(till.engine, "SELECT port, reason FROM port_rests")
        assert rest == ("refunds", code)
        till.clock.pass_by(LATER)
        till.work()
        assert till.states() == {"Ada": MADE, "Bo": MADE}
        assert rows(till.engine, "SELECT FROM port_rests") == []

    def test_nobody_there_is_asked_until_somebody_is(self, till: Counterpart) -> None:
        till.owe("Ada")
        away = till_at(till.sandbox)
        till.sandbox.stripe_server.stop()
        broken = RefundDesk(till.engine, away, till.clock)
        taken = broken.take()
        broken.record(taken.in_hand, broken.send(taken.in_hand))
        assert till.states() == {"Ada": Stands("due", "unreachable")}

    def test_a_key_that_isnt_ours_is_shown_and_waits(self, till: Counterpart) -> None:
        till.owe("Ada")
        stranger = RefundDesk(till.engine, till_at(till.sandbox, key="sk_wrong"), till.clock)
        taken = stranger.take()
        stranger.record(taken.in_hand, stranger.send(taken.in_hand))
        assert rows(till.engine, "SELECT reason FROM port_rests") == [("invalid_request_error",)]
        till.clock.pass_by(LATER)
        till.work()
        assert till.states() == {"Ada": MADE}


class TestRefused:
    def test_what_stripe_wont_do_is_seen_and_hurts_only_itself(self, till: Counterpart) -> None:
        till.owe("Ada", "Bo")
        till.sandbox.stripe.books.spoilt["pi_Ada"] = "charge_expired_for_refund"
        till.live_on(hours=30)
        assert till.states() == {"Ada": Stands("refused", "charge_expired_for_refund"), "Bo": MADE}
        assert till.payments() == {"Ada": "refund_pending", "Bo": "refunded"}
        assert len(till.asked()) == 2

    def test_a_payment_that_stripe_doesnt_know(self, till: Counterpart) -> None:
        till.owe("Ada")
        del till.sandbox.stripe.books.objects["pi_Ada"]
        till.work()
        assert till.states() == {"Ada": Stands("refused", "resource_missing")}

    def test_too_little_money_is_waited_for_and_then_shown(self, till: Counterpart) -> None:
        till.owe("Ada", "Bo")
        spoilt = till.sandbox.stripe.books.spoilt
        spoilt |= {"pi_Ada": "balance_insufficient", "pi_Bo": "balance_insufficient"}
        # Trouble before it, however much, is no refusal.
        with till.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE refunds SET attempts = 100")
        till.work()
        assert till.states()["Ada"] == Stands("due", "balance_insufficient")
        del spoilt["pi_Bo"]
        till.live_on(hours=60)
        assert till.states() == {"Ada": Stands("refused", "balance_insufficient"), "Bo": MADE}
        of_ada = [each for each in till.asked() if each.asked["payment_intent"] == "pi_Ada"]
        assert len(of_ada) == MOST_TRIES

    def test_a_disputed_payment_is_frozen(self, till: Counterpart) -> None:
        """The bank takes the money; both would be too much."""
        till.owe("Ada")
        till.dispute("Ada")
        till.work()
        assert till.states() == {"Ada": Stands("frozen", "disputed")}
        assert (till.asked(), till.desk.give_up_lost()) == ([], 0)

    @pytest.mark.parametrize("outcome", [DisputeOutcome.WON, DisputeOutcome.WARNING_CLOSED])
    @pytest.mark.parametrize("is_heard_first", [True, False], ids=["end first", "dispute first"])
    def test_once_the_dispute_ends_for_us_it_goes_on_by_itself(
        self, till: Counterpart, outcome: DisputeOutcome, *, is_heard_first: bool
    ) -> None:
        till.owe("Ada")
        if is_heard_first:
            till.end_dispute("Ada", outcome)
        till.dispute("Ada")
        till.step()
        if not is_heard_first:
            till.end_dispute("Ada", outcome)
        till.desk.give_up_lost()
        till.work()
        assert (till.states(), till.payments()) == ({"Ada": MADE}, {"Ada": "refunded"})
        assert till.made() == {"Ada": 1}

    def test_lost_the_money_is_gone_and_stays_with_the_bank(self, till: Counterpart) -> None:
        till.owe("Ada")
        till.dispute("Ada")
        till.end_dispute("Ada", DisputeOutcome.LOST)
        till.work()
        assert till.desk.give_up_lost() == 0
        assert (till.states(), till.made()) == ({"Ada": Stands("frozen", "disputed")}, {})
        with Session(till.engine) as session, session.begin():
            assert close(session, payment_of("Ada"), why="the bank has paid")

    def test_a_dispute_that_stripe_knows_and_we_dont_is_asked_about_again(
        self, till: Counterpart
    ) -> None:
        till.owe("Ada")
        till.sandbox.stripe.books.spoilt["pi_Ada"] = "charge_disputed"
        till.live_on(hours=30)
        assert till.states() == {"Ada": Stands("due", "charge_disputed")}
        till.dispute("Ada")
        till.live_on(hours=2)
        assert till.states() == {"Ada": Stands("frozen", "disputed")}

    def test_what_somebody_has_refunded_at_stripe_is_found(self, till: Counterpart) -> None:
        till.owe("Ada")
        till.sandbox.stripe.books.refund({"payment_intent": "pi_Ada"})
        till.work()
        assert (till.states(), till.payments()) == ({"Ada": MADE}, {"Ada": "refunded"})
        assert [each["amount_in_cents"] for each in published(till.engine, "payment.refunded")] == [
            500
        ]

    def test_one_that_is_taken_back_at_once_is_seen(self, till: Counterpart) -> None:
        till.sandbox.stripe.books.refunds_pend = True
        till.owe("Ada")
        till.work()
        (refund,) = till.sandbox.stripe.pending()
        till.sandbox.stripe.report(refund, "failed")
        till.live_on(hours=1)
        assert till.states() == {"Ada": Stands("failed", "refund_failed")}
        till.live_on(hours=48)
        assert till.made() == {"Ada": 1}


@pytest.mark.parametrize("order", [*permutations(("wish", "refunded", "failed"))], ids=" ".join)
def test_somebody_elses_that_failed_doesnt_count(till: Counterpart, order: tuple[str, ...]) -> None:
    """Somebody refunds at Stripe and the bank returns it: the money must still go back."""
    till.pay("Ada")
    refunded, failed = by_hand(till, "failed")
    for each in order:
        if each == "wish":
            till.want("Ada")
        else:
            Application(till.engine).run([refunded if each == "refunded" else failed])
    assert (till.states(), till.payments()) == ({"Ada": Stands("due")}, {"Ada": "refund_pending"})
    till.work()
    assert (till.states(), till.payments()) == ({"Ada": MADE}, {"Ada": "refunded"})
    assert till.made() == {"Ada": 1}


@pytest.mark.parametrize("is_ours_first", [True, False], ids=["ours first", "theirs first"])
def test_somebody_elses_that_failed_says_nothing_of_ours(
    till: Counterpart, *, is_ours_first: bool
) -> None:
    """What they made came back long ago, and that is heard of while ours is on its way."""
    till.pay("Ada")
    _, failed = by_hand(till, "failed")
    till.sandbox.stripe.books.refunds_pend = True
    till.want("Ada")
    till.work()
    (name,) = till.sandbox.stripe.pending()
    till.sandbox.stripe.report(name, "succeeded")
    ours = went_back(
        Refund.model_validate(till.sandbox.stripe.books.objects[name]), payment_of("Ada")
    )
    for each in (ours, failed) if is_ours_first else (failed, ours):
        Application(till.engine).run([each])
    assert (till.states(), till.payments()) == ({"Ada": MADE}, {"Ada": "refunded"})
    till.live_on(hours=48)
    assert (till.states(), till.made()) == ({"Ada": MADE}, {"Ada": 1})


@pytest.mark.parametrize("is_ours_first", [True, False], ids=["ours first", "theirs first"])
def test_ours_failed_and_somebody_else_has_given_all_of_it_back(
    till: Counterpart, *, is_ours_first: bool
) -> None:
    till.sandbox.stripe.books.refunds_pend = True
    till.owe("Ada")
    till.work()
    (name,) = till.sandbox.stripe.pending()
    till.sandbox.stripe.report(name, "failed")
    ours = Refund.model_validate(till.sandbox.stripe.books.objects[name])
    till.sandbox.stripe.books.refunds_pend = False
    refunded, _ = by_hand(till, "succeeded")
    said = [came_back(ours, payment_of("Ada")), refunded]
    for each in said if is_ours_first else reversed(said):
        Application(till.engine).run([each])
    assert (till.states(), till.payments()) == ({"Ada": MADE}, {"Ada": "refunded"})
    till.live_on(hours=48)
    assert till.made() == {"Ada": 1}


def by_hand(till: Counterpart, status: str) -> tuple[Envelope, Envelope]:
    """Refund at Stripe; what would be told of it if it is made, and if it comes to nothing."""
    made = Refund.model_validate(till.sandbox.stripe.books.refund({"payment_intent": "pi_Ada"}))
    if status != made.status:
        till.sandbox.stripe.report(made.id, status)
    failed = made.model_copy(update={"status": "failed"})
    return went_back(made, payment_of("Ada")), came_back(failed, payment_of("Ada"))


def test_a_refund_that_is_asked_for_twice_is_one(till: Counterpart) -> None:
    till.owe("Ada")
    till.owe("Ada")
    till.work()
    Application(till.engine).run([])
    assert till.made() == {"Ada": 1}
