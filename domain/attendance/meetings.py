"""Says who has met: what waits for two people to have come to the same event is woken."""

from collections.abc import Iterable

from sqlmodel import Session

from domain.attendance.facts import Pair
from domain.sql import array, fetch
from domain.things import meeting_of

# As `meeting_of` names it.
_NAME = "concat_ws(':', 'met', least(one.user_id, other.id), greatest(one.user_id, other.id))"


def awaited_meetings(session: Session, present: Iterable[Pair]) -> set[str]:
    """Name the meetings of these (event, person), who came, that something waits for.

    Each has met everybody else who came, and the host, unless the event is cancelled. While
    nothing waits for any meeting, which is nearly always, none is looked for.
    """
    listed = list(present)
    if not listed:
        return set()
    rows = fetch(
        session,
        f"""
        SELECT DISTINCT least(one.user_id, other.id), greatest(one.user_id, other.id)
        FROM unnest(%(events)s::uuid[], %(users)s::uuid[]) AS one (event_id, user_id)
        JOIN events ON events.id = one.event_id AND events.cancelled_at IS NULL
        CROSS JOIN LATERAL (
            SELECT events.host_id
            UNION ALL
            SELECT seat.user_id FROM attendance AS seat
            WHERE seat.event_id = one.event_id AND seat.status IN ('attended', 'late')
        ) AS other (id)
        CROSS JOIN LATERAL (
            -- A limit keeps this a probe of the index for each, whatever the statistics say.
            SELECT FROM deliveries AS waiting
            WHERE waiting.awaits = {_NAME} AND waiting.state = 'deferred' LIMIT 1
        ) AS waiting
        -- In this order, one probe of the index tells whether there is any.
        WHERE (SELECT awaits FROM deliveries WHERE awaits >= 'met:' ORDER BY awaits LIMIT 1)
            LIKE 'met:%%'
        """,
        events=array(event for event, _ in listed),
        users=array(user for _, user in listed),
    )
    return {meeting_of(one, other) for one, other in rows}
