"""What each of Stripe's events leads to, whatever else has been heard by then."""

from datetime import timedelta
from itertools import permutations
from typing import Any, Final

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.constants import INBOX_KEPT, INBOX_PATIENCE
from domain.gatherings.payloads import EventUpdated
from domain.inbox.keeping import find_entry, list_entries, tidy
from domain.inbox.taking import take_again
from tests.helpers.evening import DAY, HOUR, START, an_id
from tests.helpers.said import published, rows
from tests.helpers.stripe import (
    Said,
    card_error,
    charge,
    dispute,
    event,
    intent,
    invoice,
    invoice_payment,
    names,
    refund,
)
from tests.helpers.stripe import (
    session as checkout,
)
from tests.helpers.stripe import (
    subscription as paid_for,
)
from tests.helpers.tills import (
    Paid,
    evening,
    hear,
    inbox,
    invitation,
    payments,
    settle,
    subscription,
)

AT: Final = START - 3 * DAY
ENDS: Final = START + 30 * DAY
ADA: Final = names("Ada", "drinks")
FEE: Final = "confirmation_fee"
SUCCEEDED: Final = event("payment_intent.succeeded", intent("1", metadata=ADA), at=AT)
FAILED: Final = event(
    "payment_intent.payment_failed",
    intent("1", status="requires_payment_method", metadata=ADA, last_payment_error=card_error()),
    at=AT - HOUR,
)
CANCELED: Final = event(
    "payment_intent.canceled",
    intent("1", status="canceled", metadata=ADA, cancellation_reason="abandoned"),
    at=AT,
)
REFUNDED: Final = event("refund.updated", refund("1", of="1", at=AT + HOUR), at=AT + HOUR)
DISPUTED: Final = event("charge.dispute.created", dispute("1", of="1", at=AT + DAY), at=AT + DAY)


def changed(kind: str, status: str, **others: Any) -> Said:
    """Something about Ada's subscription."""
    at = others.pop("at", AT)
    previous = others.pop("previous", None)
    of, name = others.pop("of", "Ada"), others.pop("name", "1")
    about = paid_for(name, of=of, status=status, ends=others.pop("ends", ENDS), **others)
    before = {} if previous is None else {"previous": {"status": previous}}
    return event(f"customer.subscription.{kind}", about, at=at, **before)


