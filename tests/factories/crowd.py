"""A crowd: about a million rows in which some people have far more than their share.

One veteran, one famous host whom thousands block, one talkative person and one endless
conversation, among tens of thousands of others. Written by Postgres itself; ids are hashes of
names, so that they lie as scattered in the indexes as real ones.
"""

from datetime import UTC, datetime
from hashlib import md5
from typing import Final
from uuid import UUID

import psycopg

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
PEOPLE, EVENTS, CONVERSATIONS = 50_000, 80_000, 30_000
SOON_EVENTS: Final = 3_300
SIZES: Final = {
    "people": PEOPLE,
    "events": EVENTS,
    "conversations": CONVERSATIONS,
    "soon_events": SOON_EVENTS,
}


def number(kind: str, place: int) -> str:
    """The id of one of a kind; the same as `{kind}(place)` in the statements below."""
    return str(UUID(md5(f"{kind} {place}".encode(), usedforsecurity=False).hexdigest()))


VETERAN, FAMOUS_HOST, TALKER, LISTENER, BLOCKER = (number("person", n) for n in range(1, 6))
CHAT: Final = number("conversation", 1)
# One of the famous host's, with many photos and posts.
CROWDED_EVENT: Final = number("event", 4_000)
AT_CROWDED_EVENT: Final = number("person", 6)

# Event 1 is two months ahead; each further one is 26 minutes earlier, for four years.
STARTS = "timestamptz '2026-08-01 12:00+00' - n * interval '26 minutes'"

