"""What became of a history: a few figures, and domain events that are worth a closer look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.envelope import Envelope
from domain.gatherings.payloads import EventPublished
from domain.kudos.payloads import KudosGiven
from domain.payments.payloads import PaymentSucceeded
from domain.sql import fetch
from domain.users.payloads import UserRegistered

# An average of fewer ratings says little.
RATINGS_AT_LEAST: Final = 3
WORDS: Final = {
    "completed": "held",
    "published": "still open",
    "cancelled": "cancelled",
    "cancelled_by_host": "cancelled by the host",
}


class Look(NamedTuple):
    """A domain event to trace, and what there is to see."""

    id: str
    why: str


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
_OURS = """
FROM unnest(%(sources)s::text[], %(ids)s::text[]) AS ours (source, id)
JOIN domain_event_keys AS said USING (source, id)
JOIN deliveries AS delivery USING (seq)
"""
_DELIVERIES = f"SELECT state, count(*) {_OURS} GROUP BY state ORDER BY 2 DESC"


def closer_looks(session: Session, told: Sequence[Envelope]) -> list[Look]:
    """Choose a payment that took a seat, something that was refused, and kudos that count."""
    looks = [
        _payment_that_took_a_seat(session, told),
        _turned_down(session, told),
        _kudos_that_count(session, told),
    ]
    return [look for look in looks if look is not None]


def _payment_that_took_a_seat(session: Session, told: Sequence[Envelope]) -> Look | None:
    rows = fetch(
        session,
        "SELECT payment_id FROM seat_decisions"
        " WHERE payment_id = ANY(%(ids)s) AND granted AND refund_reason IS NULL",
        ids=_subjects(told, PaymentSucceeded.TYPE),
    )
    return _last(
        told, PaymentSucceeded.TYPE, {payment: "a payment that took a seat" for (payment,) in rows}
    )


def _turned_down(session: Session, told: Sequence[Envelope]) -> Look | None:
    """Prefer a payment that came when all seats were taken to what was rejected."""
    rows = fetch(
        session,
        f"""
        SELECT said.id, coalesce(nullif(delivery.reason, 'event_full'), 'all seats were taken')
        {_OURS} WHERE delivery.reason = 'event_full' OR delivery.state = 'rejected'
        ORDER BY delivery.reason = 'event_full' DESC, seq DESC LIMIT 1
        """,
        **_parameters(Told.of(told)),
    )
    return next((Look(id_, f"turned down: {reason}") for id_, reason in rows), None)


def _kudos_that_count(session: Session, told: Sequence[Envelope]) -> Look | None:
    given = {said.id: said for said in told if said.type == KudosGiven.TYPE}
    rows = fetch(
        session,
        f"SELECT said.id {_OURS} JOIN domain_events AS event USING (seq)"
        " JOIN attendee_kudos AS kept ON kept.id = (event.data->>'kudos_id')::uuid"
        " WHERE kept.counts ORDER BY said.seq DESC LIMIT 1",
        sources=[said.source for said in given.values()],
        ids=list(given),
    )
    return next((Look(id_, "kudos that count") for (id_,) in rows), None)


def _subjects(told: Sequence[Envelope], type_: str) -> list[str]:
    return [said.subject for said in told if said.type == type_]


def _last(told: Sequence[Envelope], type_: str, whys: Mapping[str, str]) -> Look | None:
    """Take the newest domain event of a type about one of these subjects."""
    return next(
        (
            Look(said.id, whys[said.subject])
            for said in reversed(told)
            if said.type == type_ and said.subject in whys
        ),
        None,
    )


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
