"""What people show of themselves, from what they said, and what they have earned by coming."""

from domain.reconcile.check import Check
from domain.reconcile.kudos import KUDOS

# What Python takes for white space, so that names are trimmed alike.
SPACES = (
    r"E'\t\n\x0B\f\r\x1C\x1D\x1E\x1F \u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    r"\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000'"
)
NEWEST = 'time DESC, id COLLATE "C" DESC, source COLLATE "C" DESC'
STAMP = 'stamp_time, stamp_id COLLATE "C", stamp_source COLLATE "C"'

# When people left, which is the first time that it was said.
GONE = """
gone AS (
    SELECT user_id, min(time) AS deleted_at FROM user_facts WHERE kind = 'user.deleted'
    GROUP BY user_id
)
"""
# Registrations that stand, those of people who left before them aside, and who has each token.
TOKENS = f"""
{GONE.strip()}, word AS (
    SELECT fact.*, gone.deleted_at FROM push_token_facts AS fact LEFT JOIN gone USING (user_id)
    WHERE (fact.time > gone.deleted_at) IS NOT TRUE
), holder AS (
    SELECT DISTINCT ON (token_hash) * FROM word WHERE kind = 'push_token.registered'
    ORDER BY token_hash, time DESC, id COLLATE "C" DESC, source COLLATE "C" DESC
), removal AS (
    SELECT word.token_hash, min(word.time) AS removed_at
    FROM word JOIN holder USING (token_hash, user_id)
    WHERE word.kind = 'push_token.removed'
        AND (word.time, word.id COLLATE "C", word.source COLLATE "C")
            > (holder.time, holder.id COLLATE "C", holder.source COLLATE "C")
    GROUP BY word.token_hash
), held AS (
    SELECT * FROM holder LEFT JOIN removal USING (token_hash) WHERE deleted_at IS NULL
)
"""

