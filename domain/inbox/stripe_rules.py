"""What Stripe's events mean here. Pure: what names stand for, and fees, are asked of the caller.

Each event is judged by itself and by what names stand for, never by what came before it. So the
same events lead to the same domain events in any order.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import ValidationError

from domain.inbox.judgement import Ask, Judgement, Known, done, held, ignored, waiting
from domain.inbox.money import judge_charge, judge_dispute, judge_intent, judge_refund
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


def judge(event: StripeEvent, ask: Ask) -> Judgement:
    """Say what an event means."""
    if event.about is None:
        return ignored("not_needed")
    try:
        return _JUDGES[type(event.about)](event, event.about, ask=ask)
    except ValidationError:
        # Valid at Stripe, and no value of ours: an amount of millions, for one.
        return held("out_of_bounds")


def _judge_subscription(_event: StripeEvent, paid: Subscription, *, ask: Ask) -> Judgement:
    """Learn whose it is; how they stand by it is for the caller to settle."""
    user = paid.metadata.get("user_id") or ask.known(paid.id).user_id
    if user == UNREADABLE:
        return held("metadata_unreadable")
    if user is None:
        return waiting(paid.id)
    return done(links={paid.id: Known(user)}, subscriber=user)


def _judge_invoice(_event: StripeEvent, invoice: Invoice, *, ask: Ask) -> Judgement:
    """Learn whose an invoice is; how the subscription stands is told by its own events."""
    details = invoice.parent.subscription_details if invoice.parent is not None else None
    if details is None or details.subscription is None:
        return ignored("not_of_a_subscription")
    user = details.metadata.get("user_id") or ask.known(details.subscription).user_id
    if user == UNREADABLE:
        return held("metadata_unreadable")
    if user is None:
        return waiting(details.subscription)
    listed = invoice.payments.data if invoice.payments is not None else []
    paid_by = [each.payment.payment_intent for each in listed]
    names = [invoice.id, *(name for name in paid_by if name is not None)]
    return done("says_whose_it_is", links=dict.fromkeys(names, Known(user)))


def _judge_invoice_payment(_event: StripeEvent, paid: InvoicePayment, *, ask: Ask) -> Judgement:
    """Learn whose a payment intent is, by the invoice that it pays."""
    if paid.invoice is None or paid.payment.payment_intent is None:
        return ignored("names_no_payment")
    user = ask.known(paid.invoice).user_id
    if user is None:
        return waiting(paid.invoice)
    return done("says_whose_it_is", links={paid.payment.payment_intent: Known(user)})


def _judge_session(_event: StripeEvent, session: CheckoutSession, *, ask: Ask) -> Judgement:
    """Learn who was on Stripe's page; that they paid is told by the payment's own events."""
    del ask
    reference = {"user_id": session.client_reference_id} if session.client_reference_id else {}
    named = {**reference, **session.metadata}
    if UNREADABLE in named.values():
        return held("metadata_unreadable")
    links: dict[str, Known] = {}
    if session.mode == "payment" and session.payment_intent and len(named) == len(NAMES):
        links[session.payment_intent] = Known(**named)
    elif session.mode == "subscription" and "user_id" in named:
        names = (session.subscription, session.invoice)
        links |= dict.fromkeys((name for name in names if name), Known(named["user_id"]))
    return done("says_whose_it_is" if links else "names_nobody", links=links)


_JUDGES: Final[Mapping[type, Callable[..., Judgement]]] = {
    PaymentIntent: judge_intent,
    Refund: judge_refund,
    Dispute: judge_dispute,
    Charge: judge_charge,
    Subscription: _judge_subscription,
    Invoice: _judge_invoice,
    InvoicePayment: _judge_invoice_payment,
    CheckoutSession: _judge_session,
}
