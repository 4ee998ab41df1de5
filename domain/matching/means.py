"""Vectors that are the mean of others: what people don't like, and who attracts them."""

from collections.abc import Collection
from typing import Final

from sqlmodel import Session

from domain.matching.requests import Mark
from domain.matching.rules import vector_row_id
from domain.sql import array, execute, fetch
from domain.tables.matching import RequestKind
from domain.tables.profiles import InterestVectorType
from domain.things import Hold, lock

# By what they said, whether or not the invitation could still be declined then.
_DECLINED: Final = """EXISTS (
    SELECT FROM invitation_facts AS said WHERE said.invitation_id = invited.id
        AND said.kind = 'invitation.declined' AND said.data->>'decline_reason' = 'not_interested'
)"""
_DECLINERS: Final = f"""
SELECT DISTINCT invited.user_id FROM invitations AS invited
WHERE invited.event_id = ANY(%(events)s::uuid[]) AND {_DECLINED}
"""


def decliners(session: Session, events: Collection[str]) -> list[Mark]:
    """Mark what those don't like who weren't interested in these events."""
    if not events:
        return []
    rows = fetch(session, _DECLINERS, events=array(events))
    return [Mark(RequestKind.NEGATIVE, person) for (person,) in rows]


def likers(session: Session, people: Collection[str]) -> list[Mark]:
    """Mark the attraction of those who like these people."""
    if not people:
        return []
    rows = fetch(
        session,
        "SELECT DISTINCT liker_id FROM profile_likes WHERE liked_id = ANY(%(people)s::uuid[])",
        people=array(people),
    )
    return [Mark(RequestKind.ATTRACTION, liker) for (liker,) in rows]


def average_dislikes(session: Session, people: Collection[str]) -> None:
    """Write what people don't like: the mean of the events in which they weren't interested."""
    listed = sorted(lock(session, "user", people, Hold.CHANGE))
    execute(
        session,
        f"""
        WITH mean AS MATERIALIZED (
            SELECT person.id, person.user_id, (
                SELECT avg(events.event_vector ORDER BY events.id)
                FROM invitations AS invited JOIN events ON events.id = invited.event_id
                WHERE invited.user_id = person.user_id AND {_DECLINED}
            ) AS vector
            FROM unnest(%(ids)s::uuid[], %(people)s::uuid[]) AS person (id, user_id)
            JOIN users ON users.id = person.user_id AND users.deleted_at IS NULL
        ), gone AS (
            DELETE FROM user_interest_vectors AS kept USING mean
            WHERE kept.id = mean.id AND mean.vector IS NULL
        )
        INSERT INTO user_interest_vectors AS kept (id, user_id, vector, vector_type)
        SELECT id, user_id, vector, 'negative_v1' FROM mean WHERE vector IS NOT NULL
        ON CONFLICT (id) DO UPDATE SET vector = excluded.vector, updated_at = now()
        WHERE kept.vector IS DISTINCT FROM excluded.vector
        """,
        ids=[vector_row_id(person, InterestVectorType.NEGATIVE) for person in listed],
        people=listed,
    )


def average_likes(session: Session, people: Collection[str]) -> None:
    """Write who attracts people: the mean of the profiles that they like."""
    listed = lock(session, "user", people, Hold.CHANGE)
    execute(
        session,
        """
        WITH mean AS MATERIALIZED (
            SELECT liker.id, (
                SELECT avg(profile.social_profile_vector ORDER BY profile.user_id)
                FROM profile_likes AS given
                JOIN social_profiles AS profile ON profile.user_id = given.liked_id
                WHERE given.liker_id = liker.id
            ) AS vector
            FROM users AS liker
            WHERE liker.id = ANY(%(people)s::uuid[]) AND liker.deleted_at IS NULL
        )
        UPDATE users SET person_attraction_vector = mean.vector FROM mean
        WHERE users.id = mean.id AND users.person_attraction_vector IS DISTINCT FROM mean.vector
        """,
        people=array(listed),
    )
