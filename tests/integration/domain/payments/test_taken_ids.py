"""Money is kept, but an id and a charge are each one payment's only."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS
from domain.envelope import Envelope
from domain.payments.payloads import PaymentSucceeded
from tests.helpers.diary import Diary
from tests.helpers.ledger import deliveries, drift, say
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.telling import tell

PAID = HANDLERS["payments.apply_payment_succeeded"]
SEAT_TAKEN = HANDLERS["invitations.apply_payment_succeeded"]
FIRST, SECOND = "pays for drinks", "pays for brunch"


def a_payment(name: str, event: str, *, payment: str, later: timedelta) -> Envelope:
    """Ada pays for her seat at an event."""
    paid = PaymentSucceeded(
        payment_id=an_id(payment),
        user_id=an_id("Ada"),
        event_id=an_id(event),
        invitation_id=an_id(f"{event} Ada"),
        amount_in_cents=500,
        currency="usd",
        stripe_payment_intent_id="pi",
        stripe_charge_id=f"ch {payment}",
    )
    return say(paid, name, at=START - 3 * DAY + later)


def statuses(engine: Engine) -> dict[str, str]:
    """Where Ada's two invitations stand."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id::text, status FROM invitations"))
        found = {row.id: row.status for row in rows}
    return {event: found[an_id(f"{event} Ada")] for event in ("drinks", "brunch")}


class TestOnePaymentThatNamesTwoSeats:
    @pytest.fixture
    def told(self, engine: Engine) -> tuple[Envelope, Envelope]:
        """Ada is invited to drinks and to brunch, and one payment is told of both."""
        diary = Diary()
        diary.people("Hanna", "Cleo", "Ada")
        diary.event("drinks", host="Hanna", seats=8)
        diary.event("brunch", host="Hanna", seats=8, starts_at=START + DAY)
        diary.invited("drinks", "Ada")
        diary.invited("brunch", "Ada")
        tell(engine, diary.pages)
        return (
            a_payment(FIRST, "drinks", payment="one", later=0 * HOUR),
            a_payment(SECOND, "brunch", payment="one", later=HOUR),
        )

    @pytest.mark.parametrize("portion", [1, 2], ids=["one by one", "in one batch"])
    def test_pays_for_the_first_and_is_rejected_for_the_other(
        self, engine: Engine, told: tuple[Envelope, Envelope], portion: int
    ) -> None:
        for start in range(0, 2, portion):
            tell(engine, told[start : start + portion])
        assert statuses(engine) == {"drinks": "confirmed", "brunch": "sent"}
        self.expect(engine, done=FIRST, rejected=SECOND)

    def test_pays_for_the_one_that_was_applied_first(
        self, engine: Engine, told: tuple[Envelope, Envelope]
    ) -> None:
        for page in reversed(told):
            tell(engine, [page])
        assert statuses(engine) == {"drinks": "sent", "brunch": "confirmed"}
        self.expect(engine, done=SECOND, rejected=FIRST)

    @staticmethod
    def expect(engine: Engine, *, done: str, rejected: str) -> None:
        for handler in (PAID, SEAT_TAKEN):
            became = deliveries(engine, handler)
            assert (became[done].state, became[rejected].state) == ("done", "rejected")
        assert (deliveries(engine, PAID)[rejected].reason or "").startswith("id_taken")
        assert drift(engine) == []
