"""What Stripe's events mean here. Pure: what names stand for, and fees, are asked of the caller.

Each event is judged by itself and by what names stand for, never by what came before it. So the
same events lead to the same domain events in any order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from domain.constants import FEE_CURRENCY
from domain.envelope import STRIPE_SOURCE, Envelope, enclose
from domain.inbox.stripe_events import StripeEvent
from domain.inbox.stripe_objects import (
    NAMES,
    UNREADABLE,
    Charge,
    CheckoutSession,
    Dispute,
    Invoice,
    InvoicePayment,
    PaymentIntent,
    Refund,
    Subscription,
)
from domain.outbox import derived_id
from domain.payload import Payload, thing
from domain.payments.payloads import (
    PaymentDisputed,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
)
from domain.tables.inbox import InboxState
from domain.tables.payments import PaymentPurpose

SUCCEEDED: Final = "payment_intent.succeeded"
CANCELED: Final = "payment_intent.canceled"
# A refund of which Stripe says no more, and what ops must see.
REFUND_FAILED: Final = frozenset({"failed", "canceled"})


class Known(NamedTuple):
    """What a name of Stripe's stands for, as far as we know.

    Somebody, and an invitation unless it is about a subscription; of a payment that was published,
    its payment intent.
    """

    user_id: str | None = None
    event_id: str | None = None
    invitation_id: str | None = None
    payment_intent: str | None = None


NOBODY: Final = Known()


class Ask(NamedTuple):
    """What is asked of the caller."""

    # What a name stands for.
    known: Callable[[str], Known]
    # Whether an event has ever asked this fee; None if there is no such event.
    is_fee: Callable[[str, int], bool | None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of an event: its state, what is published, and what names stand for by it.

    `subscriber` has a subscription that is to be settled.
    """

    state: InboxState
    reason: str | None = None
    awaits: str | None = None
    published: tuple[Envelope, ...] = ()
    links: Mapping[str, Known] = field(default_factory=dict)
    subscriber: str | None = None


def judge(event: StripeEvent, ask: Ask) -> Judgement:
    """Say what an event means."""
    if event.about is None:
        return _ignored("not_needed")
    try:
        return _JUDGES[type(event.about)](event, event.about, ask)
    except ValidationError:
        # Valid at Stripe, and no value of ours: an amount of millions, for one.
        return _held("out_of_bounds")


def payment_id_of(payment_intent: str) -> str:
    """Give the id of the payment that is paid by a payment intent."""
    return derived_id("stripe", "payment", payment_intent)


def _ignored(reason: str) -> Judgement:
    return Judgement(InboxState.IGNORED, reason)


def _held(reason: str) -> Judgement:
    return Judgement(InboxState.HELD, reason)


def _waiting(name: str) -> Judgement:
    return Judgement(InboxState.WAITING, "unknown_name", awaits=name)


def _done(reason: str | None = None, **others: Any) -> Judgement:
    return Judgement(InboxState.DONE, reason, **others)


def _say(payload: Payload, *parts: str, at: datetime) -> Envelope:
    """Put into an envelope what follows from something of Stripe's, named by `parts`."""
    identity = derived_id("stripe", payload.NAME, *parts)
    return enclose(payload, source=STRIPE_SOURCE, time=at, id=identity)


def _judge_intent(event: StripeEvent, intent: PaymentIntent, ask: Ask) -> Judgement:
    named = intent.metadata
    if UNREADABLE in named.values():
        return _held("metadata_unreadable")
    if named and len(named) < len(NAMES):
        return _held("metadata_incomplete")
    who = Known(**named) if named else ask.known(intent.id)
    if who.user_id is None:
        return _waiting(intent.id)
    if event.type == SUCCEEDED:
        trouble = _trouble_with(intent, who, ask)
        if trouble is not None:
            return trouble
        said = _say(_succeeded(intent, who), intent.id, at=event.at)
    else:
        said = _say(_failed(event, intent, who), event.id, at=event.at)
    links = {intent.id: who._replace(payment_intent=intent.id)}
    if intent.latest_charge is not None:
        links[intent.latest_charge] = Known(payment_intent=intent.id)
    return _done(published=(said,), links=links)


def _trouble_with(intent: PaymentIntent, who: Known, ask: Ask) -> Judgement | None:
    """Say what becomes of money that isn't what it was asked for; None if it is."""
    if intent.latest_charge is None:
        return _held("no_charge")
    if who.event_id is None:
        return None
    if intent.currency != FEE_CURRENCY:
        return _held("another_currency")
    is_fee = ask.is_fee(who.event_id, intent.amount_received)
    if is_fee is None:
        return _waiting(thing("event", who.event_id))
    return None if is_fee else _held("another_amount")


def _charged(intent: PaymentIntent, who: Known, *, amount: int) -> dict[str, Any]:
    """Give what a payment that went through and one that didn't have in common."""
    has_invitation = who.invitation_id is not None
    purpose = PaymentPurpose.CONFIRMATION_FEE if has_invitation else PaymentPurpose.SUBSCRIPTION
    about = {"event_id": who.event_id, "invitation_id": who.invitation_id} if has_invitation else {}
    return {
        "payment_id": payment_id_of(intent.id),
        "user_id": who.user_id,
        "purpose": purpose,
        **about,
        "amount_in_cents": amount,
        "currency": intent.currency,
        "stripe_payment_intent_id": intent.id,
    }


