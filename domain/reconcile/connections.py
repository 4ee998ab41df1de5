"""Connections: who met whom at a completed event."""

from domain.reconcile.attendance import ATTENDANCE
from domain.reconcile.check import Check
from domain.reconcile.safety import parted

CHECKS = (
    Check(
        "connections",
        "in each direction between two guests who came to a completed event, its host left out,"
        " unless a block stood at completion",
        f"""
        WITH {ATTENDANCE}, guest AS (
            SELECT presence.event_id, presence.user_id, gathering.completed_at
            FROM presence JOIN gathering USING (event_id)
            WHERE presence.status IN ('attended', 'late') AND gathering.completed_at IS NOT NULL
                AND presence.user_id <> gathering.host_id
        ), met AS (
            SELECT one.event_id, one.user_id AS owner_id, other.user_id AS connected_user_id
            FROM guest AS one JOIN guest AS other
                ON other.event_id = one.event_id AND other.user_id <> one.user_id
            WHERE NOT {parted("one.user_id", "other.user_id", at="one.completed_at")}
        )
        SELECT concat_ws(' ', event_id, owner_id, connected_user_id) AS key,
            met.is_there IS NULL OR kept.is_there IS NULL AS drifted
        FROM (SELECT *, true AS is_there FROM met) AS met
        FULL JOIN (SELECT event_id, owner_id, connected_user_id, true AS is_there
            FROM connections) AS kept USING (event_id, owner_id, connected_user_id)
        """,
    ),
)
