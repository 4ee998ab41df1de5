"""Where refunds are asked for: take, ask Stripe, record. No question is asked in a transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session

from domain.constants import HANDOVER_LIMIT
from domain.dispatch import describe
from domain.inbox.money import came_back, went_back
from domain.inbox.stripe_objects import Refund
from domain.outbox import publish_many
from domain.payments.refunds import (
    InHand,
    Outcome,
    Step,
    conclude,
    is_due,
    settle_made,
    take,
    thaw,
    wish_forgotten,
)
from domain.ports import PortTroubleError
from domain.resting import end_rest, is_resting, rest
from domain.tables.refunds import RefundState
from domain.things import Hold, lock
from workers.chores.chore import transaction
from workers.log import logger
from workers.providers.ports import Refused, Trouble
from workers.providers.stripe import StripeTill
from workers.refunding.answers import GIVEN_UP, SUCCEEDED, judge_asked, judge_found

REFUNDS: Final = "refunds"
# Stripe takes a hundred requests a second; each of these takes a good part of one.
SLOTS: Final = 4
# A sender that was stopped meanwhile asks nothing that others may have asked by now.
TOO_LATE: Final = Trouble("sender_too_late")
_LOG: Final = logger("refunding")


class Taken(NamedTuple):
    """What was taken in hand, at most one."""

    in_hand: Sequence[InHand]
    wait_until: datetime | None = None
    has_looked: bool = False


# What Stripe answered: the refund that was asked for, or those that there are.
Answer = Refund | list[Refund] | Refused | Trouble


@dataclass(frozen=True, slots=True)
class RefundDesk:
    """Where Stripe is asked to send money back; one refund at a time in each slot."""

    engine: Engine
    till: StripeTill
    clock: Callable[[], datetime]
    name: str = REFUNDS
    slots: int = SLOTS
    page: int = 0

    def take(self) -> Taken:
        """Take what is due in hand, unless Stripe is at rest."""
        now = self.clock()
        with transaction(self.engine) as session:
            if not is_due(session, now=now) or is_resting(session, REFUNDS, now=now):
                return Taken([])
            return Taken(take(session, limit=1, now=now))

    def send(self, in_hand: Sequence[InHand]) -> list[Answer]:
        """Ask Stripe; whatever goes wrong with us, it may have been made."""
        return [self._ask(each) for each in in_hand]

    def _ask(self, each: InHand) -> Answer:
        if self.clock() >= each.taken_at + HANDOVER_LIMIT:
            return TOO_LATE
        try:
            if each.step is Step.LOOK:
                return self.till.refunds_of(each.payment_intent)
            return self.till.refund(each.payment_intent, payment_id=each.payment_id, key=each.key)
        except Exception as error:  # noqa: BLE001 - what it did before it failed nobody knows
            _LOG.error("refund.failed", payment_id=each.payment_id, error=describe(error))
            return Trouble(f"failed_{type(error).__name__}", may_be_accepted=True)

    def record(self, in_hand: Sequence[InHand], results: Sequence[Answer]) -> None:
        """Write what came of it, say what went back, and leave Stripe alone in trouble."""
        for each, answer in zip(in_hand, results, strict=True):
            outcome = _judge(each, answer, now=self.clock())
            with transaction(self.engine) as session:
                lock(session, "payment", [each.payment_id], Hold.CHANGE)
                is_ours = conclude(session, each, outcome)
                _say(session, each, answer)
                # All that was found may have been said before.
                settle_made(session, [each.payment_id])
                self._rest(session, answer)
            _note(each, outcome, is_ours=is_ours)

    def _rest(self, session: Session, answer: Answer) -> None:
        if not isinstance(answer, Trouble):
            end_rest(session, REFUNDS)
        elif answer is not TOO_LATE:
            reason = PortTroubleError(answer.code, retry_after=answer.retry_after)
            pause = rest(session, REFUNDS, reason, now=self.clock())
            say = _LOG.error if answer.needs_operator else _LOG.warning
            say("channel.resting", channel=REFUNDS, reason=answer.code, pause=str(pause))

    def ask(self) -> int:
        """Ask nothing more: what is pending comes to be due, and is looked for then."""
        return 0

    def give_up_lost(self) -> int:
        """Let go on what no dispute holds up any more, and what was left without a row.

        A worker of an older version has left it so.
        """
        now = self.clock()
        with transaction(self.engine) as session:
            return thaw(session, now=now) + wish_forgotten(session, now=now)


def _judge(each: InHand, answer: Answer, *, now: datetime) -> Outcome:
    if isinstance(answer, Refund):
        return judge_asked(each, answer, now=now)
    if isinstance(answer, list) or each.step is Step.LOOK:
        return judge_found(each, answer, now=now)
    return judge_asked(each, answer, now=now)


def _say(session: Session, each: InHand, answer: Answer) -> None:
    """Publish what went back, or came back, as Stripe's webhook would: each is said once."""
    seen = answer if isinstance(answer, list) else [answer]
    refunds = [one for one in seen if isinstance(one, Refund)]
    made = [went_back(one, each.payment_id) for one in refunds if one.status == SUCCEEDED]
    undone = [came_back(one, each.payment_id) for one in refunds if one.status in GIVEN_UP]
    publish_many(session, [*made, *undone])


def _note(each: InHand, outcome: Outcome, *, is_ours: bool) -> None:
    """Say what came of it; an error is what somebody has to look at."""
    is_bad = outcome.state in (RefundState.REFUSED, RefundState.FAILED)
    say = _LOG.error if is_bad else _LOG.info
    say(
        "refund.stepped",
        payment_id=each.payment_id,
        step=each.step,
        attempt=each.attempt,
        state=outcome.state,
        reason=outcome.reason,
        is_ours=is_ours,
    )
