"""Where people go out: the first stop of the newest gathering at which they were."""

from collections.abc import Collection

from sqlmodel import Session

from domain.sql import array, execute

_MOVE = """
WITH last AS MATERIALIZED (
    SELECT users.id AS user_id, visit.event_id, visit.latitude, visit.longitude
    FROM users LEFT JOIN LATERAL (
        SELECT seat.event_id, spot.latitude, spot.longitude
        FROM attendance AS seat
        JOIN events AS visited ON visited.id = seat.event_id
        CROSS JOIN LATERAL (
            SELECT stop.location_id FROM event_itinerary_stops AS stop
            WHERE stop.event_id = visited.id ORDER BY stop."order" LIMIT 1
        ) AS first_stop
        JOIN locations AS spot ON spot.id = first_stop.location_id
        WHERE seat.user_id = users.id AND seat.status IN ('attended', 'late')
        ORDER BY visited.starts_at DESC, visited.id LIMIT 1
    ) AS visit ON users.deleted_at IS NULL
    WHERE users.id = ANY(%(people)s::uuid[])
), gone AS (
    DELETE FROM user_places AS kept USING last
    WHERE kept.user_id = last.user_id AND last.event_id IS NULL
)
INSERT INTO user_places AS kept (user_id, event_id, latitude, longitude)
SELECT user_id, event_id, latitude, longitude FROM last WHERE event_id IS NOT NULL
ON CONFLICT (user_id) DO UPDATE SET event_id = excluded.event_id, latitude = excluded.latitude,
    longitude = excluded.longitude, updated_at = now()
WHERE (kept.event_id, kept.latitude, kept.longitude)
    IS DISTINCT FROM (excluded.event_id, excluded.latitude, excluded.longitude)
"""


def move(session: Session, people: Collection[str]) -> None:
    """Find anew where people were last; the caller has locked them."""
    execute(session, _MOVE, people=array(people))
