"""Lets a simulated city's payments be known to the sandbox's Stripe, so that they can go back."""

from collections.abc import Iterator, Sequence

from domain.envelope import Envelope
from domain.payments.payloads import PaymentSucceeded
from workers.city.money import is_sent_back
from workers.sandbox.client import SandboxClient
from workers.sandbox.orders import Paid
from workers.settings import Settings

PORTION = 2_000


def let_pay(told: Sequence[Envelope], settings: Settings) -> list[Envelope]:
    """Give a history in which Stripe's stand-in has the money, and is who sends it back.

    Where there is none, or a real Stripe, nothing is changed.
    """
    url = settings.sandbox_url
    if url is None or "stripe" not in settings.sandbox_providers:
        return list(told)
    paid = list(_paid(told))
    client = SandboxClient(url)
    for start in range(0, len(paid), PORTION):
        client.pay(paid[start : start + PORTION])
    return [each for each in told if not is_sent_back(each)]


def _paid(told: Sequence[Envelope]) -> Iterator[Paid]:
    for each in told:
        if each.type == PaymentSucceeded.TYPE:
            said = PaymentSucceeded.model_validate_json(each.data)
            yield Paid(
                payment_intent=said.stripe_payment_intent_id,
                amount=said.amount_in_cents,
                currency=said.currency,
            )
