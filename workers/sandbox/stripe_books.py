"""What the stand-in for Stripe knows: payments, refunds, pages, and the events that tell of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.constants import STRIPE_API_VERSION
from workers.sandbox.stripe_shapes import (
    Said,
    charge_of,
    event_of,
    intent_of,
    refund_of,
    session_of,
    subscription_of,
)

STANDING = frozenset({"pending", "succeeded", "requires_action"})


class RefusedError(Exception):
    """Something that Stripe doesn't do: its code, and which parameter is wrong."""

    def __init__(self, code: str, param: str | None = None, *, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.param, self.status = code, param, status


@dataclass
class Books:
    """Objects by their ids, and events in the order in which they happened."""

    clock: Callable[[], datetime]
    # What events are rendered in: the account's version.
    version: str = STRIPE_API_VERSION
    # Whether refunds take their time, until somebody says what became of them.
    refunds_pend: bool = False
    objects: dict[str, Said] = field(default_factory=dict)
    events: list[Said] = field(default_factory=list)
    # What was written since it was last asked: for the journal.
    written: list[Said] = field(default_factory=list)
    # By payment intent: why no refund of it is made.
    spoilt: dict[str, str] = field(default_factory=dict)

    def pay(
        self,
        amount: int,
        *,
        currency: str = "usd",
        metadata: Mapping[str, str] | None = None,
        name: str | None = None,
        tells: bool = True,
    ) -> Said:
        """Let somebody pay so much by a payment intent, `name` if it is to be called so."""
        about = dict(metadata or {})
        intent = intent_of(amount, currency=currency, metadata=about, at=self.clock(), name=name)
        return self.confirm(self.keep(intent), tells=tells)

    def confirm(self, intent: Said, *, tells: bool = True) -> Said:
        """Let a payment intent be paid."""
        name = f"ch_{intent['id'].removeprefix('pi_')}"
        charge = self.keep(charge_of(intent, at=self.clock(), name=name))
        paid = {"status": "succeeded", "amount_received": intent["amount"]}
        intent = self.keep({**intent, **paid, "latest_charge": charge["id"]})
        if tells:
            self.tell("payment_intent.succeeded", intent)
        return intent

    def refund(self, asked: Mapping[str, Any]) -> Said:
        """Give money back: what is asked for, or all that is left. Raises RefusedError."""
        charge = self._charge(asked)
        if (code := self.spoilt.get(charge["payment_intent"])) is not None:
            raise RefusedError(code)
        gone = sum(each["amount"] for each in self.refunds(charge) if each["status"] in STANDING)
        left = charge["amount"] - gone
        if left == 0:
            raise RefusedError("charge_already_refunded")
        amount = int(asked.get("amount", left))
        if amount > left:
            raise RefusedError("amount_too_large", "amount")
        refund = self.keep(refund_of(charge, amount, asked=asked, at=self.clock()))
        if not self.refunds_pend:
            refund = self.keep({**refund, "status": "succeeded"})
        self.tell("refund.created", refund)
        if not self.refunds_pend:
            self._tell_charge(charge)
        return refund

    def report(self, refund_id: str, status: str) -> Said:
        """Say what became of a refund: succeeded, failed, canceled."""
        refund = self.keep({**self.objects[refund_id], "status": status})
        self.tell("refund.updated", refund)
        if status == "failed":
            self.tell("refund.failed", refund)
        self._tell_charge(self.objects[refund["charge"]])
        return refund

    def check_out(self, asked: Mapping[str, Any], *, page: str) -> Said:
        """Open a page on which somebody begins a subscription."""
        return self.keep(session_of(asked, at=self.clock(), page=page))

    def complete(self, session_id: str) -> Said:
        """Let somebody go through with it on that page; a second time changes nothing."""
        session = self.objects[session_id]
        if session["status"] == "complete":
            return session
        subscription = self.keep(subscription_of(session, at=self.clock()))
        done = {"status": "complete", "payment_status": "paid"}
        session = self.keep({**session, **done, "subscription": subscription["id"]})
        self.tell("customer.subscription.created", subscription)
        self.tell("checkout.session.completed", session)
        return session

    def refunds(self, charge: Said) -> list[Said]:
        """Give the refunds of a charge, oldest first."""
        listed = self.objects.values()
        of_kind = (each for each in listed if each["object"] == "refund")
        return [each for each in of_kind if each["charge"] == charge["id"]]

    def keep(self, said: Said) -> Said:
        """Write an object."""
        self.objects[said["id"]] = said
        self.written.append(said)
        return said

    def tell(self, kind: str, about: Said) -> Said:
        """Let an event happen."""
        event = event_of(kind, about, at=self.clock(), version=self.version)
        self.events.append(event)
        self.written.append(event)
        return event

    def take_written(self) -> list[Said]:
        """Give what was written since it was last asked."""
        written, self.written = self.written, []
        return written

    def remember(self, said: Said) -> None:
        """Take up what an earlier run had written."""
        if said["object"] == "event":
            self.events.append(said)
        else:
            self.objects[said["id"]] = said

    def find(self, name: str | None, kind: str, *, param: str) -> Said:
        """Give an object of a kind; raises RefusedError."""
        found = self.objects.get(name or "")
        if found is None or found["object"] != kind:
            raise RefusedError("resource_missing", param, status=404)
        return found

    def _charge(self, asked: Mapping[str, Any]) -> Said:
        if "charge" in asked:
            return self.find(asked["charge"], "charge", param="charge")
        name = asked.get("payment_intent")
        intent = self.find(name, "payment_intent", param="payment_intent")
        if intent["latest_charge"] is None:
            raise RefusedError("payment_intent_unexpected_state", "payment_intent")
        return self.objects[intent["latest_charge"]]

    def _tell_charge(self, charge: Said) -> None:
        listed = self.refunds(charge)
        gone = sum(each["amount"] for each in listed if each["status"] == "succeeded")
        charge = self.keep(
            {**charge, "amount_refunded": gone, "refunded": gone == charge["amount"]}
        )
        if gone:
            self.tell("charge.refunded", charge)