class TestPayments:
    def test_a_fee_takes_a_seat(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        hear(engine, SUCCEEDED)
        settle(engine)
        assert payments(engine) == {"1": Paid("succeeded", 500, FEE)}
        assert invitation(engine, "Ada") == "confirmed"
        ((confirmed_at,),) = rows(engine, "SELECT confirmed_at FROM invitations")
        assert confirmed_at == AT

    @pytest.mark.parametrize("said", [FAILED, CANCELED], ids=["failed", "canceled"])
    def test_what_failed_may_be_paid_again(self, engine: Engine, said: Said) -> None:
        settle(engine, evening("Ada"))
        hear(engine, said)
        settle(engine)
        assert payments(engine) == {"1": Paid("failed", 500, FEE)}
        assert invitation(engine, "Ada") == "payment_failed"
        again = event("payment_intent.succeeded", intent("2", metadata=ADA), at=AT + HOUR)
        hear(engine, again)
        settle(engine)
        assert invitation(engine, "Ada") == "confirmed"

    def test_why_it_failed(self, engine: Engine) -> None:
        for said in (FAILED, CANCELED):
            hear(engine, said)
        codes = [data["failure_code"] for data in published(engine, "payment.failed")]
        assert codes == ["insufficient_funds", "canceled"]

    @pytest.mark.parametrize("order", [*permutations([FAILED, SUCCEEDED, REFUNDED, DISPUTED])])
    def test_the_order_of_arrival_means_nothing(
        self, engine: Engine, order: tuple[Said, ...]
    ) -> None:
        settle(engine, evening("Ada"))
        for said in (*order, *order):
            hear(engine, said)
        settle(engine)
        assert payments(engine) == {"1": Paid("disputed", 500, FEE)}
        assert invitation(engine, "Ada") == "confirmed"
        assert {state for state, _ in inbox(engine).values()} == {"done"}

    def test_an_event_that_is_full_gives_the_money_back(self, engine: Engine) -> None:
        settle(engine, evening("Ada", "Bo", seats=1))
        bo = intent("2", metadata=names("Bo", "drinks"))
        hear(engine, SUCCEEDED)
        settle(engine)
        hear(engine, event("payment_intent.succeeded", bo, at=AT + HOUR))
        settle(engine)
        assert (invitation(engine, "Ada"), invitation(engine, "Bo")) == ("confirmed", "cancelled")
        assert payments(engine)["2"] == Paid("refund_pending", 500, FEE)
        hear(engine, event("refund.created", refund("2", of="2", at=AT + DAY), at=AT + DAY))
        settle(engine)
        assert payments(engine)["2"] == Paid("refunded", 500, FEE)

    def test_an_unknown_invitation_is_waited_for(self, engine: Engine) -> None:
        diary = evening("Ada")
        stranger = names("Ada", "drinks") | {"invitation_id": an_id("nobody's")}
        settle(engine, diary)
        hear(engine, event("payment_intent.succeeded", intent("1", metadata=stranger), at=AT))
        settle(engine)
        assert payments(engine) == {"1": Paid("succeeded", 500, FEE)}
        assert invitation(engine, "Ada") == "sent"
        waiting = rows(engine, "SELECT awaits FROM deliveries WHERE state = 'deferred'")
        assert waiting == [(f"invitation:{stranger['invitation_id']}",)]

    def test_an_unknown_event_is_waited_for(self, engine: Engine) -> None:
        assert hear(engine, SUCCEEDED)[:2] == ("waiting", "unknown_name")
        settle(engine)
        assert payments(engine) == {}
        settle(engine, evening("Ada"))
        assert invitation(engine, "Ada") == "confirmed"
        assert inbox(engine) == {SUCCEEDED["id"]: ("done", None)}


class TestMoneyThatIsHeld:
    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            (intent("1", amount=499, metadata=ADA), "another_amount"),
            (intent("1", amount=501, metadata=ADA), "another_amount"),
            (intent("1", amount=500, amount_received=0, metadata=ADA), "another_amount"),
            (intent("1", amount=10**11, metadata=ADA), "another_amount"),
            (intent("1", currency="eur", metadata=ADA), "another_currency"),
            (intent("1", latest_charge=None, metadata=ADA), "no_charge"),
            (intent("1", metadata={**ADA, "user_id": "Ada"}), "metadata_unreadable"),
            (intent("1", metadata={"user_id": an_id("Ada")}), "metadata_incomplete"),
        ],
    )
    def test_ops_see_why(self, engine: Engine, said: Said, reason: str) -> None:
        settle(engine, evening("Ada"))
        for _ in range(2):
            hear(engine, event("payment_intent.succeeded", said, at=AT))
        settle(engine)
        assert list(inbox(engine).values()) == [("held", reason)]
        assert payments(engine) == {}
        assert invitation(engine, "Ada") == "sent"

    def test_a_fee_of_a_while_ago_is_a_fee(self, engine: Engine) -> None:
        diary = evening("Ada")
        settle(engine, diary)
        diary.note(EventUpdated(event_id=an_id("drinks"), confirmation_fee=700), AT - DAY)
        settle(engine, diary)
        hear(engine, SUCCEEDED)
        settle(engine)
        assert invitation(engine, "Ada") == "confirmed"

    def test_ops_may_take_it_as_it_is(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        said = event("payment_intent.succeeded", intent("1", amount=400, metadata=ADA), at=AT)
        hear(engine, said)
        for may_differ, state in ((False, "held"), (True, "done")):
            with Session(engine) as session, session.begin():
                taken = take_again(session, said["id"], may_differ=may_differ)
            assert taken is not None
            assert taken.state == state
        settle(engine)
        assert payments(engine) == {"1": Paid("succeeded", 400, FEE)}
        with Session(engine) as session:
            assert take_again(session, said["id"], may_differ=True) is None


class TestRefundsAndDisputes:
    def test_parts_of_a_payment(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        hear(engine, SUCCEEDED)
        states = []
        for number, amount in ((1, 200), (2, 300)):
            part = refund(str(number), of="1", at=AT + HOUR, amount=amount)
            hear(engine, event("refund.created", part, at=AT + HOUR))
            hear(engine, event("refund.updated", part, at=AT + DAY))
            hear(engine, event("charge.refunded", charge("1", refunded=amount), at=AT + HOUR))
            settle(engine)
            states.append(payments(engine)["1"].status)
        assert states == ["succeeded", "refunded"]
        assert len(published(engine, "payment.refunded")) == 2

    def test_one_that_is_on_its_way_says_nothing_yet(self, engine: Engine) -> None:
        hear(engine, SUCCEEDED)
        pending = refund("1", of="1", at=AT, status="pending")
        assert hear(engine, event("refund.created", pending, at=AT)).reason == "refund_not_made_yet"
        assert published(engine, "payment.refunded") == []

    @pytest.mark.parametrize("status", ["failed", "canceled"])
    def test_one_that_failed_is_shown_to_ops(self, engine: Engine, status: str) -> None:
        settle(engine, evening("Ada"))
        hear(engine, SUCCEEDED)
        failed = refund("1", of="1", at=AT, status=status)
        taken = hear(engine, event("refund.failed", failed, at=AT))
        assert taken[:2] == ("held", f"refund_{status}")
        with Session(engine) as session:
            (entry,) = list_entries(session, states=["held"], limit=9)
            assert (entry.object_id, entry.reason) == ("re_1", f"refund_{status}")

    @pytest.mark.parametrize("order", [*permutations(range(3))])
    def test_one_that_came_back_is_as_if_it_had_never_been(
        self, engine: Engine, order: tuple[int, ...]
    ) -> None:
        """Also if its link comes last: it waits for it, and is judged then."""
        settle(engine, evening("Ada"))
        made, failed = (
            event(f"refund.{word}", refund("1", of="1", at=AT, status=status), at=AT)
            for word, status in (("created", "succeeded"), ("failed", "failed"))
        )
        for place in order:
            hear(engine, (SUCCEEDED, made, failed)[place])
        settle(engine)
        assert payments(engine)["1"].status == "succeeded"
        assert inbox(engine)[failed["id"]] == ("held", "refund_failed")

    @pytest.mark.parametrize("status", ["won", "warning_closed", "lost", "something_new"])
    def test_how_a_dispute_ended(self, engine: Engine, status: str) -> None:
        settle(engine, evening("Ada"))
        over = dispute("1", of="1", at=AT + DAY, status=status)
        hear(engine, event("charge.dispute.closed", over, at=AT + 2 * DAY))
        hear(engine, DISPUTED)
        hear(engine, SUCCEEDED)
        settle(engine)
        is_ours = status in ("won", "warning_closed")
        assert payments(engine)["1"].status == ("succeeded" if is_ours else "disputed")

    def test_by_the_charge_where_no_intent_is_named(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        by_charge = refund("1", of="1", at=AT + HOUR) | {"payment_intent": None}
        assert hear(engine, event("refund.created", by_charge, at=AT)).state == "waiting"
        hear(engine, SUCCEEDED)
        settle(engine)
        assert payments(engine)["1"].status == "refunded"

    def test_a_dispute_of_which_only_the_end_was_heard(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        hear(engine, SUCCEEDED)
        over = dispute("1", of="1", at=AT + DAY, status="lost")
        closed = event("charge.dispute.closed", over, at=AT + 2 * DAY)
        assert hear(engine, closed).reason == "dispute_lost"
        hear(engine, DISPUTED)
        settle(engine)
        assert payments(engine)["1"].status == "disputed"
        assert len(published(engine, "payment.disputed")) == 1

    def test_what_is_about_nothing_of_ours_waits_and_is_shown(self, engine: Engine) -> None:
        for said in (REFUNDED, DISPUTED):
            assert hear(engine, said)[:2] == ("waiting", "unknown_name")
        ((received_at,),) = rows(engine, "SELECT max(received_at) FROM inbox")
        with Session(engine) as session, session.begin():
            assert tidy(session, received_at + INBOX_PATIENCE) <= 1
            assert tidy(session, received_at + INBOX_PATIENCE + HOUR) >= 1
            assert [each.state for each in list_entries(session, states=["held"], limit=9)] == [
                "held",
                "held",
            ]
        settle(engine, evening("Ada"))
        hear(engine, SUCCEEDED)
        settle(engine)
        assert {state for state, _ in inbox(engine).values()} == {"done"}
        assert payments(engine)["1"].status == "disputed"


class TestSubscriptions:
    @pytest.mark.parametrize(
        ("status", "ours", "ends"),
        [
            ("active", "premium", ENDS),
            ("trialing", "premium", ENDS),
            ("past_due", "past_due", ENDS),
            *((word, "free", None) for word in ("unpaid", "paused", "incomplete", "canceled")),
            *((word, "free", None) for word in ("incomplete_expired", "something_new")),
        ],
    )
    def test_what_stripes_words_mean(
        self, engine: Engine, status: str, ours: str, ends: Any
    ) -> None:
        settle(engine, evening("Ada"))
        hear(engine, changed("updated", status))
        settle(engine)
        assert subscription(engine, "Ada") == (ours, ends, "sub_1")

    def test_the_end(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        over = int((AT + DAY).timestamp())
        hear(engine, changed("deleted", "canceled", at=AT + DAY, ended_at=over))
        hear(engine, changed("updated", "active", at=AT))
        settle(engine)
        assert subscription(engine, "Ada") == ("free", AT + DAY, "sub_1")

    def test_one_that_is_to_end_before_its_period_does(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        ending = int((ENDS - DAY).timestamp())
        hear(engine, changed("updated", "active", cancel_at=ending))
        settle(engine)
        assert subscription(engine, "Ada") == ("premium", ENDS - DAY, "sub_1")

    @pytest.mark.parametrize(
        "order",
        [
            *permutations(
                [
                    changed("created", "incomplete"),
                    changed("updated", "active", previous="incomplete"),
                    changed("updated", "past_due", previous="active"),
                    changed(
                        "updated", "active", previous="past_due", ends=ENDS + DAY, at=AT - HOUR
                    ),
                ]
            )
        ],
    )
    def test_all_within_a_second(self, engine: Engine, order: tuple[Said, ...]) -> None:
        settle(engine, evening("Ada"))
        for said in (*order, *order):
            hear(engine, said)
        settle(engine)
        assert subscription(engine, "Ada") == ("past_due", ENDS, "sub_1")

    @pytest.mark.parametrize(
        "order",
        [
            *permutations(
                [
                    changed("created", "active"),
                    changed("updated", "active", of="Bo", at=AT + HOUR, ends=ENDS + DAY),
                    changed("deleted", "canceled", of="Bo", at=AT + DAY, ended_at=1_790_000_000),
                    changed("created", "past_due", name="2"),
                ]
            )
        ],
    )
    def test_one_that_turns_out_to_be_anothers(
        self, engine: Engine, order: tuple[Said, ...]
    ) -> None:
        """Whose it is was put right at Stripe: the newest word counts, for both."""
        settle(engine, evening("Ada", "Bo"))
        for said in order:
            assert hear(engine, said).state == "done"
        settle(engine)
        assert subscription(engine, "Ada") == ("past_due", ENDS, "sub_2")
        status, _, name = subscription(engine, "Bo")
        assert (status, name) == ("free", "sub_1")

    def test_it_is_taken_from_whom_it_was_thought_to_be(self, engine: Engine) -> None:
        settle(engine, evening("Ada", "Bo"))
        hear(engine, changed("created", "active"))
        hear(engine, changed("updated", "active", of="Bo", at=AT + HOUR))
        settle(engine)
        assert subscription(engine, "Ada") == ("free", None, None)
        assert subscription(engine, "Bo") == ("premium", ENDS, "sub_1")

    def test_whose_it_was_is_told_so_once(self, engine: Engine) -> None:
        """What others say of them later stands, whatever becomes of it."""
        settle(engine, evening("Ada", "Bo"))
        for hours, of in enumerate(("Ada", "Bo", "Bo", "Ada", "Bo", "Bo")):
            hear(engine, changed("updated", "active", of=of, at=AT + hours * HOUR))
        said = published(engine, "subscription.changed")
        told = [each["subscription_status"] for each in said if each["user_id"] == an_id("Ada")]
        assert told == ["premium", "free", "premium", "free"]

    def test_the_best_of_several_counts(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        hear(engine, changed("updated", "active", name="2", ends=ENDS + DAY))
        hear(engine, changed("deleted", "canceled", at=AT + HOUR))
        settle(engine)
        assert subscription(engine, "Ada") == ("premium", ENDS + DAY, "sub_2")

    def test_whose_it_is_may_be_told_by_the_page(self, engine: Engine) -> None:
        settle(engine, evening("Ada"))
        assert hear(engine, changed("created", "active", of=None)).state == "waiting"
        page = checkout(
            "1", mode="subscription", subscription="sub_1", client_reference_id=an_id("Ada")
        )
        hear(engine, event("checkout.session.completed", page, at=AT))
        settle(engine)
        assert subscription(engine, "Ada") == ("premium", ENDS, "sub_1")

    @pytest.mark.parametrize(
        "order",
        [
            *permutations(
                [
                    event("payment_intent.succeeded", intent("9", amount=1_000), at=AT),
                    event("invoice_payment.paid", invoice_payment("1", intent="9"), at=AT),
                    event("invoice.paid", invoice("1", of="Ada"), at=AT),
                    event("refund.created", refund("9", of="9", at=AT, amount=1_000), at=AT),
                ]
            )
        ],
    )
    def test_what_was_paid_for_it(self, engine: Engine, order: tuple[Said, ...]) -> None:
        settle(engine, evening("Ada"))
        for said in order:
            hear(engine, said)
        settle(engine)
        assert payments(engine) == {"9": Paid("refunded", 1_000, "subscription")}
        ((owner,),) = rows(engine, "SELECT user_id FROM payments")
        assert str(owner) == an_id("Ada")


class TestSessions:
    @pytest.mark.parametrize("is_page_first", [True, False])
    def test_a_fee_that_was_paid_on_stripes_page(
        self, *, engine: Engine, is_page_first: bool
    ) -> None:
        settle(engine, evening("Ada"))
        page = checkout("1", mode="payment", payment_intent="pi_1", metadata=ADA)
        both = [
            event("checkout.session.completed", page, at=AT),
            event("payment_intent.succeeded", intent("1"), at=AT),
        ]
        for said in both if is_page_first else reversed(both):
            hear(engine, said)
        settle(engine)
        assert invitation(engine, "Ada") == "confirmed"

    @pytest.mark.parametrize(
        ("page", "state"),
        [
            (checkout("1", mode="setup"), ("done", "names_nobody")),
            (checkout("1", mode="payment", payment_intent="pi_1"), ("done", "names_nobody")),
            (
                checkout("1", mode="subscription", client_reference_id="ada@example.com"),
                ("held", "metadata_unreadable"),
            ),
        ],
    )
    def test_those_that_say_nothing(
        self, engine: Engine, page: Said, state: tuple[str, str]
    ) -> None:
        assert hear(engine, event("checkout.session.completed", page, at=AT))[:2] == state
        assert "@" not in str(rows(engine, "SELECT said FROM inbox"))


def test_what_is_long_settled_is_forgotten(engine: Engine) -> None:
    hear(engine, event("customer.created", {"id": "cus_1"}, at=AT))
    hear(engine, REFUNDED)
    ((settled_at,),) = rows(engine, "SELECT max(settled_at) FROM inbox")
    with Session(engine) as session, session.begin():
        assert tidy(session, settled_at + INBOX_KEPT + HOUR) == 2
        assert find_entry(session, REFUNDED["id"]) is not None
    assert list(inbox(engine)) == [REFUNDED["id"]]
    assert timedelta(days=30) < INBOX_KEPT
