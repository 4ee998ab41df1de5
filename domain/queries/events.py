"""A person's events: those they went to, those they show, those still to come."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import PAGE_LENGTH
from domain.queries.page import NEWEST_FIRST, SOONEST_FIRST, Page, one_more, page
from domain.sql import fetch


class AttendedEvent(NamedTuple):
    """An event that somebody went to; `status` is attended or late."""

    event_id: str
    title: str
    host_id: str
    status: str
    is_showcased: bool
    starts_at: datetime
    ends_at: datetime


def events_attended(
    session: Session, user_id: str, *, after: str | None = None, limit: int = PAGE_LENGTH
) -> Page[AttendedEvent]:
    """Give the events that somebody attended, in time or late, the newest first.

    Index: attendance_user_id_ends_at_event_id_idx, in its order. Cost: a page.
    """
    return _attended(session, user_id, which="true", after=after, limit=limit)


def event_dna(
    session: Session, user_id: str, *, after: str | None = None, limit: int = PAGE_LENGTH
) -> Page[AttendedEvent]:
    """Give the attended events that somebody shows in their Event DNA, the newest first.

    Index: attendance_showcased_idx, which holds nothing else. Cost: a page.
    """
    return _attended(session, user_id, which="seat.is_showcased", after=after, limit=limit)


def _attended(
    session: Session, user_id: str, *, which: str, after: str | None, limit: int
) -> Page[AttendedEvent]:
    """Give a page of those attended events for which an SQL condition holds."""
    ends_at, event = NEWEST_FIRST.after(after)
    rows = fetch(
        session,
        f"""
        SELECT seat.event_id, events.title, events.host_id, seat.status, seat.is_showcased,
            events.starts_at, seat.ends_at
        FROM attendance AS seat JOIN events ON events.id = seat.event_id
        WHERE seat.user_id = %(user)s AND seat.status IN ('attended', 'late') AND {which}
            AND (seat.ends_at, seat.event_id) < (%(ends_at)s::timestamptz, %(event)s::uuid)
        ORDER BY seat.ends_at DESC, seat.event_id DESC LIMIT %(limit)s
        """,
        user=user_id,
        ends_at=ends_at,
        event=event,
        limit=one_more(limit),
    )
    attended = map(AttendedEvent._make, rows)
    return page(attended, limit, key=lambda each: (each.ends_at, each.event_id))


class AverageRating(NamedTuple):
    """The mean in stars from 1 to 5, None without a rating; and of how many ratings."""

    average: float | None
    rating_count: int


def average_rating_of_events_attended(session: Session, user_id: str) -> AverageRating:
    """Give the mean of all counting ratings of the events that somebody attended.

    Columns: events.event_rating_sum and rating_count. Index:
    attendance_user_id_ends_at_event_id_idx, then the events' primary key. Cost: the person's own
    attendance, however many ratings there are.
    """
    ((average, count),) = fetch(
        session,
        """
        SELECT sum(events.event_rating_sum)::float8 / nullif(sum(events.rating_count), 0),
            coalesce(sum(events.rating_count), 0)
        FROM attendance AS seat JOIN events ON events.id = seat.event_id
        WHERE seat.user_id = %(user)s AND seat.status IN ('attended', 'late')
        """,
        user=user_id,
    )
    return AverageRating(average, count)


class UpcomingEvent(NamedTuple):
    """An event at which somebody has a seat; with `reconfirm_by` if they must answer once more."""

    event_id: str
    title: str
    host_id: str
    starts_at: datetime
    ends_at: datetime
    invitation_id: str
    reconfirm_by: datetime | None


def upcoming_events(
    session: Session,
    user_id: str,
    *,
    now: datetime,
    after: str | None = None,
    limit: int = PAGE_LENGTH,
) -> Page[UpcomingEvent]:
    """Give the events at which somebody has a seat and that aren't over, the soonest first.

    Index: attendance_user_id_ends_at_event_id_idx from `now` on. Cost: the seats somebody holds at
    events to come, whatever lies behind them.
    """
    starts_at, event = SOONEST_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT seat.event_id, events.title, events.host_id, events.starts_at, seat.ends_at, seat.id,
            CASE invited.status WHEN 'pending_reconfirmation' THEN invited.reconfirm_by END
        FROM attendance AS seat
        JOIN events ON events.id = seat.event_id
        JOIN invitations AS invited ON invited.id = seat.id
        WHERE seat.user_id = %(user)s AND seat.ends_at >= %(now)s
            AND seat.status IN ('confirmed', 'attended', 'late')
            AND (events.starts_at, seat.event_id) > (%(starts_at)s::timestamptz, %(event)s::uuid)
        ORDER BY events.starts_at, seat.event_id LIMIT %(limit)s
        """,
        user=user_id,
        now=now,
        starts_at=starts_at,
        event=event,
        limit=one_more(limit),
    )
    upcoming = map(UpcomingEvent._make, rows)
    return page(upcoming, limit, key=lambda each: (each.starts_at, each.event_id))
