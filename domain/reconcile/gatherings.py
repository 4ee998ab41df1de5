"""Events: their schedule from the stops, and where they stand from what was said about them."""

from domain.reconcile.check import Check

# The schedule as the stops give it: the start of the first, the end of the last.
SCHEDULE = """
schedule AS MATERIALIZED (
    SELECT DISTINCT event_id,
        first_value(start_time) OVER by_place AS starts_at,
        last_value(end_time) OVER by_place AS ends_at
    FROM event_itinerary_stops
    WINDOW by_place AS (PARTITION BY event_id ORDER BY "order"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
"""

# Events as they stand: cancelled before the end by host or system, or before the start by their
# host's leaving; else completed once the end has passed; else finalised. `gathering` needs
# `schedule`. An event without a word said about it is taken as its row says.
GATHERING = f"""
{SCHEDULE.strip()}, deletion AS (
    SELECT user_id, min(time) AS time FROM user_facts WHERE kind = 'user.deleted' GROUP BY user_id
), ban AS (
    SELECT user_id, time FROM user_facts
    WHERE kind = 'user.status_changed' AND data->>'status' = 'banned'
    UNION ALL
    SELECT reports.reported_id, fact.time
    FROM report_facts AS fact JOIN reports ON reports.id = fact.report_id
    WHERE fact.kind = 'report.resolved' AND fact.data->>'outcome' = 'ban'
), departed AS (
    SELECT user_id, time FROM deletion
    UNION ALL
    SELECT ban.user_id, ban.time FROM ban LEFT JOIN deletion USING (user_id)
    WHERE ban.time > deletion.time IS NOT TRUE
), endings AS (
    SELECT fact.event_id, fact.time, fact.id, fact.source,
        CASE fact.data->>'cancelled_by' WHEN 'host' THEN 'cancelled_by_host' ELSE 'cancelled' END
            AS status
    FROM event_facts AS fact JOIN schedule USING (event_id)
    WHERE fact.kind = 'event.cancelled' AND fact.time < schedule.ends_at
    UNION ALL
    SELECT events.id, departed.time, '', '', 'cancelled'
    FROM departed
    JOIN events ON events.host_id = departed.user_id
    JOIN schedule ON schedule.event_id = events.id
    WHERE departed.time < schedule.starts_at AND departed.time >= (
        SELECT min(time) FROM event_facts AS fact
        WHERE fact.event_id = events.id AND fact.kind = 'event.published')
), cancellation AS (
    SELECT DISTINCT ON (event_id) event_id, time, status FROM endings
    ORDER BY event_id, time, id COLLATE "C", source COLLATE "C"
), completion AS (
    SELECT fact.event_id, min(fact.time) FILTER (WHERE fact.kind = 'event.completed'
            AND fact.time >= schedule.ends_at) AS completed_at,
        min(fact.time) FILTER (WHERE fact.kind = 'event.finalized') AS finalized_at
    FROM event_facts AS fact JOIN schedule USING (event_id) GROUP BY fact.event_id
), gathering AS MATERIALIZED (
    SELECT events.id AS event_id, events.host_id, schedule.starts_at, schedule.ends_at,
        CASE WHEN completion.event_id IS NULL THEN events.status
            WHEN cancellation.event_id IS NOT NULL THEN cancellation.status
            WHEN completion.completed_at IS NOT NULL THEN 'completed' ELSE 'published'
            END AS status,
        CASE WHEN completion.event_id IS NULL THEN events.cancelled_at
            ELSE cancellation.time END AS cancelled_at,
        CASE WHEN completion.event_id IS NULL THEN events.completed_at
            WHEN cancellation.event_id IS NULL THEN completion.completed_at END AS completed_at,
        CASE WHEN completion.event_id IS NULL THEN events.finalized_at
            WHEN cancellation.event_id IS NULL AND completion.completed_at IS NOT NULL
            THEN completion.finalized_at END AS finalized_at
    FROM events
    LEFT JOIN schedule ON schedule.event_id = events.id
    LEFT JOIN cancellation ON cancellation.event_id = events.id
    LEFT JOIN completion ON completion.event_id = events.id
)
"""

CHECKS = (
    Check(
        "events.schedule",
        "starts_at and ends_at are the first stop's start and the last stop's end",
        f"""
        WITH {SCHEDULE}
        SELECT events.id::text AS key, (events.starts_at, events.ends_at)
            IS DISTINCT FROM (schedule.starts_at, schedule.ends_at) AS drifted
        FROM events LEFT JOIN schedule ON schedule.event_id = events.id
        """,
    ),
    Check(
        "events.status",
        "published, cancelled or completed, and when, as what was said makes it",
        f"""
        WITH {GATHERING}
        SELECT events.id::text AS key,
            (events.status, events.cancelled_at, events.completed_at, events.finalized_at)
            IS DISTINCT FROM (stands.status, stands.cancelled_at, stands.completed_at,
                stands.finalized_at) AS drifted
        FROM events JOIN gathering AS stands ON stands.event_id = events.id
        """,
    ),
)
