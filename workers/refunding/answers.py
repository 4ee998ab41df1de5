"""What Stripe's answers mean for a refund. Pure.

With one key a refund is made once, so after an answer that was lost the same is asked again. Three
things end that: Stripe forgets keys; it answers the same error for the same key; and it says that
there is nothing left to refund. Then it is asked first which refunds there are, and asked anew with
another key only if these don't add up to the payment.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.constants import (
    LISTED_WITHIN,
    MOST_TRIES,
    REFUND_FIRST_LOOK,
    REFUND_LONGEST_PAUSE,
    RETRY_FIRST_PAUSE,
    RETRY_LONGEST_PAUSE,
)
from domain.inbox.stripe_objects import Refund
from domain.payments.refunds import InHand, Outcome
from domain.tables.refunds import RefundState
from workers.providers.ports import Refused, Trouble

SUCCEEDED: Final = "succeeded"
# A refund that Stripe has given up; all others are made or will be.
GIVEN_UP: Final = frozenset({"failed", "canceled"})
# Stripe's codes that only a look can settle.
# What ends once we have heard of the dispute, or once it is over.
IN_DISPUTE: Final = "charge_disputed"
NOTHING_LEFT: Final = "charge_already_refunded"
KEY_MISUSED: Final = "idempotency_error"
# What Stripe has broken under, it answers again for the same key.
BROKEN: Final = "http_5"


def judge_asked(in_hand: InHand, answer: Refund | Refused | Trouble, *, now: datetime) -> Outcome:
    """Say what it means what Stripe answered when it was asked for a refund."""
    match answer:
        case Refund(id=identity, status=status) if status in GIVEN_UP:
            reason = f"refund_{status}"
            return Outcome(RefundState.FAILED, reason, refund_id=identity, failed_ids=(identity,))
        case Refund(id=identity):
            return Outcome(RefundState.PENDING, due_at=_next_look(in_hand, now), refund_id=identity)
        case Refused(code):
            return _refused(in_hand, code, permanent=answer.permanent, now=now)
        case Trouble(code, may_be_accepted=True) if code.startswith(BROKEN):
            again = now + max(LISTED_WITHIN, _pause(in_hand))
            return Outcome(RefundState.DUE, code, due_at=again, must_look=True)
        case Trouble(code):
            return Outcome(RefundState.DUE, code, due_at=now + _pause(in_hand))


def _refused(in_hand: InHand, code: str, *, permanent: bool, now: datetime) -> Outcome:
    if code == NOTHING_LEFT and in_hand.reason != NOTHING_LEFT:
        return Outcome(RefundState.DUE, code, due_at=now, must_look=True)
    again = now + max(LISTED_WITHIN, _pause(in_hand))
    if code == IN_DISPUTE:
        return Outcome(RefundState.DUE, code, due_at=again, must_look=True)
    may_pass = code == KEY_MISUSED or not permanent
    if may_pass and in_hand.refusals + 1 < MOST_TRIES:
        return Outcome(RefundState.DUE, code, due_at=again, must_look=True, is_refusal=True)
    return Outcome(RefundState.REFUSED, code)


def judge_found(
    in_hand: InHand, found: Sequence[Refund] | Refused | Trouble, *, now: datetime
) -> Outcome:
    """Say what it means which refunds of the payment there are, by whoever."""
    match found:
        case Refused(code):
            return Outcome(RefundState.REFUSED, code)
        case Trouble(code):
            return Outcome(_as_before(in_hand), code, now + _pause(in_hand), must_look=True)
    stand = [each for each in found if each.status not in GIVEN_UP]
    news = [each for each in found if each.status in GIVEN_UP and each.id not in in_hand.failed_ids]
    failed = tuple(each.id for each in news)
    if sum(each.amount for each in stand) >= in_hand.amount_in_cents:
        newest = max(stand, key=lambda each: (each.created, each.id), default=None)
        return Outcome(
            RefundState.PENDING,
            due_at=_next_look(in_hand, now),
            refund_id=None if newest is None else newest.id,
            failed_ids=failed,
        )
    if any(each.asked_for for each in news):
        return Outcome(RefundState.FAILED, f"refund_{news[0].status}", failed_ids=failed)
    if in_hand.reason == NOTHING_LEFT:
        return Outcome(RefundState.REFUSED, NOTHING_LEFT, failed_ids=failed)
    # It was never made.
    return Outcome(RefundState.DUE, in_hand.reason, now, is_anew=True, failed_ids=failed)


def _as_before(in_hand: InHand) -> RefundState:
    """Say where a refund stands that nothing was learned of."""
    return RefundState.PENDING if in_hand.is_pending else RefundState.DUE


def _pause(in_hand: InHand) -> timedelta:
    return min(RETRY_FIRST_PAUSE * (1 << min(in_hand.attempt - 1, 30)), RETRY_LONGEST_PAUSE)


def _next_look(in_hand: InHand, now: datetime) -> datetime:
    """Say when to look whether a refund is made, should nobody tell us; ever later."""
    pause = REFUND_FIRST_LOOK * (1 << min(in_hand.attempt - 1, 30))
    return now + min(pause, REFUND_LONGEST_PAUSE)
