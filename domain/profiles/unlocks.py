"""Looks of the face card: a row stands exactly while what earned it holds.

Called under the lock of the person. Whatever changes their numbers says so afterwards, so reading
them without a lock is enough: a change that isn't seen yet will come by again.
"""

from collections.abc import Iterable

from sqlmodel import Session

from domain.profiles.rules import settle_unlocks
from domain.sql import array, execute, fetch


def settle(session: Session, people: Iterable[str]) -> None:
    """Make the rows of what people have earned, and delete what they have no longer.

    The deleted have no face card, so they keep none of its looks. That somebody was told of a look
    outlasts it: nobody is told of the same twice.
    """
    rows = fetch(
        session,
        """
        SELECT user_id, outcomes_present, is_widely_thanked
        FROM user_internal_metrics JOIN users ON users.id = user_id
        WHERE user_id = ANY(%(people)s::uuid[]) AND deleted_at IS NULL ORDER BY user_id
        """,
        people=array(set(people)),
    )
    earned = [
        (person, look)
        for person, events, thanked in rows
        for look in sorted(settle_unlocks(events=events, is_widely_thanked=thanked))
    ]
    columns = {
        "owners": array(person for person, _ in earned),
        "looks": array(look for _, look in earned),
    }
    execute(
        session,
        """
        WITH lost AS (
            DELETE FROM face_card_unlocks WHERE user_id = ANY(%(people)s::uuid[])
                AND (user_id, customization)
                    NOT IN (SELECT * FROM unnest(%(owners)s::uuid[], %(looks)s::text[]))
            RETURNING user_id, customization, notified
        )
        INSERT INTO face_card_notices (user_id, customization)
        SELECT user_id, customization FROM lost WHERE notified ON CONFLICT DO NOTHING
        """,
        people=array(person for person, *_ in rows),
        **columns,
    )
    execute(
        session,
        """
        INSERT INTO face_card_unlocks (user_id, customization, notified)
        SELECT earned.*, EXISTS (SELECT FROM face_card_notices AS told
            WHERE told.user_id = earned.owner AND told.customization = earned.look)
        FROM unnest(%(owners)s::uuid[], %(looks)s::text[]) AS earned (owner, look)
        ON CONFLICT DO NOTHING
        """,
        **columns,
    )
