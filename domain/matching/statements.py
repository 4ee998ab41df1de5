"""The statements that find candidates for an event. What they ask for is in `occasion.py`.

The first takes those whose taste is nearest to the event, by an index, and keeps who fits; the
second looks at everybody who fits. Both score in the same way. The third counts who fits.
"""

from collections.abc import Mapping
from math import pi
from typing import Final

from domain.constants import (
    CONTRIBUTION_HALF,
    CONTRIBUTION_WEIGHT,
    DISLIKE_WEIGHT,
    EARTH_RADIUS_METRES,
    METRES_PER_MILE,
    RELIABILITY_PRIOR,
    RELIABILITY_WEIGHT,
)

# Who can't be proposed whatever they like: the host and co-hosts, who is invited already, who is
# at another event at that time, and whom a block or a wish keeps from anybody in the company.
_BARRED: Final = """
company AS MATERIALIZED (
    SELECT host_id AS user_id FROM events WHERE id = %(event)s
    UNION
    SELECT user_id FROM event_collaborators
    WHERE event_id = %(event)s AND user_id IS NOT NULL AND lower(role) = 'co-host'
    UNION
    SELECT user_id FROM invitations
    WHERE event_id = %(event)s AND status IN ('confirmed', 'pending_reconfirmation')
), meanwhile AS MATERIALIZED (
    SELECT id, host_id FROM events
    WHERE ends_at > %(starts_at)s AND starts_at < %(ends_at)s AND cancelled_at IS NULL
        AND id <> %(event)s
), barred AS MATERIALIZED (
    SELECT user_id FROM company
    UNION
    SELECT user_id FROM invitations WHERE event_id = %(event)s
    UNION
    SELECT host_id FROM meanwhile
    UNION
    SELECT helper.user_id FROM meanwhile
    JOIN event_collaborators AS helper ON helper.event_id = meanwhile.id
    WHERE helper.user_id IS NOT NULL AND lower(helper.role) = 'co-host'
    UNION
    SELECT seat.user_id FROM meanwhile JOIN invitations AS seat ON seat.event_id = meanwhile.id
    WHERE seat.status IN ('confirmed', 'pending_reconfirmation')
    UNION
    SELECT blocked_id FROM blocked_users JOIN company ON company.user_id = blocker_id
    WHERE unblocked_at IS NULL
    UNION
    SELECT blocker_id FROM blocked_users JOIN company ON company.user_id = blocked_id
    WHERE unblocked_at IS NULL
    UNION
    SELECT connected_user_id FROM connections JOIN company ON company.user_id = owner_id
    WHERE does_not_want_to_connect_again
    UNION
    SELECT owner_id FROM connections JOIN company ON company.user_id = connected_user_id
    WHERE does_not_want_to_connect_again
), local AS MATERIALIZED (
    SELECT * FROM unnest(%(zones)s::text[], %(weekdays)s::text[], %(parts)s::text[])
        AS start (zone, weekday, part)
), pair AS NOT MATERIALIZED (
    SELECT mine.user_id, theirs.user_id AS partner_id, duo.id AS duo_id
    FROM duos AS duo
    JOIN duo_participants AS mine ON mine.duo_id = duo.id
    JOIN duo_participants AS theirs ON theirs.duo_id = duo.id AND theirs.user_id <> mine.user_id
    WHERE duo.status = 'active' AND duo.open_until > %(now)s
)
"""

# Great circle by the haversine formula; null where one of the places isn't known.
_METRES: Final = f"""
    CASE WHEN place.user_id IS NOT NULL AND %(latitude)s::float8 IS NOT NULL THEN
    2 * {EARTH_RADIUS_METRES} * asin(least(1, sqrt(
        sin(radians(place.latitude - %(latitude)s) / 2) ^ 2
        + cos(radians(place.latitude)) * cos(radians(%(latitude)s))
        * sin(radians(place.longitude - %(longitude)s) / 2) ^ 2))) END
"""
# Of latitude; a great circle is never shorter, which spares most people the formula.
METRES_PER_DEGREE: Final = EARTH_RADIUS_METRES * pi / 180
# In words, and in the order in which it is told how many each of them leaves.
# CASE rather than OR: the planner guesses half of the rows for it, not one in two hundred.
FILTERS: Final[Mapping[str, str]] = {
    "active": "users.status = 'active'",
    "of the right age": "users.birth_date <= %(born_until)s"
    " AND (%(born_after)s::date IS NULL OR users.birth_date > %(born_after)s)",
    "content with so short a notice": "users.min_lead_time_days <= %(days_left)s",
    "at ease with the price": "(users.price_sensitivity IS NULL"
    " OR users.price_sensitivity >= %(price)s)",
    "available at that time of the week": """
        CASE coalesce(users.availability_preferences->>local.weekday, 'any')
            WHEN 'any' THEN true WHEN local.part THEN true ELSE false END""",
    "near enough": f"""
        CASE WHEN abs(place.latitude - %(latitude)s) * {METRES_PER_DEGREE}
                > users.distance_preference * {METRES_PER_MILE} THEN false
            ELSE coalesce(way.metres <= users.distance_preference * {METRES_PER_MILE}, true) END""",
    "neither invited, nor elsewhere then, nor at odds with who comes": "NOT EXISTS"
    " (SELECT FROM barred WHERE barred.user_id = users.id)",
}
_SEEN: Final = f"""
    JOIN local ON local.zone = users.timezone
    LEFT JOIN user_places AS place ON place.user_id = users.id
    CROSS JOIN LATERAL (SELECT {_METRES} AS metres) AS way
"""
_FITS: Final = f"{_SEEN} WHERE {' AND '.join(FILTERS.values())}"
# A vector without length is like nothing: Postgres says NaN, which it sorts first.
_LIKENESS: Final = "nullif(1 - (taste.vector <=> %(vector)s::vector), 'NaN')"
_DISLIKENESS: Final = "nullif(1 - (dislike.vector <=> %(vector)s::vector), 'NaN')"

