"""Matching: vectors that are the mean of others, where people go out, and what the deleted leave.

How a text becomes a vector can't be said in SQL. What is still asked for may lag behind.
"""

from domain.reconcile.attendance import ATTENDANCE
from domain.reconcile.check import Check

_DELETED = """EXISTS (
    SELECT FROM user_facts AS said WHERE said.user_id = users.id AND said.kind = 'user.deleted'
)"""
_ASKED = """EXISTS (
    SELECT FROM matching_requests AS asked WHERE asked.target = {target} AND asked.kind = '{kind}'
)"""


def _vectors(kind: str, table: str, *, target: str, vector: str) -> str:
    """Look at a kind of vectors: each has a note of the text that it was made from, or neither."""
    asked = _ASKED.format(target=f"{target}::text", kind=kind)
    return f"""
        SELECT '{kind} ' || {target} AS key, NOT {asked} AND {vector} <> EXISTS (
            SELECT FROM embeddings AS note WHERE note.kind = '{kind}'
                AND note.target = {target}::text) AS drifted
        FROM {table}
    """


def _of_type(kind: str) -> str:
    return (
        "EXISTS (SELECT FROM user_interest_vectors AS own WHERE own.user_id = users.id"
        f" AND own.vector_type = '{kind}_v1')"
    )


# Vectors are kept in four bytes a number; means of them differ by far less than this.
_DIFFERS = """CASE WHEN {kept} IS NULL OR {mean} IS NULL
    THEN ({kept} IS NULL) <> ({mean} IS NULL) ELSE {kept} <-> {mean} > 1e-5 END"""

CHECKS = (
    Check(
        "vectors.notes",
        "a vector is there just when there is a note of the text that it was made from",
        " UNION ALL ".join(
            (
                _vectors(
                    "interest", "interests", target="interests.name", vector="(vector IS NOT NULL)"
                ),
                _vectors(
                    "event", "events", target="events.id", vector="(event_vector IS NOT NULL)"
                ),
                _vectors(
                    "profile",
                    "social_profiles",
                    target="social_profiles.user_id",
                    vector="(social_profile_vector IS NOT NULL)",
                ),
                _vectors("positive", "users", target="users.id", vector=_of_type("positive")),
                _vectors("persona", "users", target="users.id", vector=_of_type("persona")),
            )
        ),
    ),
    Check(
        "vectors.events",
        "every event that was published with a text has a vector, unless it is still asked for",
        f"""
        SELECT id::text AS key, event_vector IS NULL AND title || description ~ '[[:alnum:]]'
            AND EXISTS (SELECT FROM event_facts WHERE event_facts.event_id = events.id)
            AND NOT {_ASKED.format(target="events.id::text", kind="event")} AS drifted
        FROM events
        """,
    ),
    Check(
        "vectors.interests",
        "every interest that somebody ticked has a vector, unless it is still asked for",
        f"""
        SELECT name AS key, vector IS NULL AND name ~ '[[:alnum:]]'
            AND EXISTS (SELECT FROM profile_interests WHERE interest_id = interests.id)
            AND NOT {_ASKED.format(target="interests.name", kind="interest")} AS drifted
        FROM interests
        """,
    ),
    Check(
        "vectors.negative",
        "the mean of the events that somebody said don't interest them",
        f"""
        WITH mean AS (
            SELECT invited.user_id, avg(events.event_vector) AS vector
            FROM invitations AS invited JOIN events ON events.id = invited.event_id
            WHERE invited.id IN (
                SELECT invitation_id FROM invitation_facts WHERE kind = 'invitation.declined'
                    AND data @> '{{"decline_reason": "not_interested"}}')
            GROUP BY invited.user_id
        )
        SELECT users.id::text AS key, {_DIFFERS.format(kept="own.vector", mean="mean.vector")}
            AND NOT {_ASKED.format(target="users.id::text", kind="negative")} AS drifted
        FROM users
        LEFT JOIN mean ON mean.user_id = users.id AND NOT {_DELETED}
        LEFT JOIN user_interest_vectors AS own
            ON own.user_id = users.id AND own.vector_type = 'negative_v1'
        """,
    ),
    Check(
        "vectors.attraction",
        "the mean of the profiles that somebody likes",
        f"""
        WITH mean AS (
            SELECT given.liker_id, avg(profile.social_profile_vector) AS vector
            FROM profile_likes AS given
            JOIN social_profiles AS profile ON profile.user_id = given.liked_id
            GROUP BY given.liker_id
        )
        SELECT users.id::text AS key,
            {_DIFFERS.format(kept="users.person_attraction_vector", mean="mean.vector")}
            AND NOT {_ASKED.format(target="users.id::text", kind="attraction")} AS drifted
        FROM users LEFT JOIN mean ON mean.liker_id = users.id AND NOT {_DELETED}
        """,
    ),
    Check(
        "user_places",
        "the first stop of the newest event at which somebody was",
        f"""
        WITH {ATTENDANCE}, visit AS (
            SELECT DISTINCT ON (presence.user_id) presence.user_id, presence.event_id,
                spot.latitude, spot.longitude
            FROM presence
            JOIN event_itinerary_stops AS planned ON planned.event_id = presence.event_id
            JOIN locations AS spot ON spot.id = planned.location_id
            WHERE presence.status IN ('attended', 'late')
            ORDER BY presence.user_id, presence.starts_at DESC, presence.event_id, planned."order"
        )
        SELECT users.id::text AS key, (kept.event_id, kept.latitude, kept.longitude)
            IS DISTINCT FROM (visit.event_id, visit.latitude, visit.longitude) AS drifted
        FROM users
        LEFT JOIN visit ON visit.user_id = users.id AND NOT {_DELETED}
        LEFT JOIN user_places AS kept ON kept.user_id = users.id
        """,
    ),
    Check(
        "vectors.of_the_deleted",
        "of people who were deleted nothing is left that was made of them",
        f"""
        SELECT users.id::text AS key, {_DELETED} AND (
            EXISTS (SELECT FROM user_interest_vectors AS own WHERE own.user_id = users.id)
            OR EXISTS (SELECT FROM social_profiles AS own WHERE own.user_id = users.id
                AND own.social_profile_vector IS NOT NULL)
            OR users.person_attraction_vector IS NOT NULL
            OR EXISTS (SELECT FROM event_candidates AS own WHERE own.user_id = users.id)
            OR EXISTS (SELECT FROM event_candidates AS named JOIN events AS led
                ON led.id = named.event_id AND led.host_id = users.id)
        ) AS drifted
        FROM users
        """,
    ),
)
