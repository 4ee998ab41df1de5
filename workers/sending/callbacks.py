"""What Twilio tells us by itself: how far a message has come, and what people answer.

It comes to the same as asking, in any order and however often.
"""

from datetime import datetime
from typing import Final, NamedTuple

from sqlmodel import Session

from domain.notifications.addresses import Fact, hash_text, note_facts
from domain.notifications.calling import find_mentioned
from domain.notifications.hearing import hear
from domain.tables.handovers import AddressFactKind, HandoverState
from workers.measuring import MEASURES
from workers.providers.ports import TextState
from workers.sending.answers import judge_text_state

# What Twilio itself takes for a wish if it is the whole message.
# https://help.twilio.com/articles/223134027
STOP_WORDS: Final = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
_WISHES: Final = dict.fromkeys(STOP_WORDS, AddressFactKind.STOP) | dict.fromkeys(
    START_WORDS, AddressFactKind.START
)


class Callback(NamedTuple):
    """That a message to a number has come so far; `notification_id` is that of the URL."""

    state: TextState
    notification_id: str | None
    to: str


def hear_callback(session: Session, callback: Callback, *, now: datetime) -> HandoverState | None:
    """Write what a callback says; give what it says, or None if it is about nothing of ours."""
    mentioned = find_mentioned(
        session,
        callback.state.id,
        notification_id=callback.notification_id,
        address=callback.to,
    )
    if mentioned is None:
        return None
    answer = judge_text_state(mentioned.question, callback.state, now=now)
    MEASURES.notified(hear(session, [answer.heard], now=now))
    if answer.unreached is not None:
        # By the number that we have sent to; Twilio may write it in another way.
        _, _, _, kind, at = answer.unreached
        fact = Fact(answer.heard.handover_id, mentioned.address_hash, kind, at)
        note_facts(session, [fact])
    return answer.heard.state


def read_wish(body: str, opt_out_type: str | None) -> AddressFactKind | None:
    """Say whether somebody wants no more, or wants it again; None if they say anything else.

    `opt_out_type` is what Twilio has understood, where that is set up there; it decides.
    """
    if not opt_out_type:
        return _WISHES.get(body.strip().upper())
    if opt_out_type in (AddressFactKind.STOP.upper(), AddressFactKind.START.upper()):
        return AddressFactKind(opt_out_type.lower())
    return None


def hear_wish(
    session: Session, message_id: str, *, number: str, wish: AddressFactKind, now: datetime
) -> bool:
    """Keep what the owner of a number wants; say whether it was new."""
    return note_facts(session, [Fact(message_id, hash_text(number), wish, now)]) == 1
