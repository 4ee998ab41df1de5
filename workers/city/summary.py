"""What became of a history, in a few figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from domain.envelope import Envelope
from domain.gatherings.payloads import EventPublished
from domain.sql import fetch
from domain.users.payloads import UserRegistered
from workers.city.looks import DELIVERIES_OF_THESE

# An average of fewer ratings says little.
RATINGS_AT_LEAST: Final = 3
WORDS: Final = {
    "completed": "held",
    "published": "still open",
    "cancelled": "cancelled",
    "cancelled_by_host": "cancelled by the host",
}


@dataclass(frozen=True, slots=True)
class Told:
    """The ids in a history, by which its traces are found in the tables."""

    people: list[str]
    gatherings: list[str]
    sources: list[str]
    ids: list[str]

    @classmethod
    def of(cls, told: Sequence[Envelope]) -> "Told":
        """Collect the ids of a history."""
        return cls(
            people=[said.subject for said in told if said.type == UserRegistered.TYPE],
            gatherings=[said.subject for said in told if said.type == EventPublished.TYPE],
            sources=[said.source for said in told],
            ids=[said.id for said in told],
        )


def summarise(session: Session, told: Told) -> Iterator[tuple[str, str]]:
    """Give (what, how much) of everything that changed."""
    yield "people", _one(session, _PEOPLE, told)
    yield "gatherings", _counts(session, _GATHERINGS, told, words=WORDS)
    yield "seats", _one(session, _SEATS, told)
    yield "payments", _counts(session, _PAYMENTS, told)
    yield "attendance", _counts(session, _ATTENDANCE, told)
    yield "kudos", _one(session, _KUDOS, told)
    yield "ratings", _one(session, _RATINGS, told)
    yield "best host", _one(session, _BEST_HOST, told) or "nobody has enough ratings yet"
    yield "connections", _one(session, _CONNECTIONS, told)
    yield "deliveries", _counts(session, _DELIVERIES, told)


_PEOPLE = """
SELECT count(users.id) || ' registered, ' || count(*) - count(users.id) || ' turned away'
FROM (SELECT DISTINCT unnest(%(people)s::uuid[]) AS id) AS said LEFT JOIN users USING (id)
"""
_GATHERINGS = """
SELECT status, count(*) FROM events WHERE id = ANY(%(gatherings)s) GROUP BY status ORDER BY 2 DESC
"""
_SEATS = """
SELECT count(*) FILTER (WHERE decided.granted) || ' taken, '
    || count(*) FILTER (WHERE NOT decided.granted) || ' payments turned down'
FROM seat_decisions AS decided JOIN invitations AS invited ON invited.id = decided.invitation_id
WHERE invited.event_id = ANY(%(gatherings)s)
"""
_PAYMENTS = """
SELECT status, count(*) FROM payments WHERE event_id = ANY(%(gatherings)s)
GROUP BY status ORDER BY 2 DESC
"""
_ATTENDANCE = """
SELECT status, count(*) FROM attendance WHERE event_id = ANY(%(gatherings)s)
GROUP BY status ORDER BY 2 DESC
"""
_KUDOS = """
SELECT count(*) FILTER (WHERE counts) || ' count, ' || count(*) FILTER (WHERE NOT counts)
    || ' do not'
FROM attendee_kudos WHERE event_id = ANY(%(gatherings)s)
"""
_RATINGS = """
SELECT count(*) FILTER (WHERE counts) || ' count, ' || count(*) FILTER (WHERE NOT counts)
    || ' do not'
FROM ratings WHERE event_id = ANY(%(gatherings)s)
"""
_BEST_HOST = f"""
SELECT coalesce(social.preferred_name, social.first_name, 'somebody') || ', '
    || round(host.average_rating::numeric, 2) || ' stars from ' || host.rating_count || ' ratings'
FROM host_profiles AS host LEFT JOIN social_profiles AS social USING (user_id)
WHERE host.user_id = ANY(%(people)s) AND host.rating_count >= {RATINGS_AT_LEAST}
ORDER BY host.average_rating DESC, host.rating_count DESC, host.user_id LIMIT 1
"""
_CONNECTIONS = """
SELECT count(*) || ' made, ' || count(DISTINCT owner_id) || ' people remember somebody'
FROM connections WHERE event_id = ANY(%(gatherings)s)
"""
_DELIVERIES = f"SELECT state, count(*) {DELIVERIES_OF_THESE} GROUP BY state ORDER BY 2 DESC"


def _one(session: Session, statement: str, told: Told) -> str:
    rows = fetch(session, statement, **_parameters(told))
    return str(rows[0][0]) if rows else ""


def _counts(
    session: Session, statement: str, told: Told, *, words: Mapping[str, str] | None = None
) -> str:
    """Write counted words as people say them: 41 held, 7 cancelled."""
    known = words or {}
    rows = fetch(session, statement, **_parameters(told))
    said = [f"{count:,} {known.get(word, word.replace('_', ' '))}" for word, count in rows]
    return ", ".join(said) or "none"


def _parameters(told: Told) -> dict[str, Any]:
    return {
        "people": told.people,
        "gatherings": told.gatherings,
        "sources": told.sources,
        "ids": told.ids,
    }