STATEMENTS: Final = (
    """
    INSERT INTO users (id, clerk_id, birth_date, status, career, interests, mood,
        subscription_status, subscription_ends)
    SELECT person(n), 'crowd ' || n, date '1990-01-01',
        CASE WHEN n % 20 = 0 THEN 'paused' ELSE 'active' END,
        CASE WHEN n % 3 = 0 THEN 'Software Engineer' WHEN n % 5000 = 1 THEN 'Astronaut'
            ELSE 'Trade ' || n % 97 END,
        jsonb_build_array('Hobby ' || n % 89, CASE WHEN n % 2 = 0 THEN 'Hiking' ELSE 'Chess' END),
        'Feeling ' || n % 13, 'premium', timestamptz '2026-07-01 00:00+00'
    FROM generate_series(1, {people}) AS n
    """,
    """
    INSERT INTO social_profiles (id, user_id, first_name, bio, current_photo_url)
    SELECT person(n), person(n), 'Person ' || n, repeat('About me. ', 10), 'photo ' || n
    FROM generate_series(1, {people}) AS n
    """,
    """
    INSERT INTO user_internal_metrics (user_id, aggregated_kudos)
    SELECT person(n), '{{"helpful": 12, "inspiring": 3}}' FROM generate_series(1, {people}) AS n
    """,
    """
    INSERT INTO host_profiles (id, user_id, host_name, rating_sum, rating_count)
    SELECT person(n), person(n), 'Host ' || n, 4000000, 1000000 FROM generate_series(1, 5000) AS n
    """,
    """
    INSERT INTO host_photos (id, host_id, url, photo_type)
    SELECT photo(n), person(n % 5000 + 1), 'photo', 'venue' FROM generate_series(1, 10000) AS n
    """,
    """
    INSERT INTO user_social_links (id, user_id, platform, url, is_public_on_host_profile)
    SELECT person(n), person(n), 'instagram', 'url', n % 2 = 0 FROM generate_series(1, 20000) AS n
    """,
    """
    INSERT INTO interests (id, name) OVERRIDING SYSTEM VALUE
    SELECT n, 'Hobby ' || n FROM generate_series(1, 200) AS n
    """,
    """
    INSERT INTO profile_interests (user_id, interest_id)
    SELECT person(n % {people} + 1), 1 + (n + n / {people}) % 200
    FROM generate_series(1, 60000) AS n
    """,
    """
    INSERT INTO profile_photos (id, user_id, url, is_authentic, authentic_expires_at, stamp_time)
    SELECT photo(n), person(n % 20000 + 1), 'photo ' || n, true, timestamptz '2027-01-01 00:00+00',
        timestamptz '2026-01-01 00:00+00'
    FROM generate_series(1, 40000) AS n
    """,
    # A tenth of the places lie in and around New York, the others all over the country.
    """
    INSERT INTO locations (id, name, latitude, longitude)
    SELECT place(n), 'Place ' || n,
        CASE WHEN n % 10 = 0 THEN 40.6 + n % 23 * 0.01 ELSE 30 + n % 1777 * 0.01 END,
        CASE WHEN n % 10 = 0 THEN -74.1 + n % 29 * 0.01 ELSE -120 + n % 4111 * 0.01 END
    FROM generate_series(1, 10000) AS n
    """,
    f"""
    INSERT INTO events (id, host_id, title, description, status, min_attendees, max_attendees,
        confirmation_fee, starts_at, ends_at, rating_count, event_rating_sum)
    SELECT event(n), person(CASE WHEN n % 4 = 0 THEN 2 ELSE 100 + n % 4900 END), 'Event ' || n,
        repeat('What we will do. ', 10),
        CASE WHEN n <= {{soon_events}} THEN 'published' WHEN n % 10 = 3 THEN 'cancelled'
            ELSE 'completed' END,
        2, 50, 500, {STARTS}, {STARTS} + interval '3 hours', 5, 21
    FROM generate_series(1, {{events}}) AS n
    """,
    f"""
    INSERT INTO event_itinerary_stops
        (id, event_id, location_id, "order", title, description, start_time, end_time)
    SELECT event(n), event(n), place(n % 10000 + 1), 1, 'Stop', '', {STARTS},
        {STARTS} + interval '3 hours'
    FROM generate_series(1, {{events}}) AS n
    """,
    """
    INSERT INTO event_collaborators (id, event_id, role, first_name)
    SELECT event(n), event(n), 'Instructor', 'Ines' FROM generate_series(1, 10000) AS n
    """,
    # Everybody was somewhere once or twice, the veteran three thousand times.
    """
    CREATE TEMPORARY TABLE seats AS
    SELECT seat(n) AS id, n % {events} + 1 AS event,
        10 + n::bigint * 7919 % ({people} - 10) AS person
    FROM generate_series(1, 80000) AS n
    UNION ALL
    SELECT seat(-n), n * 26 + 1, 1 FROM generate_series(0, 2999) AS n
    UNION ALL
    SELECT seat(1000000), 4000, 6
    """,
    """
    INSERT INTO invitations (id, event_id, user_id, status, expires_at, confirmed_at)
    SELECT id, event(event), person(person), 'confirmed', now(), now() FROM seats
    """,
    # The veteran has declined as often again, and five invitations are open.
    """
    INSERT INTO invitations (id, event_id, user_id, status, expires_at)
    SELECT seat(2000000 + n), event(n * 26 + 2), person(1),
        CASE WHEN n < 5 THEN 'sent' ELSE 'declined' END, timestamptz '2026-06-03 00:00+00'
    FROM generate_series(0, 2999) AS n
    """,
    f"""
    INSERT INTO attendance (id, event_id, user_id, status, is_showcased, ends_at)
    SELECT id, event(n), person(person),
        CASE WHEN n <= {{soon_events}} THEN 'confirmed' WHEN n % 9 = 2 THEN 'no_show'
            ELSE 'attended' END,
        person = 1 AND n % 1000 = 1, {STARTS} + interval '3 hours'
    FROM (SELECT id, event AS n, person FROM seats) AS taken
    """,
    # Half of all ratings are of the famous host's events; every other one has a comment.
    """
    INSERT INTO ratings (id, event_id, rater_id, host_id, host_rating_value, event_rating_value,
        comment, counts, rated_at)
    SELECT rating(n), event(at), person(10 + n::bigint * 7919 % ({people} - 10)),
        person(CASE WHEN at % 4 = 0 THEN 2 ELSE 100 + at % 4900 END), 1 + n % 5, 1 + n % 5,
        CASE WHEN n % 2 = 0 THEN 'Words about it' END, true,
        timestamptz '2026-05-01 00:00+00' - n * interval '20 minutes'
    FROM (SELECT n,
            CASE WHEN n % 4 < 2 THEN 4000 + n / 4 * 4 % 70000 ELSE n % {events} + 1 END AS at
        FROM generate_series(1, 80000) AS n) AS rated
    """,
    """
    INSERT INTO connections
        (owner_id, connected_user_id, event_id, snapshot_name, private_notes, created_at)
    SELECT person(CASE WHEN n <= 20000 THEN 1 ELSE 10 + n % ({people} - 10) END),
        person(10 + n::bigint * 7919 % ({people} - 10)), event(4000 + n % 70000), 'Somebody',
        'Notes', timestamptz '2026-05-01 00:00+00' - n / 7 * interval '1 hour'
    FROM generate_series(1, 60000) AS n
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO conversations (id, user_low, user_high, started_at, last_message_id, updated_at)
    SELECT conversation(n), least(one, other), greatest(one, other), at, message(n), at
    FROM generate_series(1, {conversations}) AS n
    CROSS JOIN LATERAL (SELECT person(CASE WHEN n <= 300 THEN 3 ELSE n + 10 END) AS one,
        person(CASE WHEN n = 1 THEN 4 ELSE n + 11 END) AS other,
        timestamptz '2026-06-01 00:00+00' - n * interval '1 minute' AS at) AS talk
    """,
    """
    INSERT INTO conversation_participants (conversation_id, user_id)
    SELECT conversation(n), person(CASE WHEN n <= 300 THEN 3 ELSE n + 10 END)
    FROM generate_series(1, {conversations}) AS n
    UNION ALL
    SELECT conversation(n), person(CASE WHEN n = 1 THEN 4 ELSE n + 11 END)
    FROM generate_series(1, {conversations}) AS n
    """,
    # One in each conversation, eighty thousand in the first.
    """
    INSERT INTO messages (id, conversation_id, sender_id, content, sent_at)
    SELECT message(n), conversation(CASE WHEN n <= {conversations} THEN n ELSE 1 END),
        person(CASE WHEN n <= 300 OR n > {conversations} THEN 3 ELSE n + 10 END),
        repeat('Words. ', 8), timestamptz '2026-06-01 00:00+00' - n * interval '1 minute'
    FROM generate_series(1, {conversations} + 80000) AS n
    """,
    """
    INSERT INTO event_posts (id, event_id, user_id, content, stamp_time)
    SELECT post(n), event(CASE WHEN n % 2 = 0 THEN 4000 ELSE n + 1 END), person(6), 'Words',
        timestamptz '2026-06-01 00:00+00' - n * interval '1 minute'
    FROM generate_series(1, 20000) AS n
    """,
    """
    INSERT INTO event_photos (id, event_id, uploader_id, image_url, status, stamp_time)
    SELECT photo(n), event(CASE WHEN n % 2 = 0 THEN 4000 ELSE n + 1 END), person(6), 'photo',
        CASE WHEN n % 5 = 0 THEN 'hidden_by_host' ELSE 'visible' END,
        timestamptz '2026-06-01 00:00+00' - n * interval '1 minute'
    FROM generate_series(1, 20000) AS n
    """,
    """
    INSERT INTO profile_likes (liker_id, liked_id)
    SELECT person(CASE WHEN n <= 10000 THEN 1 ELSE n END), person(n + 10)
    FROM generate_series(1, 20000) AS n
    """,
    """
    INSERT INTO social_connections (sharer_id, receiver_id, platform, shared_url)
    SELECT person(CASE WHEN n <= 10000 THEN 1 ELSE n END), person(n + 10), 'instagram', 'url'
    FROM generate_series(1, 15000) AS n
    """,
    """
    INSERT INTO blocked_users (blocker_id, blocked_id, blocked_at)
    SELECT person(CASE WHEN n <= 50 THEN 5 ELSE n END),
        person(CASE WHEN n > 12000 THEN 2 ELSE n + 100 END), now()
    FROM generate_series(1, 15000) AS n
    """,
    """
    INSERT INTO duos (id, status, opened_at, open_until)
    SELECT duo(n), CASE WHEN n % 50 = 0 THEN 'active' ELSE 'expired' END,
        timestamptz '2026-05-01 00:00+00',
        timestamptz '2026-05-08 00:00+00'
            + CASE WHEN n % 50 = 0 THEN interval '30 days' ELSE interval '0' END
    FROM generate_series(1, 5000) AS n
    """,
    """
    INSERT INTO duo_participants (duo_id, user_id, role)
    SELECT duo(n), person(CASE WHEN n <= 50 THEN 1 ELSE n END), 'initiator'
    FROM generate_series(1, 5000) AS n
    UNION ALL
    SELECT duo(n), person(n + 20000), 'participant' FROM generate_series(1, 5000) AS n
    """,
    """
    INSERT INTO face_card_unlocks (user_id, customization)
    SELECT person(n), 'style:vintage' FROM generate_series(1, 10000) AS n
    """,
    """
    INSERT INTO host_reliability_log (host_id, event_id, action_type, occurred_at)
    SELECT person(n % 1000 + 1), event(n), 'cancelled', now() FROM generate_series(1, 5000) AS n
    """,
)
KINDS: Final = (
    *("person", "event", "place", "seat", "rating", "photo", "post"),
    *("conversation", "message", "duo"),
)


def load(database_url: str) -> int:
    """Write the crowd into an empty migrated database; how many rows there are then."""
    with psycopg.connect(database_url) as connection:
        # Nobody refers to what isn't there: to check it again would take longer than to write.
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL synchronous_commit = off")
        for kind in KINDS:
            connection.execute(
                f"CREATE FUNCTION {kind}(bigint) RETURNS uuid IMMUTABLE PARALLEL SAFE"
                f" RETURN md5('{kind} ' || $1)::uuid"
            )
        for statement in STATEMENTS:
            connection.execute(statement.format(**SIZES))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        (rows,) = connection.execute(
            "SELECT sum(reltuples)::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchone() or (0,)
    return int(rows)
