"""Accounts: their status, from what was said about them."""

from domain.reconcile.check import Check

CHECKS = (
    Check(
        "users.status",
        "the newest explicit status; suspended while three people's open reports say so; archived"
        " once deleted",
        """
        WITH deletion AS (
            SELECT user_id, min(time) AS time FROM user_facts WHERE kind = 'user.deleted'
            GROUP BY user_id
        ), explicit AS (
            SELECT user_id, time, id, source, data->>'status' AS status
            FROM user_facts WHERE kind = 'user.status_changed'
            UNION ALL
            SELECT reports.reported_id, fact.time, fact.id, fact.source,
                CASE fact.data->>'outcome' WHEN 'ban' THEN 'banned' ELSE 'suspended' END
            FROM report_facts AS fact JOIN reports ON reports.id = fact.report_id
            WHERE fact.kind = 'report.resolved' AND fact.data->>'outcome' IN ('ban', 'suspension')
        ), newest AS (
            SELECT DISTINCT ON (user_id) * FROM explicit
            ORDER BY user_id, time DESC, id COLLATE "C" DESC, source COLLATE "C" DESC
        ), pending AS (
            SELECT DISTINCT ON (reports.id) reports.reported_id AS user_id, reports.reporter_id,
                fact.time, fact.id, fact.source
            FROM reports JOIN report_facts AS fact ON fact.report_id = reports.id
            WHERE fact.kind = 'report.filed' AND NOT EXISTS (
                SELECT FROM report_facts AS decided
                WHERE decided.report_id = reports.id AND decided.kind = 'report.resolved')
            ORDER BY reports.id, fact.time, fact.id COLLATE "C", fact.source COLLATE "C"
        ), suspension AS (
            SELECT DISTINCT last.user_id FROM pending AS last LEFT JOIN newest USING (user_id)
            WHERE (newest.user_id IS NULL
                    OR (last.time, last.id COLLATE "C", last.source COLLATE "C")
                    > (newest.time, newest.id COLLATE "C", newest.source COLLATE "C"))
                AND 3 <= (
                    SELECT count(DISTINCT other.reporter_id) FROM pending AS other
                    WHERE other.user_id = last.user_id
                        AND other.time BETWEEN last.time - interval '720 hours' AND last.time)
        )
        SELECT users.id::text AS key,
            (users.status, users.deleted_at) IS DISTINCT FROM (
                CASE WHEN deletion.user_id IS NOT NULL THEN 'archived_for_recycling'
                    WHEN newest.status IN ('banned', 'archived_for_recycling') THEN newest.status
                    WHEN suspension.user_id IS NOT NULL THEN 'suspended'
                    ELSE coalesce(newest.status, 'pending_onboarding') END,
                deletion.time) AS drifted
        FROM users
        LEFT JOIN deletion ON deletion.user_id = users.id
        LEFT JOIN newest ON newest.user_id = users.id
        LEFT JOIN suspension ON suspension.user_id = users.id
        WHERE EXISTS (SELECT FROM user_facts WHERE user_facts.user_id = users.id)
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
