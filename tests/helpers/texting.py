"""A text message that is on its way, and what becomes known of it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.notifications.addresses import Address, hash_text, let_go
from domain.notifications.handing import InHand
from domain.notifications.hearing import hear
from domain.notifications.wording import Text
from domain.sql import fetch, insert_missing
from domain.tables.notifications import Channel
from tests.helpers.pages import an_id
from workers.providers.ports import Result, TextState
from workers.providers.twilio_codes import meaning_of
from workers.sending.answers import judge_results
from workers.sending.callbacks import Callback, hear_callback

HANDED_OVER: Final = datetime(2026, 6, 1, 18, tzinfo=UTC)
NOW: Final = HANDED_OVER + timedelta(minutes=1)
NUMBER: Final = "+14155550123"
ADA: Final = an_id("Ada")
TOLD: Final = an_id("a notification")
SID: Final = f"SM{7:032x}"


def handover_id(attempt: int = 1) -> str:
    """The id of the handover of this attempt."""
    return an_id(f"handover {attempt}")


def text_on_its_way(session: Session, *, channel: Channel = Channel.SMS, **columns: Any) -> None:
    """Write that Ada's notification is being sent; `columns` are those of the handover."""
    told: dict[str, Any] = {
        "id": TOLD,
        "user_id": ADA,
        "category": "sms_invitations" if channel is Channel.SMS else "email_account_and_safety",
        "template": "invitation" if channel is Channel.SMS else "suspended",
        "params": {},
        "channel": channel,
        "dedupe_key": "invitation",
        "domain_event_id": 1,
        "status": "sending",
        "send_after": HANDED_OVER,
        "expires_at": HANDED_OVER + timedelta(days=2),
        "attempts": 1,
        "created_at": HANDED_OVER,
        "updated_at": HANDED_OVER,
    }
    insert_missing(session, "notifications", [told])
    attempt = columns.pop("attempt", 1)
    made: dict[str, Any] = {
        "id": handover_id(attempt),
        "notification_id": TOLD,
        "channel": channel,
        "attempt": attempt,
        "state": "sending",
        "address_hash": hash_text(NUMBER),
        "handed_over_at": HANDED_OVER,
        "asked": 0,
        "updated_at": HANDED_OVER,
    }
    insert_missing(session, "handovers", [made | columns])


def called(
    session: Session,
    word: str,
    code: int | None = None,
    *,
    sid: str = SID,
    about: str | None = TOLD,
    to: str = NUMBER,
) -> str | None:
    """Hear from the provider by itself."""
    state = TextState(sid, word, None if code is None else meaning_of(code))
    return hear_callback(session, Callback(state, about, to), now=NOW)


def recorded(session: Session, result: Result, *, attempt: int = 1) -> None:
    """Write what the provider answered to the sender."""
    in_hand = InHand(
        handover_id=handover_id(attempt),
        notification_id=TOLD,
        user_id=ADA,
        attempt=attempt,
        address=Address(NUMBER),
        text=Text("", "You're invited", ""),
        taken_at=HANDED_OVER,
        expires_at=HANDED_OVER + timedelta(days=2),
    )
    (answer,) = judge_results([in_hand], [result], channel=Channel.SMS, now=NOW)
    hear(session, [answer.heard], now=NOW)
    if answer.unreached is not None:
        let_go(session, Channel.SMS, [answer.unreached])


class Known(NamedTuple):
    """How everything stands: the notification, its handovers, what became known of numbers."""

    told: tuple[Any, ...]
    handovers: list[tuple[Any, ...]]
    facts: list[tuple[Any, ...]]


def known(session: Session) -> Known:
    """Read how everything stands."""
    ((*told,),) = fetch(session, "SELECT status, reason, provider_id FROM notifications")
    handovers = fetch(
        session, "SELECT state, reason, provider_id, ask_at FROM handovers ORDER BY attempt"
    )
    facts = fetch(session, "SELECT id, address_hash, kind, said_at FROM address_facts ORDER BY id")
    return Known(tuple(told), handovers, facts)