CHECKS = (
    Check(
        "profile_photos.badges",
        "an authentic photo's badge ends twelve months after it was added",
        """
        SELECT id::text AS key, authentic_expires_at IS DISTINCT FROM CASE WHEN is_authentic
            THEN (stamp_time AT TIME ZONE 'UTC' + interval '12 months') AT TIME ZONE 'UTC' END
            AS drifted
        FROM profile_photos WHERE stamp_time IS NOT NULL
        """,
    ),
    Check(
        "social_profiles.photos",
        "the first photo, the first authentic one, and of these the face card",
        f"""
        WITH first AS (
            SELECT user_id, (array_agg(url ORDER BY {STAMP}))[1] AS current,
                (array_agg(url ORDER BY {STAMP}) FILTER (WHERE is_authentic))[1] AS source
            FROM profile_photos WHERE stamp_time IS NOT NULL GROUP BY user_id
        )
        SELECT users.id::text AS key, (profile.current_photo_url,
                profile.face_card_source_photo_url, profile.current_face_card_photo_url)
            IS DISTINCT FROM (first.current, first.source, coalesce(first.source, first.current))
            AS drifted
        FROM users LEFT JOIN first ON first.user_id = users.id
        LEFT JOIN social_profiles AS profile ON profile.user_id = users.id
        """,
    ),
    Check(
        "profile_interests",
        "what each person selected last, each name once",
        f"""
        WITH newest AS (
            SELECT DISTINCT ON (user_id) user_id, data FROM user_facts
            WHERE kind = 'interests.selected' ORDER BY user_id, {NEWEST}
        ), wanted AS (
            SELECT user_id, array_agg(DISTINCT btrim(name, {SPACES})) AS names
            FROM newest CROSS JOIN LATERAL jsonb_array_elements_text(data->'interests') AS name
            GROUP BY user_id
        ), kept AS (
            SELECT user_id, array_agg(name::text ORDER BY name::text) AS names
            FROM profile_interests JOIN interests ON interests.id = interest_id GROUP BY user_id
        )
        SELECT users.id::text AS key, kept.names IS DISTINCT FROM wanted.names AS drifted
        FROM users LEFT JOIN wanted ON wanted.user_id = users.id
        LEFT JOIN kept ON kept.user_id = users.id
        """,
    ),
    Check(
        "users.persona",
        "career, interests and mood, each by its newest word",
        f"""
        WITH said AS (
            SELECT DISTINCT ON (user_id, field) user_id, field, value
            FROM user_facts CROSS JOIN LATERAL jsonb_each(data) AS each (field, value)
            WHERE kind = 'persona.updated' ORDER BY user_id, field, {NEWEST}
        ), stands AS (
            SELECT user_id, max(value #>> '{{}}') FILTER (WHERE field = 'career') AS career,
                max(value #>> '{{}}') FILTER (WHERE field = 'mood') AS mood,
                (array_agg(value) FILTER (WHERE field = 'interests'))[1] AS interests
            FROM said GROUP BY user_id
        )
        SELECT users.id::text AS key, (users.career, users.mood, users.interests)
            IS DISTINCT FROM (stands.career, stands.mood, trimmed.interests) AS drifted
        FROM users LEFT JOIN stands ON stands.user_id = users.id
        CROSS JOIN LATERAL (
            SELECT CASE jsonb_typeof(stands.interests) WHEN 'array' THEN (
                SELECT coalesce(jsonb_agg(name ORDER BY place), '[]') FROM (
                    SELECT btrim(name, {SPACES}) AS name, min(place) AS place
                    FROM jsonb_array_elements_text(stands.interests)
                        WITH ORDINALITY AS one (name, place)
                    GROUP BY 1) AS names) END AS interests
        ) AS trimmed
        """,
    ),
    Check(
        "push_notification_tokens",
        "a row for each token whose last registrant is there; when that person removed it",
        f"""
        WITH {TOKENS.strip()}
        SELECT coalesce(held.token_id, kept.id)::text AS key,
            (kept.id, kept.user_id, kept.platform, kept.stamp_time, kept.stamp_id,
                kept.stamp_source, kept.disabled_at, kept.disabled_reason)
            IS DISTINCT FROM (held.token_id, held.user_id, held.data->>'platform', held.time,
                held.id, held.source, held.removed_at,
                CASE WHEN held.removed_at IS NOT NULL THEN 'removed' END) AS drifted
        FROM push_notification_tokens AS kept
        FULL JOIN held
            ON held.token_hash = encode(sha256(convert_to(kept.token, 'UTF8')), 'hex')
        """,
    ),
    Check(
        "face_card_unlocks",
        "vintage after 3 events, golden after 10, kind for 10 kudos of 5 givers; not the deleted's",
        f"""
        WITH {KUDOS.strip()}, {GONE.strip()}, came AS (
            SELECT user_id, count(*) AS events FROM presence
            WHERE status IN ('attended', 'late') GROUP BY user_id
        ), heap AS (
            SELECT receiver_id AS user_id, count(*) AS kudos, count(DISTINCT giver_id) AS givers
            FROM thanks WHERE counts GROUP BY receiver_id
        ), earned AS (
            SELECT users.id AS user_id, look AS customization FROM users
            LEFT JOIN came ON came.user_id = users.id
            LEFT JOIN heap ON heap.user_id = users.id
            CROSS JOIN LATERAL (VALUES ('style:vintage', came.events >= 3),
                ('style:golden', came.events >= 10),
                ('frame:kind', heap.kudos >= 10 AND heap.givers >= 5)) AS look (look, holds)
            WHERE holds AND users.id NOT IN (SELECT user_id FROM gone)
        ), found AS (
            SELECT coalesce(kept.user_id, earned.user_id) AS user_id
            FROM face_card_unlocks AS kept FULL JOIN earned USING (user_id, customization)
            WHERE kept.user_id IS NULL OR earned.user_id IS NULL
        )
        SELECT id::text AS key, id IN (SELECT user_id FROM found) AS drifted FROM users
        """,
    ),
    Check(
        "users.erased",
        "of somebody deleted nothing is left of what they showed, liked, shared and were",
        f"""
        WITH {GONE}
        SELECT id::text AS key, (
            num_nonnulls(career, mood, interests, last_active_at, presence_time, presence_id,
                presence_source) > 0 OR is_online
            OR EXISTS (SELECT FROM profile_photos WHERE user_id = users.id)
            OR EXISTS (SELECT FROM host_photos WHERE host_id = users.id)
            OR EXISTS (SELECT FROM profile_interests WHERE user_id = users.id)
            OR EXISTS (SELECT FROM profile_likes WHERE liker_id = users.id)
            OR EXISTS (SELECT FROM profile_likes WHERE liked_id = users.id)
            OR EXISTS (SELECT FROM user_social_links WHERE user_id = users.id)
            OR EXISTS (SELECT FROM social_connections WHERE sharer_id = users.id)
            OR EXISTS (SELECT FROM social_connections WHERE receiver_id = users.id)
            OR EXISTS (SELECT FROM push_notification_tokens WHERE user_id = users.id)
            OR EXISTS (SELECT FROM push_token_facts WHERE user_id = users.id AND data <> '{{}}')
            OR EXISTS (SELECT FROM user_facts WHERE user_id = users.id
                AND kind IN ('interests.selected', 'persona.updated'))
        ) AS drifted
        FROM users JOIN gone ON gone.user_id = users.id
        """,
    ),
)
