"""Attendance: who came, by check-ins and reports, and what that makes of people's reliability."""

from domain.reconcile.check import Check
from domain.reconcile.gatherings import GATHERING

# Everybody with a seat, and what follows from check-ins and reports, in the order of precedence.
# Distances by the chord between two points of the unit sphere. Brings `gathering` along.
ATTENDANCE = f"""
{GATHERING.strip()}, holder AS MATERIALIZED (
    SELECT id, event_id, user_id, status = 'cancelled_late' AS cancelled_late FROM invitations
    WHERE status IN ('confirmed', 'pending_reconfirmation', 'cancelled_late')
), leader AS (
    SELECT id AS event_id, host_id AS user_id FROM events
    UNION
    SELECT event_id, user_id FROM event_collaborators
    WHERE user_id IS NOT NULL AND lower(role) = 'co-host'
), stop AS (
    SELECT stop.event_id, cos(radians(latitude)) * cos(radians(longitude)) AS x,
        cos(radians(latitude)) * sin(radians(longitude)) AS y, sin(radians(latitude)) AS z
    FROM event_itinerary_stops AS stop JOIN locations ON locations.id = stop.location_id
), arrival AS (
    SELECT DISTINCT ON (tried.event_id, tried.user_id) tried.event_id, tried.user_id,
        checked_in_at, latitude, longitude
    FROM attendance_check_ins AS tried JOIN gathering USING (event_id)
    CROSS JOIN LATERAL (SELECT
        cos(radians(latitude)) * cos(radians(longitude)) AS x,
        cos(radians(latitude)) * sin(radians(longitude)) AS y, sin(radians(latitude)) AS z) AS here
    WHERE checked_in_at BETWEEN starts_at - interval '30 minutes' AND ends_at
        AND EXISTS (
            SELECT FROM stop WHERE stop.event_id = tried.event_id
                AND 2 * 6371008.8 * asin(least(1, sqrt((stop.x - here.x) ^ 2
                    + (stop.y - here.y) ^ 2 + (stop.z - here.z) ^ 2) / 2)) <= 500)
    ORDER BY tried.event_id, tried.user_id, checked_in_at, id COLLATE "C", source COLLATE "C"
), heard AS (
    SELECT said.event_id, said.user_id, said.reporter_id, said.status,
        leader.user_id IS NOT NULL AS leads,
        count(*) OVER (PARTITION BY said.event_id, said.user_id, said.status) AS votes,
        row_number() OVER (PARTITION BY said.event_id, said.user_id ORDER BY reported_at,
            stamp_id COLLATE "C", stamp_source COLLATE "C") AS place
    FROM attendance_reports AS said JOIN gathering USING (event_id)
    LEFT JOIN leader ON leader.event_id = said.event_id AND leader.user_id = said.reporter_id
    LEFT JOIN holder ON holder.event_id = said.event_id AND holder.user_id = said.reporter_id
    WHERE said.reported_at >= gathering.starts_at
        AND (leader.user_id IS NOT NULL OR holder.id IS NOT NULL)
), verdict AS (
    -- A leader's newest first; without one, the newest of those with most votes.
    SELECT DISTINCT ON (event_id, user_id) event_id, user_id, status, reporter_id FROM heard
    ORDER BY event_id, user_id, leads DESC, CASE WHEN leads THEN 0 ELSE votes END DESC, place DESC
), presence AS MATERIALIZED (
    SELECT holder.id, holder.event_id, holder.user_id, gathering.starts_at,
        CASE WHEN holder.cancelled_late THEN 'cancelled_late'
            WHEN verdict.status IS NOT NULL THEN verdict.status
            WHEN arrival.checked_in_at IS NOT NULL THEN 'attended'
            WHEN gathering.finalized_at IS NOT NULL THEN 'no_show'
            ELSE 'confirmed' END AS status,
        CASE WHEN NOT holder.cancelled_late THEN verdict.reporter_id END AS reported_by,
        arrival.checked_in_at, arrival.latitude, arrival.longitude
    FROM holder JOIN gathering USING (event_id)
    LEFT JOIN verdict ON verdict.event_id = holder.event_id AND verdict.user_id = holder.user_id
    LEFT JOIN arrival ON arrival.event_id = holder.event_id AND arrival.user_id = holder.user_id
)
"""

# How one person's outcomes add up.
OUTCOMES = f"""
{ATTENDANCE.strip()}, outcome AS (
    SELECT user_id, status, starts_at, max(starts_at) OVER (PARTITION BY user_id) AS latest,
        CASE status WHEN 'attended' THEN 1.0 WHEN 'late' THEN 0.75 WHEN 'cancelled_late' THEN 0.4
            WHEN 'check_in_abandoned' THEN 0.2 WHEN 'no_show' THEN 0.0 END::float8 AS credit
    FROM presence WHERE status <> 'confirmed'
), reliability AS (
    SELECT user_id, (2.7 + sum(weight * credit)) / (3 + sum(weight)) AS rating,
        count(*) FILTER (WHERE status IN ('attended', 'late')) AS present
    FROM outcome CROSS JOIN LATERAL (
        SELECT power(0.5::float8, extract(epoch FROM latest - starts_at)::float8 / (180 * 86400.0))
            AS weight
    ) AS aged GROUP BY user_id
)
"""

CHECKS = (
    Check(
        "attendance.status",
        "cancelled late, else as reported, else checked in, else no-show once finalised",
        f"""
        WITH {ATTENDANCE}
        SELECT seat.id::text AS key, (seat.status, seat.reported_by_user_id, seat.checked_in_at,
                seat.check_in_latitude, seat.check_in_longitude)
            IS DISTINCT FROM (presence.status, presence.reported_by, presence.checked_in_at,
                presence.latitude, presence.longitude) AS drifted
        FROM attendance AS seat JOIN presence ON presence.id = seat.id
        """,
    ),
    Check(
        "attendance.ends_at",
        "the event's end, as its schedule finally stands",
        f"""
        WITH {GATHERING}
        SELECT seat.id::text AS key, seat.ends_at IS DISTINCT FROM gathering.ends_at AS drifted
        FROM attendance AS seat JOIN gathering USING (event_id)
        """,
    ),
    Check(
        "metrics.absentee_rating",
        "the mean of credits that halve in weight each 180 days, drawn towards 0.9",
        f"""
        WITH {OUTCOMES}
        SELECT kept.user_id::text AS key,
            (kept.absentee_rating IS NULL) <> (reliability.rating IS NULL)
            OR abs(kept.absentee_rating - reliability.rating) > 1e-9 * reliability.rating
            IS TRUE AS drifted
        FROM user_internal_metrics AS kept LEFT JOIN reliability USING (user_id)
        """,
    ),
    Check(
        "metrics.outcomes_present",
        "how often somebody attended or was late",
        f"""
        WITH {OUTCOMES}
        SELECT kept.user_id::text AS key,
            kept.outcomes_present <> coalesce(reliability.present, 0) AS drifted
        FROM user_internal_metrics AS kept LEFT JOIN reliability USING (user_id)
        """,
    ),
)
