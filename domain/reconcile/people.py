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
    Check(
        "users.subscription",
        "status, end and Stripe's id, each by its newest word; free without any",
        """
        WITH said AS (
            SELECT DISTINCT ON (user_id, field) user_id, field, value #>> '{}' AS value
            FROM user_facts CROSS JOIN LATERAL jsonb_each(data) AS each (field, value)
            WHERE kind = 'subscription.changed'
            ORDER BY user_id, field, time DESC, id COLLATE "C" DESC, source COLLATE "C" DESC
        ), stands AS (
            SELECT user_id, max(value) FILTER (WHERE field = 'subscription_status') AS status,
                max(value) FILTER (WHERE field = 'subscription_ends')::timestamptz AS ends,
                max(value) FILTER (WHERE field = 'stripe_subscription_id') AS stripe_id
            FROM said GROUP BY user_id
        )
        SELECT users.id::text AS key,
            (subscription_status, subscription_ends, stripe_subscription_id)
            IS DISTINCT FROM (coalesce(stands.status, 'free'), stands.ends, stands.stripe_id)
            AS drifted
        FROM users LEFT JOIN stands ON stands.user_id = users.id
        """,
    ),
)
