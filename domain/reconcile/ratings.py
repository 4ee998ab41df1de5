"""Ratings: which stand and count, and what they say of events and hosts."""

from domain.reconcile.attendance import ATTENDANCE
from domain.reconcile.check import Check

# The rating of each person that stands: the newest in the window, else the newest at all.
RATINGS = f"""
{ATTENDANCE.strip()}, verdict_of_guest AS MATERIALIZED (
    SELECT DISTINCT ON (said.event_id, said.rater_id) said.event_id, said.rater_id, said.time,
        gathering.host_id, (said.data->>'host_rating_value')::int AS host_stars,
        (said.data->>'event_rating_value')::int AS event_stars, said.data->>'comment' AS comment,
        timely AND gathering.cancelled_at IS NULL AND leader.user_id IS NULL
            AND presence.id IS NOT NULL AS counts
    FROM rating_facts AS said JOIN gathering USING (event_id)
    CROSS JOIN LATERAL (SELECT said.time >= gathering.starts_at
        AND said.time <= gathering.ends_at + interval '336 hours' AS timely) AS window_of_event
    LEFT JOIN leader ON leader.event_id = said.event_id AND leader.user_id = said.rater_id
    LEFT JOIN presence ON presence.event_id = said.event_id AND presence.user_id = said.rater_id
        AND presence.status IN ('attended', 'late')
    ORDER BY said.event_id, said.rater_id, timely DESC, said.time DESC, said.id COLLATE "C" DESC,
        said.source COLLATE "C" DESC
)
"""

# What each event's counting ratings add up to.
TALLIES = f"""
{RATINGS.strip()}, stars AS MATERIALIZED (
    SELECT gathering.event_id, gathering.host_id, count(given.event_id) AS n,
        coalesce(sum(given.host_stars), 0) AS host_sum,
        coalesce(sum(given.event_stars), 0) AS event_sum
    FROM gathering LEFT JOIN verdict_of_guest AS given
        ON given.event_id = gathering.event_id AND given.counts
    GROUP BY gathering.event_id, gathering.host_id
)
"""

CHECKS = (
    Check(
        "ratings.counts",
        "the newest in the window by a guest who came and doesn't lead; what it says",
        f"""
        WITH {RATINGS}
        SELECT coalesce(kept.id::text, given.event_id || ' by ' || given.rater_id) AS key,
            CASE WHEN given.event_id IS NULL THEN kept.counts
                ELSE (kept.counts, kept.host_id, kept.host_rating_value, kept.event_rating_value,
                    kept.comment, kept.rated_at)
                IS DISTINCT FROM (given.counts, given.host_id, given.host_stars, given.event_stars,
                    given.comment, given.time) END AS drifted
        FROM ratings AS kept FULL JOIN verdict_of_guest AS given
            ON given.event_id = kept.event_id AND given.rater_id = kept.rater_id
        """,
    ),
    Check(
        "events.ratings",
        "rating_count, host_rating_sum and event_rating_sum add up the counting ratings",
        f"""
        WITH {TALLIES}
        SELECT events.id::text AS key,
            (events.rating_count, events.host_rating_sum, events.event_rating_sum)
            IS DISTINCT FROM (stars.n, stars.host_sum, stars.event_sum) AS drifted
        FROM events JOIN stars ON stars.event_id = events.id
        """,
    ),
    Check(
        "events.event_summary",
        "from completion on: headcount, averages, number of ratings",
        f"""
        WITH {TALLIES}, came AS (
            SELECT event_id, count(*) AS heads FROM presence
            WHERE status IN ('attended', 'late') GROUP BY event_id
        )
        SELECT events.id::text AS key,
            CASE WHEN gathering.completed_at IS NULL THEN events.event_summary IS NOT NULL
            ELSE events.event_summary - 'feedback_summary_ai' IS DISTINCT FROM jsonb_build_object(
                'final_headcount', coalesce(came.heads, 0), 'rating_count', stars.n,
                'host_rating_avg', stars.host_sum::float8 / nullif(stars.n, 0),
                'event_rating_avg', stars.event_sum::float8 / nullif(stars.n, 0)) END AS drifted
        FROM events
        JOIN gathering ON gathering.event_id = events.id
        JOIN stars ON stars.event_id = events.id
        LEFT JOIN came ON came.event_id = events.id
        """,
    ),
    Check(
        "events.feedback_summary",
        "from three comments with a word that count on, of a completed event; else none",
        f"""
        WITH {RATINGS}, told AS (
            SELECT event_id, count(*) AS n FROM verdict_of_guest
            WHERE counts AND left(ltrim(comment, E' \\t\\r\\n'), 1000) ~ '[[:alnum:]]'
            GROUP BY event_id
        )
        SELECT events.id::text AS key,
            (kept.event_id IS NOT NULL) IS DISTINCT FROM
                (gathering.completed_at IS NOT NULL AND coalesce(told.n, 0) >= 3)
            OR events.event_summary->>'feedback_summary_ai' IS DISTINCT FROM kept.summary
            AS drifted
        FROM events
        JOIN gathering ON gathering.event_id = events.id
        LEFT JOIN told ON told.event_id = events.id
        LEFT JOIN feedback_summaries AS kept ON kept.event_id = events.id
        """,
    ),
    Check(
        "host_profiles.ratings",
        "rating_count and rating_sum add up a host's counting ratings",
        f"""
        WITH {TALLIES}, fame AS (
            SELECT host_id, sum(n) AS n, sum(host_sum) AS host_sum FROM stars GROUP BY host_id
        )
        SELECT kept.user_id::text AS key, (kept.rating_count, kept.rating_sum)
            IS DISTINCT FROM (coalesce(fame.n, 0), coalesce(fame.host_sum, 0)) AS drifted
        FROM host_profiles AS kept LEFT JOIN fame ON fame.host_id = kept.user_id
        """,
    ),
    Check(
        "host_profiles.average_rating",
        "the mean of the counting host ratings, null when there are none",
        """
        SELECT user_id::text AS key, (average_rating IS NULL) <> (rating_count = 0)
            OR abs(average_rating * rating_count - rating_sum) > 1e-9 * rating_sum
            IS TRUE AS drifted
        FROM host_profiles
        """,
    ),
)
