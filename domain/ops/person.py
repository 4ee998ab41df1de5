"""Everything about one person that isn't personal: states, scores, plans, and how to reach them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from domain.notifications.log import Logged
from domain.ops.audit import Entry, audit_of_thing
from domain.ops.filters import DeliveryFilter, Listed
from domain.ops.listing import list_deliveries
from domain.ops.tellings import TellingFilter, list_tellings
from domain.sql import fetch, fetch_dicts
from domain.tables.notifications import Category

# Of each kind so many are shown, the newest first; each has a page of its own with the rest.
SHOWN: Final = 20
# Beyond this it doesn't matter how many there are.
COUNTED: Final = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands."""

    id: str
    status: str
    active_role: str
    timezone: str
    is_verified: bool
    is_online: bool
    user_number: int
    subscription_status: str
    subscription_ends: datetime | None
    last_active_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Scores:
    """What is derived from how somebody was met; None where nothing says anything yet."""

    absentee_rating: float | None
    contribution_score: float
    kudos_count: int
    kudos_givers: int
    is_widely_thanked: bool
    outcomes_present: int
    aggregated_kudos: dict[str, int]


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, what came of it, and of which gathering."""

    event_id: str
    title: str
    event_status: str
    starts_at: datetime | None
    status: str
    payment: str | None
    attendance: str | None


@dataclass(frozen=True, slots=True)
class Hosted:
    """A gathering that somebody hosts."""

    event_id: str
    title: str
    status: str
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that pushes go to, or went to."""

    id: str
    platform: str
    disabled_at: datetime | None
    disabled_reason: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """All of it, as it stood at one moment. `switched_off`: what they don't want to be told."""

    standing: Standing
    scores: Scores | None
    invited: list[Invited]
    hosted: list[Hosted]
    phones: list[Phone]
    switched_off: list[str]
    reports_about: int
    reports_by: int
    tellings: list[Logged]
    deliveries: list[Listed]
    audit: list[Entry]


def thing_of(person_id: str) -> str:
    """What the audit log calls somebody."""
    return f"person:{person_id}"


def find_person(session: Session, person_id: str) -> Person | None:
    """Give all that is known of somebody but what is personal; None if there is nobody.

    By primary keys, and by the indexes that begin with a person: it costs what is theirs.
    """
    standing = _rows(session, Standing, of=person_id, statement=_STANDING)
    if not standing:
        return None
    scores = _rows(session, Scores, of=person_id, statement=_SCORES)
    about, by = (_count_reports(session, column, person_id) for column in ("reported", "reporter"))
    return Person(
        standing=standing[0],
        scores=scores[0] if scores else None,
        invited=_rows(session, Invited, of=person_id, statement=_INVITED),
        hosted=_rows(session, Hosted, of=person_id, statement=_HOSTED),
        phones=_rows(session, Phone, of=person_id, statement=_PHONES),
        switched_off=_switched_off(session, person_id),
        reports_about=about,
        reports_by=by,
        tellings=list_tellings(session, TellingFilter(user=UUID(person_id)), limit=SHOWN).rows,
        deliveries=list_deliveries(session, DeliveryFilter(subject=person_id), limit=SHOWN).rows,
        audit=audit_of_thing(session, thing_of(person_id)),
    )


_STANDING: Final = """
SELECT id, status, active_role, timezone, is_verified, is_online, user_number, subscription_status,
    subscription_ends, last_active_at, deleted_at, created_at
FROM users WHERE id = %(id)s
"""
_SCORES: Final = """
SELECT absentee_rating, contribution_score, kudos_count, kudos_givers, is_widely_thanked,
    outcomes_present, aggregated_kudos
FROM user_internal_metrics WHERE user_id = %(id)s
"""
_INVITED: Final = """
SELECT invited.event_id, event.title, event.status AS event_status, event.starts_at,
    invited.status, paid.status AS payment, seat.status AS attendance
FROM (
    SELECT * FROM invitations WHERE user_id = %(id)s ORDER BY created_at DESC, id DESC
    LIMIT %(limit)s
) AS invited
JOIN events AS event ON event.id = invited.event_id
LEFT JOIN attendance AS seat ON seat.id = invited.id
LEFT JOIN LATERAL (
    SELECT status FROM payments WHERE invitation_id = invited.id ORDER BY created_at DESC LIMIT 1
) AS paid ON true
ORDER BY invited.created_at DESC, invited.id DESC
"""
_HOSTED: Final = """
SELECT id AS event_id, title, status, starts_at FROM events WHERE host_id = %(id)s
ORDER BY starts_at DESC, id DESC LIMIT %(limit)s
"""
_PHONES: Final = """
SELECT id, platform, disabled_at, disabled_reason FROM push_notification_tokens
WHERE user_id = %(id)s ORDER BY created_at DESC, id LIMIT %(limit)s
"""


def _rows(session: Session, kind: type[Any], *, of: str, statement: str) -> list[Any]:
    return [kind(**row) for row in fetch_dicts(session, statement, id=of, limit=SHOWN)]


def _switched_off(session: Session, person_id: str) -> list[str]:
    columns = ", ".join(Category)
    rows = fetch_dicts(
        session,
        f"SELECT {columns} FROM user_notification_settings WHERE user_id = %(id)s",
        id=person_id,
    )
    return [name for row in rows for name, is_on in row.items() if not is_on]


def _count_reports(session: Session, column: str, person_id: str) -> int:
    ((count,),) = fetch(
        session,
        f"SELECT count(*) FROM (SELECT FROM reports WHERE {column}_id = %(id)s"
        " LIMIT %(most)s + 1) AS few",
        id=person_id,
        most=COUNTED,
    )
    number: int = count
    return number
