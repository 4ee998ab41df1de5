"""What providers are to be asked about: what became of messages, and whether there are any."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.constants import HANDOVER_LEASE, PUSH_LOOKS, SMS_LOOKS
from domain.notifications.addresses import hash_text
from domain.sql import fetch
from domain.tables.notifications import Channel

_LOOKS: Final = {Channel.PUSH: PUSH_LOOKS, Channel.SMS: SMS_LOOKS, Channel.EMAIL: ()}


class Question(NamedTuple):
    """A handover that its provider is to be asked about.

    Without a provider's id the message is looked for by number and text; without an address too it
    can't be found any more.
    """

    handover_id: str
    state: str
    provider_id: str | None
    address: str | None
    user_id: str
    body_hash: str | None
    handed_over_at: datetime
    # How often it was asked about, this time included.
    asked: int
    # The messages of about that time to the same number that are known to be others.
    others: Sequence[str] = ()


def take_questions(
    session: Session, channel: Channel, *, limit: int, now: datetime
) -> list[Question]:
    """Take in hand what is to be asked by now; should who asks die, it is asked again.

    They come in no order: trouble with one ends the asking, and if that one is never answered, it
    isn't the same others each time that are left.
    """
    rows = fetch(
        session,
        """
        WITH due AS MATERIALIZED (
            SELECT id FROM handovers WHERE channel = %(channel)s AND ask_at <= %(now)s
            ORDER BY ask_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ), asked AS (
            UPDATE handovers AS kept
            SET ask_at = %(again)s, asked = least(kept.asked, 32766) + 1, updated_at = now()
            FROM due WHERE kept.id = due.id RETURNING kept.*
        )
        SELECT asked.id, asked.state, asked.provider_id,
            CASE asked.channel WHEN 'push' THEN phone.token WHEN 'sms' THEN users.phone_number END,
            users.id, asked.body_hash, asked.handed_over_at, asked.asked,
            ARRAY(
                SELECT other.provider_id FROM handovers AS other
                WHERE asked.provider_id IS NULL AND other.provider_id IS NOT NULL
                    AND other.address_hash = asked.address_hash
                    AND other.handed_over_at > asked.handed_over_at - interval '1 day'),
            asked.address_hash
        FROM asked JOIN notifications AS told ON told.id = asked.notification_id
        JOIN users ON users.id = told.user_id
        LEFT JOIN push_notification_tokens AS phone ON phone.id = asked.token_id
        ORDER BY random()
        """,
        channel=channel,
        now=now,
        again=now + HANDOVER_LEASE,
        limit=limit,
    )
    return [_question(row) for row in rows]


def _question(row: Sequence[Any]) -> Question:
    *told, address_hash = row
    asked = Question(*told)
    number = asked.address
    if address_hash is not None and (number is None or hash_text(number) != address_hash):
        # The number is somebody else's by now, or nobody's.
        return asked._replace(address=None)
    return asked


def next_look(channel: Channel, handed_over_at: datetime, *, now: datetime) -> datetime | None:
    """Say when a provider is asked next what became of a message; None if not any more."""
    moments = (handed_over_at + look for look in _LOOKS[channel])
    return next((moment for moment in moments if moment > now), None)
