"""Safety: blocks, reports and what speaks against hosts, from what was said."""

from domain.reconcile.check import Check
from domain.reconcile.gatherings import GATHERING


def parted(one: str, other: str, *, at: str) -> str:
    """Give SQL that says whether a block between two people stood at a moment.

    The newest word by then, of either about the other, was a block. All three are SQL.
    """
    return f"""EXISTS (
        SELECT FROM (VALUES ({one}, {other}), ({other}, {one})) AS way (blocker_id, blocked_id)
        CROSS JOIN LATERAL (
            SELECT word.blocks FROM block_facts AS word
            WHERE word.blocker_id = way.blocker_id AND word.blocked_id = way.blocked_id
                AND word.at <= {at}
            ORDER BY word.at DESC, word.id COLLATE "C" DESC, word.source COLLATE "C" DESC LIMIT 1
        ) AS newest WHERE newest.blocks)"""


CHECKS = (
    Check(
        "blocked_users",
        "when the newest block of each pair began, and when it ended if it did",
        """
        WITH said AS (
            SELECT blocker_id, blocked_id, at, blocks, row_number() OVER pair AS place,
                lag(blocks, 1, false) OVER pair AS before
            FROM block_facts AS word
            WHERE NOT EXISTS (SELECT FROM user_facts AS gone WHERE gone.user_id = word.blocker_id
                AND gone.kind = 'user.deleted' AND gone.time < word.at)
            WINDOW pair AS (PARTITION BY blocker_id, blocked_id
                ORDER BY at, id COLLATE "C", source COLLATE "C")
        ), newest AS (
            SELECT blocker_id, blocked_id,
                (array_agg(at ORDER BY place DESC) FILTER (WHERE blocks))[1] AS blocked_at,
                max(at) FILTER (WHERE place = last_turn AND NOT blocks) AS unblocked_at
            FROM (SELECT *, max(place) OVER (PARTITION BY blocker_id, blocked_id) AS last_turn
                FROM said WHERE blocks <> before) AS turn
            GROUP BY blocker_id, blocked_id
        )
        SELECT concat_ws(' ', blocker_id, blocked_id) AS key,
            (kept.blocked_at, kept.unblocked_at)
            IS DISTINCT FROM (newest.blocked_at, newest.unblocked_at) AS drifted
        FROM blocked_users AS kept FULL JOIN newest USING (blocker_id, blocked_id)
        """,
    ),
    Check(
        "reports.status",
        "resolved once somebody decided; filed when it was first said",
        """
        SELECT reports.id::text AS key, (reports.status = 'resolved', reports.reported_at)
            IS DISTINCT FROM (count(*) FILTER (WHERE fact.kind = 'report.resolved') > 0,
                min(fact.time) FILTER (WHERE fact.kind = 'report.filed')) AS drifted
        FROM reports LEFT JOIN report_facts AS fact ON fact.report_id = reports.id
        GROUP BY reports.id
        """,
    ),
    Check(
        "host_reliability_log",
        "each event that its host cancelled, when, how late, and why if a code says so",
        f"""
        WITH {GATHERING}, word AS (
            SELECT DISTINCT ON (event_id, time) event_id, time, data->>'reason' AS reason
            FROM event_facts WHERE kind = 'event.cancelled'
            ORDER BY event_id, time, id COLLATE "C", source COLLATE "C"
        ), blame AS (
            SELECT gathering.host_id, gathering.event_id, cancelled_at,
                CASE WHEN cancelled_at >= starts_at - interval '48 hours' THEN 'cancelled_late'
                    ELSE 'cancelled' END AS action,
                CASE WHEN length(reason) <= 64 AND reason ~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
                    THEN jsonb_build_object('reason', reason) END AS code
            FROM gathering LEFT JOIN word ON word.event_id = gathering.event_id
                AND word.time = gathering.cancelled_at
            WHERE status = 'cancelled_by_host'
        )
        SELECT concat_ws(' ', host_id, event_id) AS key,
            (kept.action_type, kept.occurred_at, kept.metadata)
            IS DISTINCT FROM (blame.action, blame.cancelled_at, blame.code) AS drifted
        FROM host_reliability_log AS kept FULL JOIN blame USING (host_id, event_id)
        """,
    ),
)
