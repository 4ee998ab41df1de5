"""What Stripe's events about payments, refunds and disputes mean. Pure."""

from dataclasses import replace
from typing import Any, Final

from domain.constants import FEE_CURRENCY
from domain.envelope import Envelope
from domain.inbox.judgement import Ask, Judgement, Known, done, held, moment, say, waiting
from domain.inbox.stripe_events import StripeEvent
from domain.inbox.stripe_objects import NAMES, UNREADABLE, Charge, Dispute, PaymentIntent, Refund
from domain.outbox import derived_id
from domain.payload import thing
from domain.payments.payloads import (
    PaymentDisputeClosed,
    PaymentDisputed,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentSucceeded,
)
from domain.tables.payments import DisputeOutcome, PaymentPurpose

SUCCEEDED: Final = "payment_intent.succeeded"
DISPUTE_CLOSED: Final = "charge.dispute.closed"
CANCELED: Final = "payment_intent.canceled"
# A refund of which Stripe says no more, and what ops must see.
REFUND_FAILED: Final = frozenset({"failed", "canceled"})


def payment_id_of(payment_intent: str) -> str:
    """Give the id of the payment that is paid by a payment intent."""
    return derived_id("stripe", "payment", payment_intent)


def judge_intent(event: StripeEvent, intent: PaymentIntent, *, ask: Ask) -> Judgement:
    """Money was paid, or wasn't, for what the metadata names, or else for what links say."""
    named = intent.metadata
    if UNREADABLE in named.values():
        return held("metadata_unreadable")
    if named and len(named) < len(NAMES):
        return held("metadata_incomplete")
    who = Known(**named) if named else ask.known(intent.id)
    if who.user_id is None:
        return waiting(intent.id)
    if event.type == SUCCEEDED:
        trouble = _trouble_with(intent, who, ask=ask)
        if trouble is not None:
            return trouble
        said = say(_succeeded(intent, who), intent.id, at=event.at)
    else:
        said = say(_failed(event, intent, who=who), event.id, at=event.at)
    links = {intent.id: who._replace(payment_intent=intent.id)}
    if intent.latest_charge is not None:
        links[intent.latest_charge] = Known(payment_intent=intent.id)
    return done(published=(said,), links=links)


def _trouble_with(intent: PaymentIntent, who: Known, *, ask: Ask) -> Judgement | None:
    """Say what becomes of money that isn't what it was asked for; None if it is."""
    if intent.latest_charge is None:
        return held("no_charge")
    if who.event_id is None:
        return None
    if intent.currency != FEE_CURRENCY:
        return held("another_currency")
    is_fee = ask.is_fee(who.event_id, intent.amount_received)
    if is_fee is None:
        return waiting(thing("event", who.event_id))
    return None if is_fee else held("another_amount")


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


def _failed(event: StripeEvent, intent: PaymentIntent, *, who: Known) -> PaymentFailed:
    error = intent.last_payment_error
    code = (error.decline_code or error.code) if error is not None else None
    said = "canceled" if event.type == CANCELED else code
    charged = _charged(intent, who, amount=intent.amount)
    return PaymentFailed.model_validate({**charged, "failure_code": said})


def judge_refund(_event: StripeEvent, refund: Refund, *, ask: Ask) -> Judgement:
    """Money went back, is on its way, or came back to us."""
    payment = refund.asked_for
    awaits = held("names_no_payment")
    if payment is None:
        intent, awaits = _payment_of(refund, ask)
        payment = None if intent is None else payment_id_of(intent)
    if refund.status not in {*REFUND_FAILED, "succeeded"}:
        return done("refund_not_made_yet")
    if payment is None:
        return awaits
    if refund.status == "succeeded":
        return done(published=(went_back(refund, payment),))
    reason, said = f"refund_{refund.status}", (came_back(refund, payment),)
    # One of ours is seen as a refund that has failed; of another, nothing else tells.
    is_seen = refund.asked_for is not None
    return done(reason, published=said) if is_seen else replace(held(reason), published=said)


def went_back(refund: Refund, payment: str) -> Envelope:
    """Say that money of a payment went back: the same, whoever hears of it first and how.

    It bears the refund's own time.
    """
    payload = PaymentRefunded(
        payment_id=payment, stripe_refund_id=refund.id, amount_in_cents=refund.amount
    )
    return say(payload, refund.id, at=moment(refund.created))


def came_back(refund: Refund, payment: str) -> Envelope:
    """Say that a refund of a payment came to nothing: the same, whoever hears of it first."""
    payload = PaymentRefundFailed(
        payment_id=payment,
        stripe_refund_id=refund.id,
        failure_code=f"refund_{refund.status}",
        was_requested=refund.asked_for is not None,
    )
    return say(payload, refund.id, at=moment(refund.created))


def judge_dispute(event: StripeEvent, dispute: Dispute, *, ask: Ask) -> Judgement:
    """A card holder wants their money back; also if only the end of that was heard."""
    intent, awaits = _payment_of(dispute, ask)
    if intent is None:
        return awaits
    payment = payment_id_of(intent)
    payload = PaymentDisputed(
        payment_id=payment, stripe_dispute_id=dispute.id, reason=dispute.reason
    )
    said = say(payload, dispute.id, at=moment(dispute.created))
    if event.type != DISPUTE_CLOSED:
        return done(published=(said,))
    ended = _dispute_closed(event, dispute, payment=payment)
    return done(f"dispute_{dispute.status}", published=(said, *ended))


def _dispute_closed(event: StripeEvent, dispute: Dispute, *, payment: str) -> tuple[Envelope, ...]:
    """Say how a dispute ended, if it is one of the ends that we know; else it stands."""
    if dispute.status not in set(DisputeOutcome):
        return ()
    payload = PaymentDisputeClosed(
        payment_id=payment,
        stripe_dispute_id=dispute.id,
        outcome=DisputeOutcome(dispute.status),
    )
    return (say(payload, event.id, at=event.at),)


def _payment_of(about: Refund | Dispute, ask: Ask) -> tuple[str | None, Judgement]:
    """Give the payment intent that something is about, and what becomes of it if there is none."""
    name = about.payment_intent or about.charge
    if name is None:
        return None, held("names_no_payment")
    return ask.known(name).payment_intent, waiting(name)


def judge_charge(_event: StripeEvent, _charge: Charge, *, ask: Ask) -> Judgement:
    """Leave it to the refunds' own events: the charge gives a sum and not what was refunded."""
    del ask
    return done("told_by_its_refunds")
