"""What a provider's answers mean for handovers, and for the addresses that they were made to. Pure.

Whatever may have been accepted is `unknown`; only what surely was not is tried again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from domain.constants import (
    LISTED_WITHIN,
    MOST_TRIES,
    RETRY_FIRST_PAUSE,
    RETRY_LONGEST_PAUSE,
)
from domain.notifications.addresses import Unreached
from domain.notifications.asking import Question, next_look
from domain.notifications.handing import InHand
from domain.notifications.hearing import Heard
from domain.tables.handovers import AddressFactKind, HandoverState
from domain.tables.notifications import Channel
from workers.providers.ports import About, Accepted, Refused, Result, TextState, Trouble

# Twilio's words for how far a message has come that lead no further.
ARRIVED: Final = frozenset({"delivered", "read"})
GIVEN_UP: Final = frozenset({"undelivered", "failed", "canceled"})
NOT_FOUND: Final = "not_listed"
FORGOTTEN: Final = "not_known_any_more"
NUMBER_CHANGED: Final = "number_changed"
NO_RECEIPT: Final = "receipt_unknown"
_KINDS: Final = {
    About.ADDRESS: AddressFactKind.UNREACHABLE,
    About.CONSENT: AddressFactKind.STOP,
}


class Answer(NamedTuple):
    """What was learned of a handover, of its address, and of the provider."""

    heard: Heard
    unreached: Unreached | None = None


def judge_results(
    in_hand: Sequence[InHand], results: Sequence[Result], *, channel: Channel, now: datetime
) -> list[Answer]:
    """Say what came of handovers that were just made."""
    # What befell all of several is the provider's trouble, and says nothing about any.
    is_shared = len(results) > 1 and all(isinstance(result, Trouble) for result in results)
    return [
        Answer(
            _heard(each, result, channel=channel, is_shared=is_shared, now=now),
            _unreached(
                each.handover_id,
                result,
                user_id=each.user_id,
                address=each.address.text,
                at=each.taken_at,
            ),
        )
        for each, result in zip(in_hand, results, strict=True)
    ]


def _heard(
    each: InHand, result: Result, *, channel: Channel, is_shared: bool, now: datetime
) -> Heard:
    identity = each.handover_id
    match result:
        case Accepted(provider_id):
            look = next_look(channel, each.taken_at, now=now)
            return Heard(identity, HandoverState.SENT, provider_id, ask_at=look)
        case Trouble(code, may_be_accepted=True):
            ask_at = now + LISTED_WITHIN if channel is Channel.SMS else None
            return Heard(identity, HandoverState.UNKNOWN, reason=code, ask_at=ask_at)
        case Refused(code, permanent=True):
            return Heard(identity, HandoverState.FAILED, reason=code)
        case Trouble(code) | Refused(code):
            if isinstance(result, Refused) and each.attempt >= MOST_TRIES:
                return Heard(identity, HandoverState.FAILED, reason=code)
            # Who was alone makes room for others, in case it was their own fault after all.
            again = now if is_shared else now + pause_after(each.attempt)
            return Heard(identity, HandoverState.PUT_BACK, reason=code, send_after=again)


def pause_after(attempt: int) -> timedelta:
    """Say how long to wait after so many attempts."""
    return min(RETRY_FIRST_PAUSE * (1 << min(attempt - 1, 30)), RETRY_LONGEST_PAUSE)


def _unreached(
    handover_id: str, result: object, *, user_id: str, address: str | None, at: datetime
) -> Unreached | None:
    kind = _KINDS.get(result.about) if isinstance(result, Refused) else None
    if kind is None or address is None:
        return None
    return Unreached(handover_id, user_id, address, kind, at)


def _of(question: Question, result: object) -> Unreached | None:
    return _unreached(
        question.handover_id,
        result,
        user_id=question.user_id,
        address=question.address,
        at=question.handed_over_at,
    )


def judge_receipt(question: Question, result: Result | None, *, now: datetime) -> Answer:
    """Say what a receipt means: Accepted is what Apple or Google took; None: there is none yet."""
    identity, at = question.handover_id, question.handed_over_at
    match result:
        case None:
            look = next_look(Channel.PUSH, at, now=now)
            reason = None if look else NO_RECEIPT
            return Answer(Heard(identity, HandoverState.SENT, reason=reason, ask_at=look))
        case Accepted():
            return Answer(Heard(identity, HandoverState.DELIVERED))
        case Refused(code) | Trouble(code):
            # Expo had it, so whatever came after is never tried again.
            return Answer(
                Heard(identity, HandoverState.FAILED, reason=code),
                _of(question, result),
            )


def judge_text_state(question: Question, state: TextState, *, now: datetime) -> Answer:
    """Say what it means how far a text message has come."""
    identity, at = question.handover_id, question.handed_over_at
    if state.status in ARRIVED:
        return Answer(Heard(identity, HandoverState.DELIVERED, state.id))
    if state.status in GIVEN_UP:
        code = state.refusal.code if state.refusal else state.status
        return Answer(
            Heard(identity, HandoverState.FAILED, state.id, code),
            _of(question, state.refusal),
        )
    look = next_look(Channel.SMS, at, now=now)
    return Answer(Heard(identity, HandoverState.SENT, state.id, ask_at=look))


def judge_absence(question: Question, *, now: datetime) -> Answer:
    """Say what it means that a message isn't listed: it was never accepted, and may go again.

    A number that has changed can't be asked about, and so it stays unknown.
    """
    if question.address is None:
        changed = Heard(question.handover_id, HandoverState.UNKNOWN, reason=NUMBER_CHANGED)
        return Answer(changed)
    back = Heard(question.handover_id, HandoverState.PUT_BACK, reason=NOT_FOUND, send_after=now)
    return Answer(back)


def judge_forgotten(question: Question) -> Answer:
    """Say what it means that the provider took a message and knows nothing of it now.

    It was deleted there, or our account is another one: nobody can ever say what became of it.
    """
    return Answer(Heard(question.handover_id, HandoverState.SENT, reason=FORGOTTEN))
