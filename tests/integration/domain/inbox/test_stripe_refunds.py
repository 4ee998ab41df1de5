"""What follows when Stripe tells of refunds and disputes, whatever else has been heard by then."""

from itertools import permutations

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.constants import INBOX_PATIENCE
from domain.inbox.keeping import list_entries, tidy
from tests.helpers.pages import DAY, HOUR
from tests.helpers.said import published, rows
from tests.helpers.stripe import charge, dispute, event, refund
from tests.helpers.tills import evening, hear, inbox, payments, settle
from tests.integration.domain.inbox.scene import AT, DISPUTED, REFUNDED, SUCCEEDED


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
