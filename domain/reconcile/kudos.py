"""Kudos: which count, and what they add to people's scores."""

from domain.reconcile.attendance import ATTENDANCE
from domain.reconcile.check import Check
from domain.reconcile.safety import parted

# Kudos as they stand: the earliest time in the window, else the earliest at all. Where they count
# but for blocks, the earliest at which none stood.
KUDOS = f"""
{ATTENDANCE.strip()}, guest AS (
    SELECT event_id, user_id FROM presence WHERE status IN ('attended', 'late')
    UNION
    SELECT event_id, host_id FROM gathering
), thanks AS MATERIALIZED (
    SELECT kept.id, kept.receiver_id, kept.giver_id, kept.kudo, met.both AND timely.free
            IS NOT NULL AS counts,
        CASE WHEN met.both AND timely.free IS NOT NULL THEN timely.free
            ELSE coalesce(timely.given_at, timely.earliest) END AS given_at
    FROM attendee_kudos AS kept
    LEFT JOIN gathering ON gathering.event_id = kept.event_id
    LEFT JOIN guest AS giver
        ON giver.event_id = kept.event_id AND giver.user_id = kept.giver_id
    LEFT JOIN guest AS receiver
        ON receiver.event_id = kept.event_id AND receiver.user_id = kept.receiver_id
    CROSS JOIN LATERAL (SELECT gathering.cancelled_at IS NULL
        AND giver.user_id IS NOT NULL AND receiver.user_id IS NOT NULL AS both) AS met
    CROSS JOIN LATERAL (
        SELECT min(moment) AS earliest, min(moment) FILTER (WHERE is_in) AS given_at,
            min(moment) FILTER (WHERE is_in
                AND NOT {parted("kept.giver_id", "kept.receiver_id", at="moment")}) AS free
        -- Times are kept apart only once there are several.
        FROM unnest(CASE WHEN cardinality(kept.given_times) > 0 THEN kept.given_times
            ELSE ARRAY[kept.given_at] END) AS moment
        CROSS JOIN LATERAL (SELECT moment BETWEEN gathering.starts_at
            AND gathering.ends_at + interval '336 hours' AS is_in) AS season
    ) AS timely
)
"""

CHECKS = (
    Check(
        "kudos.counts",
        "given in the window by one who took part to one who did, no block between; which time",
        f"""
        WITH {KUDOS}
        SELECT kept.id::text AS key,
            (kept.counts, kept.given_at) IS DISTINCT FROM (thanks.counts, thanks.given_at)
                AS drifted
        FROM attendee_kudos AS kept JOIN thanks ON thanks.id = kept.id
        """,
    ),
    Check(
        "kudos.strays",
        "their event, giver and receiver exist, and nobody thanks themselves",
        """
        SELECT kept.id::text AS key, events.id IS NULL OR giver.id IS NULL OR receiver.id IS NULL
            OR giver.id = receiver.id AS drifted
        FROM attendee_kudos AS kept
        LEFT JOIN events ON events.id = kept.event_id
        LEFT JOIN users AS giver ON giver.id = kept.giver_id
        LEFT JOIN users AS receiver ON receiver.id = kept.receiver_id
        """,
    ),
    Check(
        "metrics.gratitude",
        "over givers the sum of 2 - 2 ** (1 - n), n counting kudos, in units of 2 ** -40",
        f"""
        WITH {KUDOS}, pair AS (
            SELECT receiver_id, giver_id, count(*) AS n FROM thanks WHERE counts GROUP BY 1, 2
        ), owed AS (
            -- As exact numerics; what is below a unit falls away from the 42nd kudo on.
            SELECT receiver_id AS user_id,
                sum(2 ^ 41::numeric - trunc(2 ^ (41::numeric - least(n, 50)))) AS units
            FROM pair GROUP BY 1
        )
        SELECT kept.user_id::text AS key, kept.gratitude <> coalesce(owed.units, 0) AS drifted
        FROM user_internal_metrics AS kept LEFT JOIN owed USING (user_id)
        """,
    ),
    Check(
        "metrics.contribution_score",
        "half an outcome each, and the givers' worth",
        """
        SELECT user_id::text AS key, abs(contribution_score
                - (outcomes_present / 2.0 + gratitude / power(2::numeric, 40))::float8)
            > 1e-9 * greatest(1, abs(contribution_score)) AS drifted
        FROM user_internal_metrics
        """,
    ),
    Check(
        "metrics.aggregated_kudos",
        "how many of each kudo count; one at zero is absent",
        f"""
        WITH {KUDOS}, tally AS (
            SELECT receiver_id, kudo, count(*) AS n FROM thanks WHERE counts GROUP BY 1, 2
        ), heap AS (
            SELECT receiver_id AS user_id, jsonb_object_agg(kudo, n) AS kudos FROM tally GROUP BY 1
        )
        SELECT kept.user_id::text AS key,
            kept.aggregated_kudos <> coalesce(heap.kudos, '{{}}') AS drifted
        FROM user_internal_metrics AS kept LEFT JOIN heap USING (user_id)
        """,
    ),
    Check(
        "metrics.kudos_givers",
        "how many kudos count, and from how many givers",
        f"""
        WITH {KUDOS}, heap AS (
            SELECT receiver_id AS user_id, count(*) AS kudos, count(DISTINCT giver_id) AS givers
            FROM thanks WHERE counts GROUP BY receiver_id
        )
        SELECT kept.user_id::text AS key, (kudos_count, kudos_givers)
            IS DISTINCT FROM (coalesce(heap.kudos, 0), coalesce(heap.givers, 0)) AS drifted
        FROM user_internal_metrics AS kept LEFT JOIN heap USING (user_id)
        """,
    ),
    Check(
        "metrics.is_widely_thanked",
        "for ten kudos of five givers",
        """
        SELECT user_id::text AS key,
            is_widely_thanked <> (least(kudos_count / 10, kudos_givers / 5) > 0) AS drifted
        FROM user_internal_metrics
        """,
    ),
)
