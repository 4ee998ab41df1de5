"""Whom somebody has met, and what is between them."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import PAGE_LENGTH
from domain.queries.page import BY_ID, NEWEST_PAIRS_FIRST, Page, one_more, page
from domain.sql import fetch


class Memory(NamedTuple):
    """Somebody met at an event, as they were then, and what the owner keeps of them."""

    connected_user_id: str
    event_id: str
    event_title: str
    name: str | None
    face_card_url: str | None
    was_photo_authentic: bool
    is_favorite: bool
    wants_to_connect_again: bool
    does_not_want_to_connect_again: bool
    private_notes: str | None
    made_at: datetime


def memory_book(
    session: Session, owner_id: str, *, after: str | None = None, limit: int = PAGE_LENGTH
) -> Page[Memory]:
    """Give somebody's own Memory Book, the newest memories first; nobody else may read it.

    Index: connections_memory_book_idx, in its order: memories are made when an event is completed.
    Cost: a page.
    """
    made_at, other, event = NEWEST_PAIRS_FIRST.after(after)
    rows = fetch(
        session,
        """
        SELECT met.connected_user_id, met.event_id, events.title, met.snapshot_name,
            met.snapshot_face_card_url, met.was_photo_authentic, met.is_favorite,
            met.wants_to_connect_again, met.does_not_want_to_connect_again, met.private_notes,
            met.created_at
        FROM connections AS met JOIN events ON events.id = met.event_id
        WHERE met.owner_id = %(owner)s
            AND (met.created_at, met.connected_user_id, met.event_id)
            < (%(made_at)s::timestamptz, %(other)s::uuid, %(event)s::uuid)
        ORDER BY met.created_at DESC, met.connected_user_id DESC, met.event_id DESC
        LIMIT %(limit)s
        """,
        owner=owner_id,
        made_at=made_at,
        other=other,
        event=event,
        limit=one_more(limit),
    )
    memories = map(Memory._make, rows)
    return page(
        memories, limit, key=lambda each: (each.made_at, each.connected_user_id, each.event_id)
    )


class SharedLink(NamedTuple):
    """A link that somebody let somebody else see, as it was then."""

    platform: str
    url: str


def links_shared_with(session: Session, receiver_id: str, *, sharer_id: str) -> list[SharedLink]:
    """Give the links that one person has let another see, by platform.

    Primary key of social_connections. Cost: one row a platform.
    """
    rows = fetch(
        session,
        "SELECT platform, shared_url FROM social_connections"
        " WHERE sharer_id = %(sharer)s AND receiver_id = %(receiver)s ORDER BY platform",
        sharer=sharer_id,
        receiver=receiver_id,
    )
    return [SharedLink(*row) for row in rows]


class OpenDuo(NamedTuple):
    """A duo that waits for an answer (pending) or for its event (active)."""

    duo_id: str
    status: str
    role: str
    partner_id: str
    expires_at: datetime | None


def open_duo(session: Session, user_id: str, *, now: datetime) -> OpenDuo | None:
    """Give the duo that somebody is in, if they are in one: nobody is in two.

    One that has reached its end is over, whether or not its status says so yet.

    Index: duo_participants_user_id_idx, then primary keys. Cost: the duos somebody ever was in, of
    which each lasted until an event or a week.
    """
    rows = fetch(
        session,
        """
        SELECT open.id, open.status, mine.role, partner.user_id, open.expires_at
        FROM duo_participants AS mine
        CROSS JOIN LATERAL (
            -- OFFSET keeps this a probe for each of theirs: all that are open are many more.
            SELECT * FROM duos WHERE duos.id = mine.duo_id
                AND duos.status IN ('pending', 'active') AND duos.open_until > %(now)s
            OFFSET 0
        ) AS open
        JOIN duo_participants AS partner
            ON partner.duo_id = open.id AND partner.user_id <> mine.user_id
        WHERE mine.user_id = %(user)s ORDER BY open.created_at DESC LIMIT 1
        """,
        user=user_id,
        now=now,
    )
    return OpenDuo(*rows[0]) if rows else None


def liked_profiles(
    session: Session, liker_id: str, *, after: str | None = None, limit: int = PAGE_LENGTH
) -> Page[str]:
    """Give the ids of those whose profiles somebody likes, in no order that means anything.

    Primary key of profile_likes, in its order. Cost: a page.
    """
    (liked,) = BY_ID.after(after)
    rows = fetch(
        session,
        "SELECT liked_id FROM profile_likes WHERE liker_id = %(liker)s AND liked_id > %(liked)s"
        " ORDER BY liked_id LIMIT %(limit)s",
        liker=liker_id,
        liked=liked,
        limit=one_more(limit),
    )
    return page((identity for (identity,) in rows), limit, key=lambda each: (each,))
