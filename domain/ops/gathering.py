"""Everything about one gathering: how it stands, who was asked, and what each was told of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session

from domain.ops.filters import DeliveryFilter, Listed
from domain.ops.listing import list_deliveries
from domain.sql import fetch, fetch_dicts

# Guests on a page, and deliveries of what was said of the gathering itself.
GUESTS: Final = 50
SHOWN: Final = 20
# Of one page's guests no more is shown of what they were told.
TELLINGS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Gathering:
    """How it stands. Ratings are sums, so that nothing is lost by rounding."""

    id: str
    host_id: str
    title: str
    status: str
    starts_at: datetime | None
    ends_at: datetime | None
    min_attendees: int
    max_attendees: int
    confirmation_fee: int
    completed_at: datetime | None
    finalized_at: datetime | None
    cancelled_at: datetime | None
    rating_count: int
    host_rating_sum: int
    event_rating_sum: int


@dataclass(frozen=True, slots=True)
class ToldOf:
    """What a guest was told of this gathering, or wasn't, and why."""

    id: str
    template: str
    channel: str
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who was asked, what they said, paid and did, and what they were told."""

    user_id: str
    invitation_id: str
    status: str
    payment: str | None
    attendance: str | None
    expires_at: datetime | None
    told: list[ToldOf] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Whole:
    """All of it at one moment; `after` is where the next page of guests begins."""

    gathering: Gathering
    counts: dict[str, int]
    guests: list[Guest]
    after: str | None
    deliveries: list[Listed]


def find_gathering(
    session: Session, event_id: UUID, *, person: UUID | None = None, after: UUID | None = None
) -> Whole | None:
    """Give a gathering with a page of its guests, or one of them; None if there is none.

    By primary keys, the key of invitations that begins with the gathering, and that of
    notifications that begins with a person: it costs who was asked, and what a page of them was
    told in 90 days.
    """
    rows = fetch_dicts(session, _GATHERING, id=event_id)
    if not rows:
        return None
    listed = fetch_dicts(
        session, _GUESTS, id=event_id, person=person, after=after, limit=GUESTS + 1
    )
    guests = [Guest(**row) for row in listed[:GUESTS]]
    _add_told(session, event_id, guests)
    counts = fetch(session, _COUNTS, id=event_id)
    wanted = DeliveryFilter(subject=str(event_id))
    return Whole(
        Gathering(**rows[0]),
        dict(counts),
        guests,
        guests[-1].user_id if len(listed) > GUESTS else None,
        list_deliveries(session, wanted, limit=SHOWN).rows,
    )


_GATHERING: Final = """
SELECT id, host_id, title, status, starts_at, ends_at, min_attendees, max_attendees,
    confirmation_fee, completed_at, finalized_at, cancelled_at, rating_count, host_rating_sum,
    event_rating_sum
FROM events WHERE id = %(id)s
"""
_COUNTS: Final = """
SELECT status, count(*) FROM invitations WHERE event_id = %(id)s GROUP BY status ORDER BY status
"""
_GUESTS: Final = """
SELECT invited.user_id, invited.id AS invitation_id, invited.status, paid.status AS payment,
    seat.status AS attendance, invited.expires_at
FROM (
    SELECT * FROM invitations WHERE event_id = %(id)s
        AND (%(person)s::uuid IS NULL OR user_id = %(person)s)
        AND (%(after)s::uuid IS NULL OR user_id > %(after)s)
    ORDER BY user_id LIMIT %(limit)s
) AS invited
LEFT JOIN attendance AS seat ON seat.id = invited.id
LEFT JOIN LATERAL (
    SELECT status FROM payments WHERE invitation_id = invited.id ORDER BY created_at DESC LIMIT 1
) AS paid ON true
ORDER BY invited.user_id
"""
# One guest at a time by their key: else everybody's might be read in search of the gathering's.
_TOLD: Final = """
SELECT guest.id::text AS user_id, told.id, told.template, told.channel, told.status, told.reason
FROM unnest(%(people)s::uuid[]) AS guest (id) CROSS JOIN LATERAL (
    SELECT * FROM notifications AS row
    WHERE row.user_id = guest.id AND row.params->>'event_id' = %(id)s::text
    ORDER BY row.created_at, row.id OFFSET 0
) AS told
LIMIT %(limit)s
"""


def _add_told(session: Session, event_id: UUID, guests: Iterable[Guest]) -> None:
    by_person = {guest.user_id: guest for guest in guests}
    rows = fetch_dicts(session, _TOLD, people=list(by_person), id=event_id, limit=TELLINGS)
    for row in rows:
        by_person[row.pop("user_id")].told.append(ToldOf(**row))
