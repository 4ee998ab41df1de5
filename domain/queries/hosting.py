"""What a host has done: events held, what guests thought of them, and how reliable the host is."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from domain.constants import PAGE_LENGTH
from domain.queries.events import AverageRating
from domain.queries.page import NEWEST_FIRST, Page, one_more, page
from domain.sql import fetch


class HostedEvent(NamedTuple):
    """An event of a host, with its summary once it is completed."""

    event_id: str
    title: str
    status: str
    starts_at: datetime
    ends_at: datetime
    event_summary: dict[str, Any] | None


def events_hosted(
    session: Session, host_id: str, *, after: str | None = None, limit: int = PAGE_LENGTH
) -> Page[HostedEvent]:
    """Give all events of a host but drafts, the latest start first.

    Index: events_host_id_starts_at_id_idx, in its order. Cost: a page.
    """
    starts_at, event = NEWEST_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT id, title, status, starts_at, ends_at, event_summary FROM events
        WHERE host_id = %(host)s AND status <> 'draft'
            AND (starts_at, id) < (%(starts_at)s::timestamptz, %(event)s::uuid)
        ORDER BY starts_at DESC, id DESC LIMIT %(limit)s
        """,
        host=host_id,
        starts_at=starts_at,
        event=event,
        limit=one_more(limit),
    )
    hosted = map(HostedEvent._make, rows)
    return page(hosted, limit, key=lambda each: (each.starts_at, each.event_id))


class PastEvent(NamedTuple):
    """A completed event; the mean of its counting ratings, None without one, and how many."""

    event_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    average_rating: float | None
    rating_count: int


def event_history(
    session: Session, host_id: str, *, after: str | None = None, limit: int = PAGE_LENGTH
) -> Page[PastEvent]:
    """Give the completed events of a host with what guests thought of each, the newest first.

    Columns: events.event_rating_sum and rating_count. Index: events_host_id_starts_at_id_idx, in
    its order. Cost: a page, and what was cancelled in between, however many ratings there are.
    """
    starts_at, event = NEWEST_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT id, title, starts_at, ends_at,
            event_rating_sum::float8 / nullif(rating_count, 0), rating_count
        FROM events
        WHERE host_id = %(host)s AND status = 'completed'
            AND (starts_at, id) < (%(starts_at)s::timestamptz, %(event)s::uuid)
        ORDER BY starts_at DESC, id DESC LIMIT %(limit)s
        """,
        host=host_id,
        starts_at=starts_at,
        event=event,
        limit=one_more(limit),
    )
    history = map(PastEvent._make, rows)
    return page(history, limit, key=lambda each: (each.starts_at, each.event_id))


def host_rating(session: Session, host_id: str) -> AverageRating:
    """Give the mean of a host's counting ratings, and their number.

    Columns: host_profiles.average_rating and rating_count, by the unique key on user_id. Cost: one
    row, however many ratings there are.
    """
    rows = fetch(
        session,
        "SELECT average_rating, rating_count FROM host_profiles WHERE user_id = %(host)s",
        host=host_id,
    )
    return AverageRating(*rows[0]) if rows else AverageRating(None, 0)


class Comment(NamedTuple):
    """What a guest wrote with a counting rating of a host; by whom isn't said."""

    rating_id: str
    event_id: str
    host_stars: int
    event_stars: int
    comment: str
    rated_at: datetime


def host_comments(
    session: Session, host_id: str, *, after: str | None = None, limit: int = PAGE_LENGTH
) -> Page[Comment]:
    """Give what guests wrote with their ratings of a host, the newest first.

    Index: ratings_comments_idx, which holds nothing else, in its order. Cost: a page.
    """
    rated_at, rating = NEWEST_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT id, event_id, host_rating_value, event_rating_value, comment, rated_at FROM ratings
        WHERE host_id = %(host)s AND counts AND comment IS NOT NULL
            AND (rated_at, id) < (%(rated_at)s::timestamptz, %(rating)s::uuid)
        ORDER BY rated_at DESC, id DESC LIMIT %(limit)s
        """,
        host=host_id,
        rated_at=rated_at,
        rating=rating,
        limit=one_more(limit),
    )
    comments = map(Comment._make, rows)
    return page(comments, limit, key=lambda each: (each.rated_at, each.rating_id))


class ReliabilityEntry(NamedTuple):
    """What a host did that guests should be able to rely on not happening."""

    event_id: str
    action_type: str
    occurred_at: datetime


def host_reliability(session: Session, host_id: str) -> list[ReliabilityEntry]:
    """Give what the log says of a host's reliability, the newest first; for internal review.

    Primary key of host_reliability_log. Cost: the events that this host has cancelled.
    """
    rows = fetch(
        session,
        "SELECT event_id, action_type, occurred_at FROM host_reliability_log"
        " WHERE host_id = %(host)s ORDER BY occurred_at DESC, event_id",
        host=host_id,
    )
    return [ReliabilityEntry(*row) for row in rows]