_BY_TASTE: Final = f"""
WITH {_BARRED}, nearest AS MATERIALIZED (
    SELECT user_id FROM user_interest_vectors WHERE vector_type = 'positive_v1'
    ORDER BY vector <=> %(vector)s::vector LIMIT %(nearest)s
), pool AS MATERIALIZED (
    SELECT user_id FROM nearest
    UNION
    SELECT pair.partner_id FROM nearest JOIN pair USING (user_id)
), fit AS MATERIALIZED (
    SELECT users.id AS user_id, way.metres FROM pool
    -- A limit keeps this a probe of the index for each, rather than a look at everybody.
    CROSS JOIN LATERAL (SELECT * FROM users WHERE id = pool.user_id LIMIT 1) AS users
    {_FITS}
)"""

_EVERYBODY: Final = f"""
WITH {_BARRED}, everybody AS MATERIALIZED (
    SELECT users.id AS user_id, way.metres FROM users {_FITS}
), nearest AS MATERIALIZED (
    SELECT everybody.user_id FROM everybody
    LEFT JOIN user_interest_vectors AS taste
        ON taste.user_id = everybody.user_id AND taste.vector_type = 'positive_v1'
    ORDER BY (taste.vector <=> %(vector)s::vector) + 0 NULLS LAST, everybody.user_id
    LIMIT %(nearest)s
), fit AS MATERIALIZED (
    SELECT user_id, metres FROM everybody WHERE user_id IN (
        SELECT user_id FROM nearest
        UNION
        SELECT pair.partner_id FROM nearest JOIN pair USING (user_id))
)"""

_RANKED: Final = f""", scored AS MATERIALIZED (
    SELECT fit.user_id, fit.metres, pair.duo_id, pair.partner_id, {_LIKENESS} AS likeness,
        coalesce({_LIKENESS}, 0)
        - {DISLIKE_WEIGHT} * greatest(coalesce({_DISLIKENESS}, 0), 0)
        + {CONTRIBUTION_WEIGHT} * greatest(metrics.contribution_score, 0)
            / (greatest(metrics.contribution_score, 0) + {CONTRIBUTION_HALF})
        + {RELIABILITY_WEIGHT} * coalesce(metrics.absentee_rating, {RELIABILITY_PRIOR}) AS score
    FROM fit
    JOIN user_internal_metrics AS metrics ON metrics.user_id = fit.user_id
    LEFT JOIN user_interest_vectors AS taste
        ON taste.user_id = fit.user_id AND taste.vector_type = 'positive_v1'
    LEFT JOIN user_interest_vectors AS dislike
        ON dislike.user_id = fit.user_id AND dislike.vector_type = 'negative_v1'
    LEFT JOIN pair ON pair.user_id = fit.user_id
), best AS MATERIALIZED (
    -- As many of each, since pairs that find no room must not keep out who would.
    (SELECT user_id, metres, duo_id, partner_id, likeness, score
    FROM scored WHERE duo_id IS NULL ORDER BY score DESC, user_id LIMIT %(rows)s)
    UNION ALL
    (SELECT one.user_id, one.metres, one.duo_id, one.partner_id, one.likeness,
        (one.score + other.score) / 2 AS score
    FROM scored AS one JOIN scored AS other ON other.user_id = one.partner_id
    WHERE one.duo_id IS NOT NULL
    ORDER BY score DESC, least(one.user_id, one.partner_id), one.user_id LIMIT %(rows)s)
)
SELECT best.*, shared.name AS shared_with_host, own.name AS interest,
    own.likeness AS interest_likeness
FROM best
LEFT JOIN LATERAL (
    SELECT interest.name FROM profile_interests AS mine
    JOIN profile_interests AS theirs ON theirs.interest_id = mine.interest_id
        AND theirs.user_id = (SELECT host_id FROM events WHERE id = %(event)s)
    JOIN interests AS interest ON interest.id = mine.interest_id
    WHERE mine.user_id = best.user_id
    ORDER BY (interest.vector <=> %(vector)s::vector) + 0 NULLS LAST, interest.name LIMIT 1
) AS shared ON true
LEFT JOIN LATERAL (
    SELECT interest.name, 1 - (interest.vector <=> %(vector)s::vector) AS likeness
    FROM profile_interests AS mine JOIN interests AS interest ON interest.id = mine.interest_id
    WHERE mine.user_id = best.user_id AND interest.vector IS NOT NULL
    ORDER BY (interest.vector <=> %(vector)s::vector) + 0 NULLS LAST, interest.name LIMIT 1
) AS own ON true
ORDER BY score DESC, least(user_id, partner_id), user_id
"""
BY_TASTE: Final = _BY_TASTE + _RANKED
EVERYBODY: Final = _EVERYBODY + _RANKED

_CONDITIONS: Final = tuple(FILTERS.values())
_LEFT: Final = ", ".join(
    f"count(*) FILTER (WHERE {' AND '.join(_CONDITIONS[:upto])})"
    for upto in range(1, len(_CONDITIONS) + 1)
)
# How many pass the first filter, the first two, and so on.
LEFT_BY_FILTERS: Final = f"WITH {_BARRED} SELECT {_LEFT} FROM users {_SEEN}"

# Without the first the index gives only as many rows as one look at it finds; without the last
# a look at everybody spills to disk.
SET_UP: Final = """
SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('hnsw.ef_search', '200', true), set_config('work_mem', '32MB', true)
"""
