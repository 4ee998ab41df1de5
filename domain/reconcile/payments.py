"""Payments and refunds: where each stands, from everything that was said about it."""

from domain.reconcile.check import Check

CHECKS = (
    Check(
        "payments.status",
        "it never goes down; of a full refund and a dispute the newer counts",
        """
        WITH ended AS (
            SELECT DISTINCT ON (payment_id, data->>'stripe_dispute_id') payment_id,
                data->>'stripe_dispute_id' AS dispute, data->>'outcome' AS outcome
            FROM payment_facts WHERE kind = 'payment.dispute_closed'
            ORDER BY payment_id, data->>'stripe_dispute_id', time DESC, id COLLATE "C" DESC,
                source COLLATE "C" DESC
        ), undone AS (
            -- What is as if it had never been: failed refunds, and disputes that ended for us.
            SELECT payment_id, 'payment.disputed' AS kind, dispute AS name FROM ended
            WHERE outcome IN ('won', 'warning_closed')
            UNION ALL
            SELECT payment_id, 'payment.refunded', data->>'stripe_refund_id' FROM payment_facts
            WHERE kind = 'payment.refund_failed'
        ), told AS (
            SELECT payment_id, kind, data, row_number() OVER (
                PARTITION BY payment_id ORDER BY time, id COLLATE "C", source COLLATE "C") AS place
            FROM payment_facts WHERE (payment_id, kind, CASE kind
                    WHEN 'payment.disputed' THEN data->>'stripe_dispute_id'
                    WHEN 'payment.refunded' THEN data->>'stripe_refund_id' ELSE '' END)
                NOT IN (SELECT payment_id, kind, name FROM undone)
        ), owed AS (
            SELECT payment_id, (array_agg((data->>'amount_in_cents')::bigint
                ORDER BY kind = 'payment.failed', place))[1] AS cents,
                -- Failed, succeeded and refund_pending: the highest rung that was reached.
                max(CASE kind WHEN 'payment.failed' THEN 1 WHEN 'payment.succeeded' THEN 2 END)
                    AS rung
            FROM told WHERE kind IN ('payment.failed', 'payment.succeeded') GROUP BY payment_id
        ), returned AS (
            -- Of one refund that is told twice the later amount counts.
            SELECT payment_id, kind, place, CASE kind WHEN 'payment.refunded' THEN
                said - lag(said, 1, 0::bigint) OVER (
                    PARTITION BY payment_id, kind, data->>'stripe_refund_id' ORDER BY place)
                ELSE 0 END AS cents
            FROM told
            CROSS JOIN LATERAL (SELECT (data->>'amount_in_cents')::bigint AS said) AS refund
            WHERE kind IN ('payment.refunded', 'payment.disputed')
        ), running AS (
            SELECT payment_id, kind, place,
                sum(cents) OVER (PARTITION BY payment_id ORDER BY place) AS cents
            FROM returned
        ), last AS (
            SELECT DISTINCT ON (payment_id) payment_id,
                CASE kind WHEN 'payment.disputed' THEN 'disputed' ELSE 'refunded' END AS status
            FROM running JOIN owed USING (payment_id)
            WHERE kind = 'payment.disputed' OR running.cents >= owed.cents
            ORDER BY payment_id, place DESC
        ), requested AS (
            SELECT DISTINCT payment_id FROM told WHERE kind = 'refund.requested'
        )
        SELECT payments.id::text AS key, payments.status IS DISTINCT FROM coalesce(last.status,
            CASE WHEN requested.payment_id IS NOT NULL THEN 'refund_pending'
                WHEN owed.rung = 2 THEN 'succeeded' WHEN owed.rung = 1 THEN 'failed'
                ELSE payments.status END) AS drifted
        FROM payments
        LEFT JOIN owed ON owed.payment_id = payments.id
        LEFT JOIN last ON last.payment_id = payments.id
        LEFT JOIN requested ON requested.payment_id = payments.id
        """,
    ),
    Check(
        "refunds.state",
        "what must go back has its row, which says made exactly if all of it went and stayed back",
        """
        WITH wished AS (
            SELECT DISTINCT payment_id FROM payment_facts WHERE kind = 'refund.requested'
        ), told AS (
            SELECT payment_id, data->>'stripe_refund_id' AS refund,
                (array_agg((data->>'amount_in_cents')::bigint ORDER BY time DESC,
                    id COLLATE "C" DESC, source COLLATE "C" DESC))[1] AS cents
            FROM payment_facts WHERE kind = 'payment.refunded' GROUP BY 1, 2
        ), undone AS (
            SELECT payment_id, data->>'stripe_refund_id' AS refund FROM payment_facts
            WHERE kind = 'payment.refund_failed'
        )
        SELECT coalesce(wished.payment_id, refunds.payment_id)::text AS key,
            wished.payment_id IS NULL OR refunds.payment_id IS NULL
            OR refunds.state <> 'closed' AND (refunds.state = 'made') <> (
                SELECT coalesce(sum(told.cents), 0) >= payments.amount_in_cents FROM told
                WHERE told.payment_id = refunds.payment_id
                    AND NOT told.refund = ANY (refunds.failed_ids)
                    AND (told.payment_id, told.refund) NOT IN (TABLE undone)) AS drifted
        FROM wished FULL JOIN refunds ON refunds.payment_id = wished.payment_id
        LEFT JOIN payments ON payments.id = coalesce(wished.payment_id, refunds.payment_id)
        """,
    ),
)
