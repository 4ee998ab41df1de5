"""Finds the text message that a provider's callback is about, whether or not its answer came."""

from typing import Final, NamedTuple

from sqlmodel import Session

from domain.notifications.addresses import hash_text
from domain.notifications.asking import Question
from domain.sql import array, fetch

# Whoever settles a notification holds it, so who comes second finds what the first has written.
_LOCK: Final = """
    SELECT id FROM notifications WHERE id = ANY(
        ARRAY(SELECT notification_id FROM handovers
            WHERE provider_id = %(provider_id)s AND channel = 'sms')
        || %(notification_id)s::uuid)
    ORDER BY user_id, dedupe_key, channel FOR NO KEY UPDATE
"""
# The one that bears this name; else one whose answer was lost, or is still on its way. Of several
# the newest to this number, which may have changed in between.
_FIND: Final = """
    SELECT kept.id, kept.state, kept.provider_id, told.user_id, kept.body_hash,
        kept.handed_over_at, kept.asked, kept.address_hash
    FROM handovers AS kept JOIN notifications AS told ON told.id = kept.notification_id
    WHERE kept.notification_id = ANY(%(ids)s::uuid[]) AND kept.channel = 'sms'
        AND (kept.provider_id = %(provider_id)s
            OR kept.notification_id = %(notification_id)s AND kept.provider_id IS NULL
                AND kept.state IN ('sending', 'unknown', 'put_back'))
    ORDER BY kept.provider_id IS NULL, kept.address_hash IS DISTINCT FROM %(hash)s,
        kept.attempt DESC
    LIMIT 1
"""


class Mentioned(NamedTuple):
    """A handover that a provider speaks of by itself, as if we had asked about it."""

    question: Question
    address_hash: str


def find_mentioned(
    session: Session, provider_id: str, *, notification_id: str | None, address: str
) -> Mentioned | None:
    """Find the handover of a text message, and hold its notification until the commit.

    `notification_id` is what the callback's URL says; that the provider calls proves that it has a
    message of it, whatever we know.
    """
    named = {"provider_id": provider_id, "notification_id": notification_id}
    ids = array(identity for (identity,) in fetch(session, _LOCK, **named))
    rows = fetch(session, _FIND, ids=ids, hash=hash_text(address), **named)
    if not rows:
        return None
    ((identity, state, name, user_id, body_hash, handed_over_at, asked, address_hash),) = rows
    question = Question(
        identity, state, name, address, user_id, body_hash, handed_over_at, asked=asked
    )
    return Mentioned(question, address_hash)
