"""Connections: who met whom at a completed event, and what they wrote about it."""

from domain.reconcile.attendance import ATTENDANCE
from domain.reconcile.check import Check
from domain.reconcile.safety import parted

CHECKS = (
    Check(
        "connections",
        "between guests who came to a completed event, unless a block stood at its completion,"
        " and whom one with a seat wrote about",
        f"""
        WITH {ATTENDANCE.strip()}, guest AS (
            SELECT presence.event_id, presence.user_id, gathering.completed_at
            FROM presence JOIN gathering USING (event_id)
            WHERE presence.status IN ('attended', 'late') AND gathering.completed_at IS NOT NULL
                AND presence.user_id <> gathering.host_id
        ), met AS (
            SELECT one.event_id, one.user_id AS owner_id, other.user_id AS connected_user_id
            FROM guest AS one JOIN guest AS other
                ON other.event_id = one.event_id AND other.user_id <> one.user_id
            WHERE NOT {parted("one.user_id", "other.user_id", at="one.completed_at")}
            UNION
            SELECT said.event_id, said.owner_id, said.connected_user_id
            FROM connection_facts AS said
            JOIN gathering ON gathering.event_id = said.event_id
                AND gathering.completed_at IS NOT NULL
            JOIN invitations AS mine ON mine.event_id = said.event_id
                AND mine.user_id = said.owner_id AND mine.confirmed_at IS NOT NULL
            JOIN invitations AS theirs ON theirs.event_id = said.event_id
                AND theirs.user_id = said.connected_user_id AND theirs.confirmed_at IS NOT NULL
        )
        SELECT concat_ws(' ', event_id, owner_id, connected_user_id) AS key,
            met.is_there IS NULL OR kept.is_there IS NULL AS drifted
        FROM (SELECT *, true AS is_there FROM met) AS met
        FULL JOIN (SELECT event_id, owner_id, connected_user_id, true AS is_there
            FROM connections) AS kept USING (event_id, owner_id, connected_user_id)
        """,
    ),
    Check(
        "connections.written",
        "each field as its owner wrote it last; null and silence leave it blank",
        """
        WITH word AS (
            SELECT DISTINCT ON (event_id, owner_id, connected_user_id, name)
                event_id, owner_id, connected_user_id, name, value
            FROM connection_facts CROSS JOIN LATERAL jsonb_each(data) AS field (name, value)
            ORDER BY event_id, owner_id, connected_user_id, name, time DESC,
                id COLLATE "C" DESC, source COLLATE "C" DESC
        ), page AS (
            SELECT event_id, owner_id, connected_user_id,
                jsonb_object_agg(name, value) AS said
            FROM word GROUP BY event_id, owner_id, connected_user_id
        )
        SELECT concat_ws(' ', event_id, owner_id, connected_user_id) AS key,
            (kept.is_favorite, kept.wants_to_connect_again, kept.does_not_want_to_connect_again,
                kept.private_notes)
            IS DISTINCT FROM (coalesce((said->>'is_favorite')::boolean, false),
                coalesce((said->>'wants_to_connect_again')::boolean, false),
                coalesce((said->>'does_not_want_to_connect_again')::boolean, false),
                said->>'private_notes') AS drifted
        FROM connections AS kept LEFT JOIN page USING (event_id, owner_id, connected_user_id)
        """,
    ),
)