def _succeeded(intent: PaymentIntent, who: Known) -> PaymentSucceeded:
    charged = _charged(intent, who, amount=intent.amount_received)
    return PaymentSucceeded.model_validate({**charged, "stripe_charge_id": intent.latest_charge})


def _failed(event: StripeEvent, intent: PaymentIntent, who: Known) -> PaymentFailed:
    error = intent.last_payment_error
    code = (error.decline_code or error.code) if error is not None else None
    said = "canceled" if event.type == CANCELED else code
    charged = _charged(intent, who, amount=intent.amount)
    return PaymentFailed.model_validate({**charged, "failure_code": said})


def _judge_refund(_event: StripeEvent, refund: Refund, ask: Ask) -> Judgement:
    if refund.status in REFUND_FAILED:
        return _held(f"refund_{refund.status}")
    if refund.status != "succeeded":
        return _done("refund_not_made_yet")
    intent, awaits = _payment_of(refund, ask)
    if intent is None:
        return awaits
    payload = PaymentRefunded(
        payment_id=payment_id_of(intent),
        stripe_refund_id=refund.id,
        amount_in_cents=refund.amount,
    )
    # With the refund's own time, whichever of its events is heard first.
    return _done(published=(_say(payload, refund.id, at=_time(refund.created)),))


def _judge_dispute(event: StripeEvent, dispute: Dispute, ask: Ask) -> Judgement:
    intent, awaits = _payment_of(dispute, ask)
    if intent is None:
        return awaits
    payload = PaymentDisputed(
        payment_id=payment_id_of(intent), stripe_dispute_id=dispute.id, reason=dispute.reason
    )
    said = _say(payload, dispute.id, at=_time(dispute.created))
    is_over = event.type == "charge.dispute.closed"
    return _done(f"dispute_{dispute.status}" if is_over else None, published=(said,))


def _payment_of(about: Refund | Dispute, ask: Ask) -> tuple[str | None, Judgement]:
    """Give the payment intent that something is about, and what becomes of it if there is none."""
    name = about.payment_intent or about.charge
    if name is None:
        return None, _held("names_no_payment")
    return ask.known(name).payment_intent, _waiting(name)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _judge_charge(_event: StripeEvent, _charge: Charge, _ask: Ask) -> Judgement:
    """Leave it to the refunds' own events: the charge gives a sum and not what was refunded."""
    return _done("told_by_its_refunds")


def _judge_subscription(_event: StripeEvent, paid: Subscription, ask: Ask) -> Judgement:
    user = paid.metadata.get("user_id") or ask.known(paid.id).user_id
    if user == UNREADABLE:
        return _held("metadata_unreadable")
    if user is None:
        return _waiting(paid.id)
    return _done(links={paid.id: Known(user)}, subscriber=user)


def _judge_invoice(_event: StripeEvent, invoice: Invoice, ask: Ask) -> Judgement:
    """Learn whose an invoice is; how the subscription stands is told by its own events."""
    details = invoice.parent.subscription_details if invoice.parent is not None else None
    if details is None or details.subscription is None:
        return _ignored("not_of_a_subscription")
    user = details.metadata.get("user_id") or ask.known(details.subscription).user_id
    if user == UNREADABLE:
        return _held("metadata_unreadable")
    if user is None:
        return _waiting(details.subscription)
    listed = invoice.payments.data if invoice.payments is not None else []
    paid_by = [each.payment.payment_intent for each in listed]
    names = [invoice.id, *(name for name in paid_by if name is not None)]
    return _done("says_whose_it_is", links=dict.fromkeys(names, Known(user)))


def _judge_invoice_payment(_event: StripeEvent, paid: InvoicePayment, ask: Ask) -> Judgement:
    if paid.invoice is None or paid.payment.payment_intent is None:
        return _ignored("names_no_payment")
    user = ask.known(paid.invoice).user_id
    if user is None:
        return _waiting(paid.invoice)
    return _done("says_whose_it_is", links={paid.payment.payment_intent: Known(user)})


def _judge_session(_event: StripeEvent, session: CheckoutSession, _ask: Ask) -> Judgement:
    """Learn who was on Stripe's page; that they paid is told by the payment's own events."""
    reference = {"user_id": session.client_reference_id} if session.client_reference_id else {}
    named = {**reference, **session.metadata}
    if UNREADABLE in named.values():
        return _held("metadata_unreadable")
    links: dict[str, Known] = {}
    if session.mode == "payment" and session.payment_intent and len(named) == len(NAMES):
        links[session.payment_intent] = Known(**named)
    elif session.mode == "subscription" and "user_id" in named:
        names = (session.subscription, session.invoice)
        links |= dict.fromkeys((name for name in names if name), Known(named["user_id"]))
    return _done("says_whose_it_is" if links else "names_nobody", links=links)


_JUDGES: Final[Mapping[type, Callable[[StripeEvent, Any, Ask], Judgement]]] = {
    PaymentIntent: _judge_intent,
    Refund: _judge_refund,
    Dispute: _judge_dispute,
    Charge: _judge_charge,
    Subscription: _judge_subscription,
    Invoice: _judge_invoice,
    InvoicePayment: _judge_invoice_payment,
    CheckoutSession: _judge_session,
}
