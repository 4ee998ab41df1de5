"""Photos of events: who may see each, by what was decided about it."""

from domain.reconcile.check import Check

CHECKS = (
    Check(
        "event_photos.status",
        "as the host said last; visible until then",
        """
        WITH decided AS (
            SELECT photo_id, (array_agg(data->>'status' ORDER BY time DESC, id COLLATE "C" DESC,
                source COLLATE "C" DESC))[1] AS status
            FROM event_photo_facts GROUP BY photo_id
        )
        SELECT photo.id::text AS key,
            photo.status IS DISTINCT FROM coalesce(decided.status, 'visible') AS drifted
        FROM event_photos AS photo LEFT JOIN decided ON decided.photo_id = photo.id
        -- What only an API service has written says itself who may see it.
        WHERE photo.stamp_time IS NOT NULL OR decided.status IS NOT NULL
        """,
    ),
)
