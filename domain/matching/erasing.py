"""What is left of those who were deleted: nothing that was made of them."""

from collections.abc import Collection
from typing import Final

from sqlmodel import Session

from domain.sql import array, execute


def erase(session: Session, people: Collection[str]) -> None:
    """Take from those who were deleted whatever was made of them, and what was still to be made.

    The caller has locked them.
    """
    if not people:
        return
    gone = array(people)
    for statement in _ERASE:
        execute(session, statement, gone=gone)


_ERASE: Final = (
    "DELETE FROM user_interest_vectors WHERE user_id = ANY(%(gone)s::uuid[])",
    """
    UPDATE social_profiles SET social_profile_vector = NULL
    WHERE user_id = ANY(%(gone)s::uuid[]) AND social_profile_vector IS NOT NULL
    """,
    """
    UPDATE users SET person_attraction_vector = NULL
    WHERE id = ANY(%(gone)s::uuid[]) AND person_attraction_vector IS NOT NULL
    """,
    """
    DELETE FROM embeddings WHERE target = ANY(%(gone)s::text[])
        AND kind IN ('profile', 'positive', 'persona')
    """,
    "DELETE FROM matching_requests WHERE target = ANY(%(gone)s::text[])",
    # Also whoever was proposed for the events of hosts who were deleted: the reason names what both
    # like, and nobody is invited there any more.
    """
    WITH held AS MATERIALIZED (
        SELECT event_id, user_id FROM event_candidates WHERE (event_id, user_id) IN (
            SELECT event_id, user_id FROM event_candidates WHERE user_id = ANY(%(gone)s::uuid[])
            UNION
            SELECT kept.event_id, kept.user_id
            FROM events JOIN event_candidates AS kept ON kept.event_id = events.id
            WHERE events.host_id = ANY(%(gone)s::uuid[])
        ) ORDER BY event_id, user_id FOR UPDATE
    )
    DELETE FROM event_candidates AS kept USING held
    WHERE kept.event_id = held.event_id AND kept.user_id = held.user_id
    """,
    "DELETE FROM user_places WHERE user_id = ANY(%(gone)s::uuid[])",
)
