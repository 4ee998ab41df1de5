"""Money: cards that work and cards that don't, refunds and disputes, subscriptions."""

from datetime import datetime

from domain.envelope import Envelope
from domain.payments.payloads import (
    PaymentDisputed,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
)
from domain.tables.payments import PaymentPurpose
from workers.city.diary import API, STRIPE
from workers.city.model import City, Gathering, Guest, Person

CURRENCY = "usd"
# By this number refunds are told apart that are made because an evening was called off.
CALLED_OFF = 9
SUBSCRIPTION_IN_CENTS = 1900


def at_stripe(prefix: str, payment: str) -> str:
    """Name what Stripe has of a payment, in letters that its names are made of."""
    return f"{prefix}_{payment.replace('-', '')}"


def pay(
    city: City, gathering: Gathering, guest: Guest, at: datetime, *, payment_id: str | None = None
) -> None:
    """Pay the fee. Now and then both Stripe and an API service tell of it."""
    chance = city.chance
    payment = payment_id or chance.id()
    said = PaymentSucceeded(
        payment_id=payment,
        user_id=guest.person.id,
        event_id=gathering.id,
        invitation_id=guest.invitation_id,
        amount_in_cents=gathering.fee_in_cents,
        currency=CURRENCY,
        stripe_payment_intent_id=at_stripe("pi", payment),
        stripe_charge_id=at_stripe("ch", payment),
    )
    city.diary.note(said, at, source=STRIPE, actor=guest.person.id)
    if chance.happens(0.06):
        city.diary.note(said, at + chance.hours(0, 0.1), source=API)
    guest.paid_at = at
    guest.payment_id = payment
    if chance.happens(0.04):
        trouble(city, gathering, guest, at)


def pay_in_vain(city: City, gathering: Gathering, guest: Guest, at: datetime) -> str:
    """Try to pay with a card that is refused; give the payment's id."""
    payment = city.chance.id()
    said = PaymentFailed(
        payment_id=payment,
        user_id=guest.person.id,
        event_id=gathering.id,
        invitation_id=guest.invitation_id,
        amount_in_cents=gathering.fee_in_cents,
        currency=CURRENCY,
        stripe_payment_intent_id=at_stripe("pi", payment),
        failure_code=city.chance.one([None, "card_declined", "insufficient_funds"]),
    )
    city.diary.note(said, at, source=STRIPE, actor=guest.person.id)
    return payment


def trouble(city: City, gathering: Gathering, guest: Guest, at: datetime) -> None:
    """Get some of the money back, or all of it in two parts, or dispute it."""
    chance = city.chance
    assert guest.payment_id is not None
    half = gathering.fee_in_cents // 2
    parts = chance.one([[half], [half, gathering.fee_in_cents - half], []])
    for number, part in enumerate(parts):
        refund(city, guest, at + chance.days(1, 5), number=number, amount_in_cents=part)
    if chance.happens(0.6):
        disputed = PaymentDisputed(
            payment_id=guest.payment_id,
            stripe_dispute_id=at_stripe("dp", guest.payment_id),
            reason=chance.one(["fraudulent", "product_not_received"]),
        )
        city.diary.note(disputed, at + chance.days(1, 5), source=STRIPE)


def refund(city: City, guest: Guest, at: datetime, *, number: int, amount_in_cents: int) -> None:
    """Have Stripe say that money went back."""
    assert guest.payment_id is not None
    said = PaymentRefunded(
        payment_id=guest.payment_id,
        stripe_refund_id=at_stripe(f"re_{number}", guest.payment_id),
        amount_in_cents=amount_in_cents,
    )
    city.diary.note(said, at, source=STRIPE)


def send_back(city: City, gathering: Gathering) -> None:
    """Refund most of those who had paid for an evening that was called off."""
    if gathering.called_off_at is None:
        return
    for guest in gathering.guests:
        if guest.payment_id is not None and city.chance.happens(0.8):
            at = gathering.called_off_at + city.chance.hours(0.2, 30)
            refund(city, guest, at, number=CALLED_OFF, amount_in_cents=gathering.fee_in_cents)


def is_sent_back(page: Envelope) -> bool:
    """Say whether this is Stripe's word that money of an evening that was called off went back."""
    if page.type != PaymentRefunded.TYPE:
        return False
    said = PaymentRefunded.model_validate_json(page.data)
    return said.stripe_refund_id.startswith(f"re_{CALLED_OFF}_")


def subscribe(city: City, person: Person) -> None:
    """Pay for a subscription, or try to: it takes no seat."""
    payment = city.chance.id()
    paid = {
        "payment_id": payment,
        "user_id": person.id,
        "purpose": PaymentPurpose.SUBSCRIPTION,
        "amount_in_cents": SUBSCRIPTION_IN_CENTS,
        "currency": CURRENCY,
        "stripe_payment_intent_id": at_stripe("pi", payment),
    }
    said = (
        PaymentSucceeded.model_validate({**paid, "stripe_charge_id": at_stripe("ch", payment)})
        if city.chance.happens(0.8)
        else PaymentFailed.model_validate(paid)
    )
    city.diary.note(said, city.since(person.joined_at), source=STRIPE, actor=person.id)
