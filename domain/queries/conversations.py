"""What two people say to one another."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import PAGE_LENGTH
from domain.queries.page import NEWEST_FIRST, Page, one_more, page
from domain.sql import fetch


class Message(NamedTuple):
    """A message; an image lies in the store under `storage_id`."""

    message_id: str
    sender_id: str
    content: str
    type: str
    storage_id: str | None
    sent_at: datetime


def messages(
    session: Session,
    conversation_id: str,
    *,
    reader_id: str,
    after: str | None = None,
    limit: int = PAGE_LENGTH,
) -> Page[Message]:
    """Give a conversation's messages to one of those in it, the newest first.

    Nobody else sees anything; nor does anybody see what no worker has accepted yet. Index:
    messages_conversation_id_sent_at_id_idx, in its order. Cost: a page.
    """
    sent_at, message = NEWEST_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT id, sender_id, content, type, storage_id, sent_at FROM messages
        WHERE conversation_id = %(conversation)s
            AND EXISTS (
                SELECT FROM conversation_participants
                WHERE conversation_id = %(conversation)s AND user_id = %(reader)s)
            AND (sent_at, id) < (%(sent_at)s::timestamptz, %(message)s::uuid)
        ORDER BY sent_at DESC, id DESC LIMIT %(limit)s
        """,
        conversation=conversation_id,
        reader=reader_id,
        sent_at=sent_at,
        message=message,
        limit=one_more(limit),
    )
    said = map(Message._make, rows)
    return page(said, limit, key=lambda each: (each.sent_at, each.message_id))


class Conversation(NamedTuple):
    """A conversation: whom it is with and what was said last, None before anything was."""

    conversation_id: str
    updated_at: datetime
    other_id: str | None
    other_name: str | None
    other_photo_url: str | None
    last_message: Message | None


def conversations(
    session: Session, user_id: str, *, after: str | None = None, limit: int = PAGE_LENGTH
) -> Page[Conversation]:
    """Give somebody's conversations with the other person and the last message, by activity.

    Column: conversations.last_message_id. Index:
    conversation_participants_user_id_conversation_id_idx, then primary keys. Cost: the
    conversations somebody has, one with each person, however much was said in them.
    """
    updated_at, conversation = NEWEST_FIRST.after(after)
    rows = fetch(
        session,
        _CONVERSATIONS,
        user=user_id,
        updated_at=updated_at,
        conversation=conversation,
        limit=one_more(limit),
    )
    found = [
        Conversation._make((*row[:5], Message(*row[5:]) if row[5] is not None else None))
        for row in rows
    ]
    return page(found, limit, key=lambda each: (each.updated_at, each.conversation_id))


# The page is cut before anything is looked up for its lines.
_CONVERSATIONS = """
WITH newest AS MATERIALIZED (
    SELECT talk.id, talk.updated_at, talk.last_message_id
    FROM conversation_participants AS mine JOIN conversations AS talk
        ON talk.id = mine.conversation_id
    WHERE mine.user_id = %(user)s
        AND (talk.updated_at, talk.id) < (%(updated_at)s::timestamptz, %(conversation)s::uuid)
    ORDER BY talk.updated_at DESC, talk.id DESC LIMIT %(limit)s
)
SELECT newest.id, newest.updated_at, other.user_id,
    coalesce(profile.preferred_name, profile.first_name), profile.current_photo_url,
    last.id, last.sender_id, last.content, last.type, last.storage_id, last.sent_at
FROM newest
LEFT JOIN conversation_participants AS other
    ON other.conversation_id = newest.id AND other.user_id <> %(user)s
LEFT JOIN social_profiles AS profile ON profile.user_id = other.user_id
LEFT JOIN messages AS last ON last.id = newest.last_message_id
ORDER BY newest.updated_at DESC, newest.id DESC
"""
