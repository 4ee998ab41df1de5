"""What follows when Stripe tells of payments, whatever else has been heard by then."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.constants import INBOX_KEPT
from domain.gatherings.payloads import EventUpdated
from domain.inbox.keeping import find_entry, tidy
from domain.inbox.taking import take_again
from tests.helpers.pages import DAY, HOUR, an_id
from tests.helpers.said import published, rows
from tests.helpers.stripe import Said, event, intent, names, refund
from tests.helpers.stripe import session as checkout
from tests.helpers.tills import Paid, evening, hear, inbox, invitation, payments, settle
from tests.integration.domain.inbox.scene import (
    ADA,
    AT,
    CANCELED,
    DISPUTED,
    FAILED,
    FEE,
    REFUNDED,
    SUCCEEDED,
)


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
