"""Accounts: their status, from what was said about them."""

from domain.reconcile.check import Check

CHECKS = (
    Check(
        "users.status",
        "the newest explicit status; archived once deleted",
        """
        WITH said AS (
            SELECT user_id,
                min(time) FILTER (WHERE kind = 'user.deleted') AS deleted_at,
                (array_agg(data->>'status' ORDER BY time DESC, id COLLATE "C" DESC,
                    source COLLATE "C" DESC) FILTER (WHERE kind = 'user.status_changed'))[1]
                    AS newest
            FROM user_facts GROUP BY user_id
        )
        SELECT users.id::text AS key,
            (users.status, users.deleted_at) IS DISTINCT FROM (
                CASE WHEN said.deleted_at IS NULL THEN coalesce(said.newest, 'pending_onboarding')
                    ELSE 'archived_for_recycling' END,
                said.deleted_at) AS drifted
        FROM users JOIN said ON said.user_id = users.id
        """,
    ),
)
