"""Conversations: which message is the newest, and when something was said last."""

from domain.reconcile.check import Check

CHECKS = (
    Check(
        "conversations.newest",
        "last_message_id is the newest by time and id; updated_at its time, else the start's",
        """
        WITH newest AS (
            SELECT DISTINCT ON (conversation_id) conversation_id, id, sent_at FROM messages
            WHERE sent_at IS NOT NULL ORDER BY conversation_id, sent_at DESC, id DESC
        )
        SELECT kept.id::text AS key, (kept.last_message_id, kept.updated_at)
            IS DISTINCT FROM (newest.id, coalesce(newest.sent_at, kept.started_at)) AS drifted
        FROM conversations AS kept LEFT JOIN newest ON newest.conversation_id = kept.id
        """,
    ),
    Check(
        "conversations.participants",
        "the two whose conversation it is, and nobody else; all messages are theirs",
        """
        WITH owed AS (
            SELECT id AS conversation_id, unnest(ARRAY[user_low, user_high]) AS user_id
            FROM conversations
        ), speaker AS (
            SELECT conversation_id, user_id FROM conversation_participants
            UNION
            SELECT conversation_id, sender_id FROM messages
        ), present AS (
            SELECT conversation_id, user_id, true AS takes_part FROM conversation_participants
        )
        SELECT coalesce(owed.conversation_id, speaker.conversation_id)::text AS key,
            owed.user_id IS NULL OR present.takes_part IS NULL AS drifted
        FROM owed
        FULL JOIN speaker USING (conversation_id, user_id)
        LEFT JOIN present USING (conversation_id, user_id)
        """,
    ),
)
