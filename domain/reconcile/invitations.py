"""Invitations: where each stands, how many seats are held, and an attendance row for each."""

from domain.reconcile.check import Check
from domain.reconcile.gatherings import GATHERING

# Everything that happened to an invitation, its event and its person, numbered in order; what the
# event or the person did at the same moment comes first. `seat` says what was decided about a
# payment when it was applied, which stands: taken, full, or null. Brings `gathering` along.
STORY = f"""
{GATHERING.strip()}, asked AS MATERIALIZED (
    SELECT invited.id, invited.event_id, invited.user_id, gathering.starts_at,
        gathering.cancelled_at, gathering.completed_at, users.deleted_at, events.material_changes,
        coalesce((sent.data->>'expires_at')::timestamptz,
            least(sent.time + interval '48 hours', gathering.starts_at - interval '6 hours'))
            AS expires_at
    FROM invitations AS invited
    JOIN gathering ON gathering.event_id = invited.event_id
    JOIN events ON events.id = invited.event_id
    JOIN users ON users.id = invited.user_id
    JOIN (SELECT DISTINCT ON (invitation_id) * FROM invitation_facts
        WHERE kind = 'invitation.sent'
        ORDER BY invitation_id, time, id COLLATE "C", source COLLATE "C") AS sent
        ON sent.invitation_id = invited.id
), happening AS (
    SELECT invitation_id, kind, time, id, source, NULL AS seat FROM invitation_facts
    WHERE kind <> 'invitation.sent'
    UNION ALL
    SELECT asked.id, told.kind, told.time, told.id, told.source, CASE
            WHEN decided.granted THEN 'taken'
            WHEN decided.refund_reason = 'event_full' THEN 'full' END
    FROM asked JOIN payments AS paid ON paid.invitation_id = asked.id
        AND paid.user_id = asked.user_id AND paid.event_id = asked.event_id
        AND paid.purpose = 'confirmation_fee'
    JOIN payment_facts AS told ON told.payment_id = paid.id
        AND told.kind IN ('payment.succeeded', 'payment.failed')
    LEFT JOIN seat_decisions AS decided ON decided.payment_id = paid.id
    UNION ALL
    SELECT id, 'event.cancelled', cancelled_at, '', '', NULL FROM asked
    WHERE cancelled_at IS NOT NULL
    UNION ALL
    SELECT id, 'user.deleted', deleted_at, '', '', NULL FROM asked WHERE deleted_at IS NOT NULL
    UNION ALL
    SELECT asked.id, 'event.changed', change::timestamptz, '', '', NULL
    FROM asked CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(material_changes) WHEN 'array' THEN material_changes END) AS change
), story AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY invitation_id
        ORDER BY time, id COLLATE "C", source COLLATE "C", array_position(
            ARRAY['event.changed', 'event.cancelled', 'user.deleted'], kind)) AS place
    FROM happening
)
"""

# The table "invitations and seats" of the rules, a row a line: one step of the story.
STEP = """
SELECT CASE
    WHEN course.status IN ('sent', 'payment_failed') THEN CASE
        WHEN kind = 'payment.succeeded' AND time <= expires_at
            AND (completed_at IS NULL OR time < completed_at) THEN
            CASE seat WHEN 'taken' THEN 'confirmed' WHEN 'full' THEN 'cancelled' END
        WHEN kind = 'payment.failed' THEN 'payment_failed'
        WHEN kind = 'invitation.declined' THEN 'declined'
        WHEN kind = 'invitation.expired' AND time >= expires_at THEN 'expired'
        WHEN kind IN ('event.cancelled', 'user.deleted') THEN 'cancelled' END
    WHEN course.status IN ('confirmed', 'pending_reconfirmation') THEN CASE
        WHEN kind IN ('invitation.cancelled', 'user.deleted') AND time < starts_at THEN
            CASE WHEN time <= starts_at - interval '24 hours' THEN 'cancelled_early'
                ELSE 'cancelled_late' END
        WHEN kind = 'event.changed' THEN 'pending_reconfirmation'
        WHEN kind = 'event.cancelled' THEN 'cancelled'
        WHEN course.status = 'confirmed' THEN NULL
        WHEN kind = 'invitation.reconfirmed' THEN 'confirmed'
        WHEN kind = 'invitation.expired' AND time >= reconfirm_by THEN 'cancelled_early' END
    END AS status
"""

CHECKS = (
    Check(
        "invitations.status",
        "what happened to each, read in order, given who got a seat; until when it may be answered",
        f"""
        WITH RECURSIVE {STORY.strip()}, course AS (
            SELECT id, 0::bigint AS place, 'sent' AS status, NULL::timestamptz AS confirmed_at,
                NULL::timestamptz AS reconfirm_by FROM asked
            UNION ALL
            SELECT course.id, story.place, coalesce(next.status, course.status),
                CASE WHEN kind = 'payment.succeeded' AND next.status = 'confirmed' THEN time
                    ELSE confirmed_at END,
                CASE WHEN next.status = 'pending_reconfirmation' THEN greatest(
                        least(time + interval '48 hours', starts_at - interval '12 hours'),
                        time + interval '2 hours')
                    WHEN next.status = 'confirmed' THEN NULL ELSE reconfirm_by END
            FROM course
            JOIN asked ON asked.id = course.id
            JOIN story ON story.invitation_id = course.id AND story.place = course.place + 1
            CROSS JOIN LATERAL ({STEP}) AS next
        ), stands AS (
            SELECT DISTINCT ON (id) * FROM course ORDER BY id, place DESC
        )
        SELECT kept.id::text AS key,
            (kept.status, kept.confirmed_at, kept.reconfirm_by, kept.expires_at) IS DISTINCT FROM
            (stands.status, stands.confirmed_at, stands.reconfirm_by, asked.expires_at) AS drifted
        FROM invitations AS kept
        JOIN stands ON stands.id = kept.id
        JOIN asked ON asked.id = kept.id
        """,
    ),
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
