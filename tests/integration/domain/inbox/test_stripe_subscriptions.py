"""What follows when Stripe tells of subscriptions, whatever else has been heard by then."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.helpers.pages import DAY, HOUR, an_id
from tests.helpers.said import published, rows
from tests.helpers.stripe import Said, event, intent, invoice, invoice_payment, refund
from tests.helpers.stripe import session as checkout
from tests.helpers.tills import Paid, evening, hear, payments, settle, subscription
from tests.integration.domain.inbox.scene import AT, ENDS, changed


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
