"""Applies what happens to payments. Money is kept whatever it was meant for."""

from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.facts import keep, load
from domain.payload import Payload
from domain.payments.payloads import (
    PaymentDisputeClosed,
    PaymentDisputed,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentSucceeded,
    RefundRequested,
)
from domain.payments.refunds import FailedRefund, note_failed, settle_made, wish
from domain.payments.rules import CHARGE_FIELDS, settle_payment
from domain.sql import fetch, insert_missing, update_rows
from domain.things import Hold, lock
from domain.verdict import Rejected, Verdict


def apply_payment_succeeded(
    session: Session, batch: Batch[PaymentSucceeded], now: datetime
) -> Effects:
    """Keep payments that went through; a charge that another payment has is refused."""
    del now
    verdicts = _taken_ids(session, batch)
    verdicts |= _taken_charges(session, batch.without(verdicts))
    _make_rows(session, batch.without(verdicts))
    # Again: whoever was making a payment with the same charge just now has been waited for.
    verdicts |= _taken_charges(session, batch.without(verdicts))
    _keep_and_settle(session, batch.without(verdicts))
    return Effects(verdicts)


def _taken_charges(session: Session, batch: Batch[PaymentSucceeded]) -> dict[int, Verdict]:
    """Refuse charges that another payment has."""
    charges = dict(
        fetch(
            session,
            "SELECT stripe_charge_id, id FROM payments WHERE stripe_charge_id = ANY(%(charges)s)",
            charges=[each.payload.stripe_charge_id for each in batch],
        )
    )
    verdicts: dict[int, Verdict] = {}
    for succeeded in sorted(batch, key=lambda each: each.stamp.order):
        owner = charges.setdefault(succeeded.payload.stripe_charge_id, succeeded.payload.payment_id)
        if owner != succeeded.payload.payment_id:
            verdicts[succeeded.seq] = Rejected("charge_taken", "another payment has this charge")
    return verdicts


def apply_payment_failed(session: Session, batch: Batch[PaymentFailed], now: datetime) -> Effects:
    """Keep payments that were refused by the card."""
    del now
    verdicts = _taken_ids(session, batch)
    accepted = batch.without(verdicts)
    _make_rows(session, accepted)
    _keep_and_settle(session, accepted)
    return Effects(verdicts)


def apply_payment_refunded(
    session: Session, batch: Batch[PaymentRefunded], now: datetime
) -> Effects:
    """Note money that went back, and of refunds that were to be made that they are."""
    del now
    _keep_and_settle(session, batch)
    settle_made(session, [each.payload.payment_id for each in batch])
    return Effects()


def apply_payment_disputed(
    session: Session, batch: Batch[PaymentDisputed], now: datetime
) -> Effects:
    """Note disputes."""
    del now
    _keep_and_settle(session, batch)
    return Effects()


def apply_payment_dispute_closed(
    session: Session, batch: Batch[PaymentDisputeClosed], now: datetime
) -> Effects:
    """Note how disputes ended. What was to be refunded, and waits for it, goes on by itself."""
    del now
    _keep_and_settle(session, batch)
    return Effects()


def apply_payment_refund_failed(
    session: Session, batch: Batch[PaymentRefundFailed], now: datetime
) -> Effects:
    """Note money that came back to us, and of refunds thought to be made that they failed."""
    _keep_and_settle(session, batch)
    note_failed(session, [_failed(each.payload) for each in batch], now=now)
    return Effects()


def _failed(said: PaymentRefundFailed) -> FailedRefund:
    return FailedRefund(
        said.payment_id, said.stripe_refund_id, said.failure_code, was_requested=said.was_requested
    )


def apply_refund_requested(
    session: Session, batch: Batch[RefundRequested], now: datetime
) -> Effects:
    """Note that money is to go back, and have it sent back."""
    _keep_and_settle(session, batch)
    wishes: dict[str, str] = {}
    for each in sorted(batch, key=lambda each: each.stamp.order):
        wishes.setdefault(each.payload.payment_id, each.payload.reason)
    wish(session, wishes, now=now)
    settle_made(session, wishes)
    return Effects()


def _taken_ids(
    session: Session, batch: Batch[PaymentSucceeded] | Batch[PaymentFailed]
) -> dict[int, Verdict]:
    """Refuse what pays for another invitation than the payment of this id does."""
    paid_for = dict(
        fetch(
            session,
            "SELECT id, invitation_id FROM payments WHERE id = ANY(%(ids)s)",
            ids=[each.payload.payment_id for each in batch],
        )
    )
    verdicts: dict[int, Verdict] = {}
    for each in sorted(batch, key=lambda each: each.stamp.order):
        said = each.payload
        if paid_for.setdefault(said.payment_id, said.invitation_id) != said.invitation_id:
            verdicts[each.seq] = Rejected("id_taken", "this payment_id pays for something else")
    return verdicts


def _make_rows(session: Session, batch: Batch[PaymentSucceeded] | Batch[PaymentFailed]) -> None:
    """Insert payments that aren't there yet, as their first word says."""
    insert_missing(
        session,
        "payments",
        [
            {
                "id": each.payload.payment_id,
                "status": "pending",
                "stripe_charge_id": None,
                **each.payload.model_dump(include={*CHARGE_FIELDS, "stripe_charge_id"}),
            }
            # In key order, as everybody does; of two about one payment the earlier comes first.
            for each in sorted(batch, key=lambda each: (each.payload.payment_id, each.stamp.order))
        ],
    )


def _keep_and_settle(session: Session, batch: Batch[Payload]) -> None:
    """Keep what was said about payments and write what follows from all that was said."""
    payments = sorted({each.payload.subject for each in batch})
    if not payments:
        return
    lock(session, "payment", payments, Hold.CHANGE)
    keep(session, "payment_facts", "payment_id", batch)
    facts_of = load(session, "payment_facts", "payment_id", payments)
    update_rows(
        session,
        "payments",
        "id",
        [{"id": payment, **settle_payment(facts)} for payment, facts in facts_of.items()],
    )
