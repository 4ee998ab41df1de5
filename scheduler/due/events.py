"""What becomes of events by the clock: cancelled for too few, completed, finalised.

Decided by the facts as of the due time: what may still change an event is waited for, and what
happened after its start doesn't count. See docs/decisions, "Events are decided by facts".
"""

from collections.abc import Mapping
from typing import Any, Final

from domain.catalogue import HANDLERS
from domain.constants import (
    COMPLETED_AFTER_END,
    FINALIZED_AFTER_COMPLETION,
    WAITED_FOR_ATTEMPTS,
)
from domain.gatherings import payloads as gathering
from domain.gatherings.payloads import CancelledBy, EventCancelled, EventCompleted, EventFinalized
from domain.invitations import payloads as inviting
from domain.lanes import PLANS, SEATS
from domain.payload import Payload
from domain.payments import payloads as paying
from domain.sql import array
from scheduler.due.kind import Kind

# What may change an event's plan or who holds its seats; each names the event or an invitation.
# Not an expiry: what lapses is known by its deadline.
MAY_CHANGE: Final[tuple[type[Payload], ...]] = (
    gathering.EventUpdated,
    gathering.EventCancelled,
    gathering.EventCompleted,
    gathering.EventFinalized,
    gathering.EventSettled,
    inviting.InvitationSent,
    inviting.InvitationCancelled,
    inviting.InvitationReconfirmed,
    paying.PaymentSucceeded,
)
_WAITING: Final[Mapping[str, Any]] = {
    "types": array(payload.TYPE for payload in MAY_CHANGE),
    "handlers": array(
        name
        for name, handler in HANDLERS.items()
        if handler.payload in MAY_CHANGE and handler.lane in (PLANS, SEATS)
    ),
    "attempts": WAITED_FOR_ATTEMPTS,
}
# What was published and isn't applied: not routed, not tried, or not failed too often.
_UNSETTLED: Final = """
WITH underway AS MATERIALIZED (
    SELECT told.time, told.data FROM (
        SELECT seq, received_at FROM outbox WHERE type = ANY(%(types)s::text[])
        UNION ALL
        SELECT seq, received_at FROM deliveries
        WHERE handler = ANY(%(handlers)s::text[]) AND due_at IS NOT NULL
            AND state IN ('pending', 'failed') AND attempts <= %(attempts)s
    ) AS waiting
    JOIN domain_events AS told USING (seq, received_at)
), unsettled AS MATERIALIZED (
    SELECT (data ->> 'event_id')::uuid AS event_id, time FROM underway
    UNION ALL
    SELECT invited.event_id, underway.time FROM underway
    JOIN invitations AS invited ON invited.id = (underway.data ->> 'invitation_id')::uuid
)
"""
_IS_SETTLED: Final = """
    AND NOT EXISTS (
        SELECT FROM unsettled
        WHERE unsettled.event_id = thing.id
            AND unsettled.time <= thing.{moment} + %(after)s::interval
    )
"""
# Seats held at the start, fewer than were asked for then. A reconfirmation that lapses counts from
# its deadline on, whether that was told or not.
_TOO_FEW: Final = """(
    SELECT count(*) FROM invitations AS seat
    WHERE seat.event_id = thing.id AND seat.confirmed_at <= thing.starts_at
        AND (seat.status IN ('confirmed', 'cancelled_late')
            OR seat.status IN ('pending_reconfirmation', 'cancelled_early')
                AND seat.reconfirm_by > thing.starts_at)
) < (
    SELECT (fact.data ->> 'min_attendees')::int FROM event_facts AS fact
    WHERE fact.event_id = thing.id AND fact.data ? 'min_attendees'
        AND (fact.kind = 'event.published'
            OR fact.kind = 'event.updated' AND fact.time <= thing.starts_at)
    ORDER BY fact.kind = 'event.updated' DESC,
        fact.time DESC, fact.id COLLATE "C" DESC, fact.source COLLATE "C" DESC
    LIMIT 1
)"""

# Stops may be listed in another order than that of time. A cancellation at a start that isn't
# before the end is refused (`event_over`): such an event is completed, whoever came.
_STARTS_BEFORE_ITS_END: Final = "thing.starts_at < thing.ends_at"


def _cancelled(event: str) -> Payload:
    return EventCancelled(event_id=event, cancelled_by=CancelledBy.SYSTEM)


EVENTS: Final = (
    Kind(
        name="events.cancel",
        sentence="An event with fewer than min_attendees seats held at its start is cancelled.",
        payload=_cancelled,
        table="events",
        moment="starts_at",
        stands="thing.status = 'published'",
        further=f"AND {_STARTS_BEFORE_ITS_END} AND {_TOO_FEW}"
        + _IS_SETTLED.format(moment="starts_at"),
        known=_UNSETTLED,
        parameters=_WAITING,
    ),
    Kind(
        name="events.complete",
        sentence="An event is completed 2 hours after its last stop's end.",
        payload=lambda event: EventCompleted(event_id=event),
        table="events",
        moment="ends_at",
        stands="thing.status = 'published'",
        after=COMPLETED_AFTER_END,
        # Not one that is to be cancelled, however late that is.
        further=f"AND NOT ({_STARTS_BEFORE_ITS_END} AND {_TOO_FEW})"
        + _IS_SETTLED.format(moment="ends_at"),
        known=_UNSETTLED,
        parameters=_WAITING,
    ),
    Kind(
        name="events.finalize",
        sentence="An event is finalised 24 hours after its completion.",
        payload=lambda event: EventFinalized(event_id=event),
        table="events",
        moment="completed_at",
        stands="thing.status = 'completed' AND thing.finalized_at IS NULL",
        after=FINALIZED_AFTER_COMPLETION,
        further=_IS_SETTLED.format(moment="completed_at"),
        known=_UNSETTLED,
        parameters=_WAITING,
    ),
)
