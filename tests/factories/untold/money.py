"""Money of the city's people that comes back: refunds that fail, and disputes that end."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

from domain.envelope import Envelope
from domain.payments.payloads import (
    PaymentDisputeClosed,
    PaymentDisputed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentSucceeded,
)
from domain.tables.payments import DisputeOutcome
from tests.factories.untold.saying import say

HOUR: Final = timedelta(hours=1)
TROUBLED: Final = 12


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have some payments go back and come back, and some disputes end, once or twice."""
    paid = [page for page in city if page.type == PaymentSucceeded.TYPE]
    told: list[Envelope] = []
    for place, page in enumerate(draw.sample(paid, min(TROUBLED, len(paid)))):
        said = PaymentSucceeded.model_validate_json(page.data)
        tell_of = _in_vain if place % 2 else _disputed
        told += tell_of(page, said, draw=draw)
    return told


def _in_vain(page: Envelope, paid: PaymentSucceeded, *, draw: Random) -> list[Envelope]:
    """A refund of all of it that comes to nothing, before or after one of a part."""
    payment, number = paid.payment_id, draw.randint(1, 9)
    about = {"payment_id": payment, "stripe_refund_id": f"re_untold_{number}"}
    whole = PaymentRefunded.model_validate({**about, "amount_in_cents": paid.amount_in_cents})
    failed = PaymentRefundFailed.model_validate(
        {
            **about,
            "failure_code": draw.choice(["refund_failed", "refund_canceled"]),
            "was_requested": draw.random() < 0.5,
        }
    )
    back = page.time + draw.randint(1, 200) * HOUR
    return [
        say(whole, at=back, name=f"back {payment}"),
        say(failed, at=back + draw.randint(-2, 9) * HOUR, name=f"came back {payment}"),
    ]


def _disputed(page: Envelope, paid: PaymentSucceeded, *, draw: Random) -> list[Envelope]:
    """A dispute and its end, which is now and then another than was said first."""
    payment = paid.payment_id
    about = {"payment_id": payment, "stripe_dispute_id": "dp_untold"}
    disputed = PaymentDisputed.model_validate({**about, "reason": "general"})
    at = page.time + draw.randint(1, 200) * HOUR
    told = [say(disputed, at=at, name=f"dispute {payment}")]
    for number in range(draw.randint(1, 2)):
        outcome = draw.choice([*DisputeOutcome])
        ended = PaymentDisputeClosed.model_validate({**about, "outcome": outcome})
        moment = at + draw.randint(1, 90) * HOUR
        told.append(say(ended, at=moment, name=f"end {number} {payment}"))
    return told
