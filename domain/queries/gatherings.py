"""An event itself: all of it, its board and its gallery."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.constants import PAGE_LENGTH
from domain.queries.page import NEWEST_FIRST, Page, one_more, page
from domain.sql import fetch, fetch_dicts


class Stop(NamedTuple):
    """A stop of an event, with its place."""

    order: int
    title: str
    description: str
    start_time: datetime
    end_time: datetime
    location_id: str
    location_name: str
    address: str | None
    latitude: float
    longitude: float


class Collaborator(NamedTuple):
    """Somebody who helps with an event; how to reach them is for the host alone."""

    role: str
    user_id: str | None
    first_name: str | None


class EventDetails(NamedTuple):
    """An event with its itinerary and whoever makes it happen; the fee is in cents."""

    event_id: str
    host_id: str
    host_name: str | None
    title: str
    description: str
    status: str
    starts_at: datetime | None
    ends_at: datetime | None
    min_attendees: int
    max_attendees: int
    seats_taken: int
    age_min: int | None
    age_max: int | None
    arrival_signpost: str | None
    confirmation_fee: int
    estimated_event_cost: dict[str, Any] | None
    itinerary: Sequence[Stop]
    collaborators: Sequence[Collaborator]


def event_details(session: Session, event_id: str) -> EventDetails | None:
    """Give an event in full; None if there is none.

    Primary key, then the unique keys of stops and attendance, which begin with the event. Cost:
    what belongs to the event itself, and that is bounded by its seats.
    """
    rows = fetch_dicts(session, _EVENT_DETAILS, event=event_id)
    if not rows:
        return None
    (row,) = rows
    itinerary = [
        Stop(
            *(order, title, description),
            *(datetime.fromisoformat(starts), datetime.fromisoformat(ends)),
            *place,
        )
        for order, title, description, starts, ends, *place in row.pop("itinerary")
    ]
    collaborators = [Collaborator(*helper) for helper in row.pop("collaborators")]
    return EventDetails(**row, itinerary=itinerary, collaborators=collaborators)


_EVENT_DETAILS: Final = """
SELECT events.id AS event_id, events.host_id, host.host_name, events.title, events.description,
    events.status, events.starts_at, events.ends_at, events.min_attendees, events.max_attendees,
    (SELECT count(*) FROM attendance AS seat WHERE seat.event_id = events.id) AS seats_taken,
    events.age_min, events.age_max, events.arrival_signpost, events.confirmation_fee,
    events.estimated_event_cost,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(stop."order", stop.title, stop.description,
            stop.start_time, stop.end_time, place.id, place.name, place.address, place.latitude,
            place.longitude) ORDER BY stop."order"), '[]')
     FROM event_itinerary_stops AS stop JOIN locations AS place ON place.id = stop.location_id
     WHERE stop.event_id = events.id) AS itinerary,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(helper.role, helper.user_id, helper.first_name)
            ORDER BY helper.id), '[]')
     FROM event_collaborators AS helper WHERE helper.event_id = events.id) AS collaborators
FROM events LEFT JOIN host_profiles AS host ON host.user_id = events.host_id
WHERE events.id = %(event)s
"""


class EventPost(NamedTuple):
    """What the host or a guest wrote on an event's board."""

    post_id: str
    user_id: str
    is_by_host: bool
    content: str
    posted_at: datetime


def event_posts(
    session: Session,
    event_id: str,
    *,
    reader_id: str,
    after: str | None = None,
    limit: int = PAGE_LENGTH,
) -> Page[EventPost]:
    """Give an event's board as its host or somebody with a seat may read it, the newest first.

    Nobody else sees anything; nor does anybody see what no worker has accepted yet. Index:
    event_posts_event_id_stamp_time_id_idx, in its order. Cost: a page.
    """
    posted_at, post = NEWEST_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT post.id, post.user_id, post.user_id = events.host_id, post.content, post.stamp_time
        FROM events JOIN event_posts AS post ON post.event_id = events.id
        WHERE events.id = %(event)s
            AND (events.host_id = %(reader)s OR EXISTS (
                SELECT FROM attendance AS seat
                WHERE seat.event_id = %(event)s AND seat.user_id = %(reader)s))
            AND (post.stamp_time, post.id) < (%(posted_at)s::timestamptz, %(post)s::uuid)
        ORDER BY post.stamp_time DESC, post.id DESC LIMIT %(limit)s
        """,
        event=event_id,
        reader=reader_id,
        posted_at=posted_at,
        post=post,
        limit=one_more(limit),
    )
    posts = map(EventPost._make, rows)
    return page(posts, limit, key=lambda each: (each.posted_at, each.post_id))


class EventPicture(NamedTuple):
    """A photo in an event's gallery."""

    photo_id: str
    uploader_id: str
    image_url: str
    uploaded_at: datetime


def event_gallery(
    session: Session,
    event_id: str,
    *,
    reader_id: str,
    after: str | None = None,
    limit: int = PAGE_LENGTH,
) -> Page[EventPicture]:
    """Give the visible photos of an event to its host or somebody who came, the newest first.

    Nobody else sees anything. Index: event_photos_event_id_stamp_time_id_idx, in its order. Cost:
    a page, and what was hidden in between.
    """
    uploaded_at, photo = NEWEST_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT photo.id, photo.uploader_id, photo.image_url, photo.stamp_time
        FROM events JOIN event_photos AS photo ON photo.event_id = events.id
        WHERE events.id = %(event)s AND photo.status = 'visible'
            AND (events.host_id = %(reader)s OR EXISTS (
                SELECT FROM attendance AS seat
                WHERE seat.event_id = %(event)s AND seat.user_id = %(reader)s
                    AND seat.status IN ('attended', 'late')))
            AND (photo.stamp_time, photo.id) < (%(uploaded_at)s::timestamptz, %(photo)s::uuid)
        ORDER BY photo.stamp_time DESC, photo.id DESC LIMIT %(limit)s
        """,
        event=event_id,
        reader=reader_id,
        uploaded_at=uploaded_at,
        photo=photo,
        limit=one_more(limit),
    )
    pictures = map(EventPicture._make, rows)
    return page(pictures, limit, key=lambda each: (each.uploaded_at, each.photo_id))
