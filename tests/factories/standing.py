"""Invitations, duos, photos, people and events in great numbers, of which nothing is due yet.

Nine of ten are so near that they have been reminded of. Written by Postgres itself, as
`tests/factories/crowd.py` is; nothing refers to what isn't there but foreign keys, which are not
looked at.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg

from scheduler.due import KINDS

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
# The first of each kind become due within this time after NOW, the others long after it.
SOON: Final = timedelta(hours=1)

# `n` counts rows; `soon` says of one of them when it becomes due, if it is among the first.
_SOON: Final = "CASE WHEN n <= {due} THEN {now} + n * interval '1 hour' / {due} END"
_LATER: Final = "{now} + interval '20 days' + n * interval '300 days' / {count}"
_IS_NEAR: Final = "n % 10 > 0"


def _from_until(first: str, last: str) -> str:
    return (
        f"{{now}} + interval '{first}' + n * (interval '{last}' - interval '{first}') / {{count}}"
    )


def _near(reminder: str) -> str:
    """Say when something ends that is mostly nearer than its reminder."""
    return f"CASE WHEN {_IS_NEAR} THEN {_from_until('90 minutes', reminder)} ELSE {_LATER} END"


# For which moment one of them was reminded of.
_REMINDED: Final = f"CASE WHEN {_IS_NEAR} THEN at END"
_REMINDED_UNLESS_SOON: Final = f"CASE WHEN {_IS_NEAR} AND n > {{due}} THEN at END"
# Half of the near ones start within two hours.
_STARTS: Final = (
    f"CASE WHEN {_IS_NEAR} AND n % 2 = 0 THEN {_from_until('90 minutes', '2 hours')}"
    f" ELSE {_near('1 day')} END"
)
STATEMENTS: Final = (
    f"""
    INSERT INTO users (id, clerk_id, birth_date, status, is_online, last_active_at,
        subscription_status, subscription_ends, subscription_reminded_for)
    SELECT standing(n), 'standing ' || n, date '1990-01-01', 'active', n % 20 = 0,
        {{now}} + interval '1 hour', CASE WHEN n % 3 = 0 THEN 'free' ELSE 'premium' END,
        at, {_REMINDED}
    FROM generate_series(1, {{people}}) AS n
    CROSS JOIN LATERAL (SELECT {_near("3 days")} AS at) AS ending
    """,
    f"""
    INSERT INTO invitations (id, event_id, user_id, status, expires_at, reminded_for)
    SELECT standing(n), standing(n), standing(n), 'sent', at, {_REMINDED_UNLESS_SOON}
    FROM generate_series(1, {{count}}) AS n
    CROSS JOIN LATERAL (SELECT coalesce({_SOON}, {_near("6 hours")}) AS at) AS ending
    """,
    """
    INSERT INTO invitation_facts (invitation_id, time, id, source, kind)
    SELECT standing(n), {now} - interval '2 days', n::text, '/test', 'invitation.sent'
    FROM generate_series(1, {due}) AS n
    """,
    f"""
    INSERT INTO duos (id, status, expires_at, opened_at, open_until, reminded_for)
    SELECT standing(n), 'active', at, at - interval '7 days', at, {_REMINDED_UNLESS_SOON}
    FROM generate_series(1, {{count}}) AS n
    CROSS JOIN LATERAL (SELECT coalesce({_SOON}, {_near("1 day")}) AS at) AS ending
    """,
    f"""
    INSERT INTO profile_photos (id, user_id, url, is_authentic, authentic_expires_at, stamp_time,
        badge_reminded_for)
    SELECT standing(n), standing(n), 'photo', true, at, at - interval '1 year',
        {_REMINDED_UNLESS_SOON}
    FROM generate_series(1, {{count}}) AS n
    CROSS JOIN LATERAL (SELECT coalesce({_SOON}, {_near("14 days")}) AS at) AS ending
    """,
    # And as many badges ended long ago.
    """
    INSERT INTO profile_photos (id, user_id, url, is_authentic, authentic_expires_at, stamp_time,
        badge_reminded_for, badge_ended_for)
    SELECT standing(-n), standing(n), 'photo', true, at, at - interval '1 year', at, at
    FROM generate_series(1, {count}) AS n
    CROSS JOIN LATERAL (SELECT {now} - n * interval '300 days' / {count} AS at) AS past
    """,
    # Of four events one is over and waits to be finalised.
    f"""
    INSERT INTO events (id, host_id, title, description, status, min_attendees, max_attendees,
        confirmation_fee, starts_at, ends_at, completed_at, reminded_24h_for, reminded_2h_for)
    SELECT standing(n), standing(1), 'Event', 'In company',
        CASE WHEN n % 4 = 0 THEN 'completed' ELSE 'published' END, 2, 50, 500, at,
        at + interval '3 hours', CASE WHEN n % 4 = 0 THEN {{now}} END,
        {_REMINDED}, CASE WHEN at <= {{now}} + interval '2 hours' THEN at END
    FROM generate_series(1, {{people}}) AS n
    CROSS JOIN LATERAL (SELECT {_STARTS} AS at) AS starting
    """,
    # And as many were over long ago.
    """
    INSERT INTO events (id, host_id, title, description, status, min_attendees, max_attendees,
        confirmation_fee, starts_at, ends_at, completed_at, finalized_at)
    SELECT standing(-n), standing(1), 'Event', 'In company', 'completed', 2, 50, 500, at, at, at, at
    FROM generate_series(1, {people}) AS n
    CROSS JOIN LATERAL (SELECT {now} - interval '3 days' - n * interval '1 minute' AS at) AS past
    """,
    # What was published in the month before.
    """
    INSERT INTO due_said (kind, due_at, subject)
    SELECT kind, {now} - interval '30 days' + n * interval '30 days' / 20000, standing(n)
    FROM unnest(ARRAY[{kinds}]) AS kind CROSS JOIN generate_series(1, 20000) AS n
    """,
)


def load(database_url: str, count: int, *, people: int, due: int) -> None:
    """Write so many invitations, duos and photos, and people and events, into an empty database.

    Of each of the former `due` become due in the hour after NOW.
    """
    numbers = {
        "count": count,
        "people": people,
        "due": max(due, 1),
        "kinds": ", ".join(f"'{kind.name}'" for kind in KINDS if not kind.said_for),
        "now": f"timestamptz '{NOW.isoformat()}'",
    }
    with psycopg.connect(database_url) as connection:
        # Nobody refers to what isn't there: to check it again would take longer than to write.
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL synchronous_commit = off")
        connection.execute(
            "CREATE FUNCTION standing(bigint) RETURNS uuid IMMUTABLE PARALLEL SAFE"
            " RETURN md5('standing ' || $1)::uuid"
        )
        for statement in STATEMENTS:
            connection.execute(statement.format(**numbers))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
