"""Payments that must go back, and a desk that asks the sandbox's Stripe for it, at any moment."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import SecretStr
from sqlalchemy import Engine

from domain.envelope import Envelope, enclose
from domain.inbox.money import payment_id_of
from domain.payload import Payload
from domain.payments.payloads import (
    PaymentDisputeClosed,
    PaymentDisputed,
    PaymentSucceeded,
    RefundRequested,
)
from domain.tables.payments import DisputeOutcome
from tests.helpers.apply import Application
from tests.helpers.pages import an_id
from tests.helpers.roles import acting_as
from tests.helpers.said import rows
from tests.helpers.sandbox import Clock
from workers.providers.stripe import StripeTill
from workers.refunding.desk import RefundDesk
from workers.sandbox import Sandbox, running_sandbox
from workers.sandbox.faults import Fault, Kind
from workers.sandbox.journal import Entry

# After all that is applied, which goes by the real time.
NOW: Final = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
LIMIT: Final = timedelta(seconds=2)
MINUTE: Final = timedelta(minutes=1)


class Stands(NamedTuple):
    """Where a refund stands."""

    state: str
    reason: str | None = None


def till_at(sandbox: Sandbox, **others: Any) -> StripeTill:
    """The way to the sandbox's Stripe."""
    key = SecretStr(others.pop("key", sandbox.stripe.rules.api_key))
    return StripeTill(key, url=sandbox.stripe_server.url, **{"limit": LIMIT, **others})


class Counterpart:
    """A desk, the sandbox, and what the ledger says of payments."""

    def __init__(self, engine: Engine, sandbox: Sandbox, *, clock: Clock, till: StripeTill) -> None:
        self.engine, self.sandbox, self.clock = engine, sandbox, clock
        self.desk = RefundDesk(acting_as(engine, "sender"), till, clock)

    def owe(self, *names: str, amount: int = 500) -> None:
        """Let people have paid, and have all of it to go back."""
        self.pay(*names, amount=amount)
        self.want(*names)

    def pay(self, *names: str, amount: int = 500) -> None:
        """Let people have paid."""
        for name in names:
            self.sandbox.stripe.pay(amount, name=f"pi_{name}", tells=False)
        Application(self.engine).run([_page(_paid(name, amount)) for name in names])

    def want(self, *names: str) -> None:
        """Have all that people have paid go back."""
        Application(self.engine).run([_page(_wish(name)) for name in names])

    def dispute(self, name: str) -> None:
        """Let a card holder dispute a payment."""
        said = PaymentDisputed(
            payment_id=payment_of(name), stripe_dispute_id=f"dp_{name}", reason="fraudulent"
        )
        Application(self.engine).run([_page(said, later=True)])

    def end_dispute(self, name: str, outcome: DisputeOutcome) -> None:
        """Let that dispute end."""
        said = PaymentDisputeClosed(
            payment_id=payment_of(name), stripe_dispute_id=f"dp_{name}", outcome=outcome
        )
        Application(self.engine).run([_page(said, later=True)])

    def order(self, kind: Kind, **others: Any) -> None:
        """Let the next requests meet a fault."""
        self.sandbox.stripe_server.faults.order(Fault(kind, **others))

    def step(self) -> bool:
        """Take one step of one refund; whether there was one."""
        taken = self.desk.take()
        if taken.in_hand:
            self.desk.record(taken.in_hand, self.desk.send(taken.in_hand))
        return bool(taken.in_hand)

    def work(self, *, apply: bool = True) -> None:
        """Do all that is due just now, and apply what was said."""
        while self.step():
            pass
        if apply:
            Application(self.engine).run([])

    def live_on(self, *, hours: float) -> None:
        """Let time go by in growing steps, and work."""
        until, step = self.clock.now + timedelta(hours=hours), MINUTE
        while self.clock.now < until:
            self.clock.pass_by(step)
            step *= 2
            self.work(apply=False)
        Application(self.engine).run([])

    def states(self) -> dict[str, Stands]:
        """Where each refund stands, by the name of its payment."""
        found = rows(
            self.engine,
            "SELECT stripe_payment_intent_id, state, reason FROM refunds"
            " JOIN payments ON payments.id = payment_id",
        )
        return {name.removeprefix("pi_"): Stands(*rest) for name, *rest in found}

    def payments(self) -> dict[str, str]:
        """Where each payment stands."""
        found = rows(self.engine, "SELECT stripe_payment_intent_id, status FROM payments")
        return {name.removeprefix("pi_"): status for name, status in found}

    def asked(self, what: str = "POST /v1/refunds") -> list[Entry]:
        """The requests that reached Stripe."""
        return [each for each in self.sandbox.journal.read("stripe") if each.what == what]

    def made(self) -> Counter[str]:
        """How many refunds Stripe made of each payment."""
        made = {
            (each["id"], each["to"].removeprefix("pi_"))
            for entry in self.asked()
            for each in entry.accepted
            if each["object"]["object"] == "refund"
        }
        return Counter(name for _, name in made)

    def refused_as_double(self) -> list[Entry]:
        """The requests by which a payment would have gone back twice, had Stripe let it."""
        return [
            each
            for each in self.asked()
            if isinstance(each.answered, dict)
            and each.answered.get("error", {}).get("code") == "charge_already_refunded"
        ]


def payment_of(name: str) -> str:
    """The id of somebody's payment."""
    return payment_id_of(f"pi_{name}")


def _paid(name: str, amount: int) -> PaymentSucceeded:
    said = {
        "payment_id": payment_of(name),
        "user_id": an_id(name),
        "purpose": "subscription",
        "amount_in_cents": amount,
        "currency": "usd",
        "stripe_payment_intent_id": f"pi_{name}",
        "stripe_charge_id": f"ch_{name}",
    }
    return PaymentSucceeded.model_validate(said)


def _wish(name: str) -> RefundRequested:
    return RefundRequested(payment_id=payment_of(name), reason="event_cancelled")


def _page(payload: Payload, *, later: bool = False) -> Envelope:
    at = NOW + (1 if later else -1) * MINUTE
    identity = an_id(f"{payload.NAME} {payload.subject}")
    return enclose(payload, source="/services/test", time=at, id=identity)


@contextmanager
def open_till(engine: Engine, directory: Path, *, now: datetime = NOW) -> Iterator[Counterpart]:
    """Open a till with a sandbox of its own until the block ends."""
    clock = Clock(now)
    with running_sandbox(directory, clock=clock) as sandbox:
        till = till_at(sandbox)
        yield Counterpart(engine, sandbox, clock=clock, till=till)
        till.close()
