"""Seats: how many are held, and that an attendance row stands for each."""

from domain.reconcile.check import Check

CHECKS = (
    Check(
        "invitations.seats",
        "no more people hold a seat than max_attendees, or than it was before it was lowered",
        """
        WITH held AS (
            SELECT event_id, count(*) AS seats FROM invitations
            WHERE status IN ('confirmed', 'pending_reconfirmation') GROUP BY event_id
        ), allowed AS (
            SELECT event_id, max((data->>'max_attendees')::int) AS seats FROM event_facts
            WHERE data ? 'max_attendees' GROUP BY event_id
        )
        SELECT events.id::text AS key,
            coalesce(held.seats, 0) > greatest(events.max_attendees, allowed.seats) AS drifted
        FROM events
        LEFT JOIN held ON held.event_id = events.id
        LEFT JOIN allowed ON allowed.event_id = events.id
        """,
    ),
    Check(
        "attendance.rows",
        "one for everybody who holds a seat or cancelled late, and for nobody else",
        """
        SELECT coalesce(invited.id, seat.id)::text AS key,
            (invited.status IN ('confirmed', 'pending_reconfirmation', 'cancelled_late'))
                IS DISTINCT FROM (seat.id IS NOT NULL)
            OR seat.id IS NOT NULL
                AND (seat.event_id, seat.user_id)
                IS DISTINCT FROM (invited.event_id, invited.user_id) AS drifted
        FROM invitations AS invited FULL JOIN attendance AS seat ON seat.id = invited.id
        """,
    ),
)
