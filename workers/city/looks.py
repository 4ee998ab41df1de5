"""Which domain events of a history are worth a closer look, and why."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlmodel import Session

from domain.envelope import Envelope
from domain.gatherings.payloads import EventPublished
from domain.kudos.payloads import KudosGiven
from domain.payments.payloads import PaymentSucceeded
from domain.sql import fetch

# The deliveries of domain events given by source and id.
DELIVERIES_OF_THESE: Final = """
FROM unnest(%(sources)s::text[], %(ids)s::text[]) AS these (source, id)
JOIN domain_event_keys AS said USING (source, id)
JOIN deliveries AS delivery USING (seq)
"""


class Look(NamedTuple):
    """A domain event to trace, and what there is to see."""

    id: str
    why: str


def closer_looks(session: Session, told: Sequence[Envelope]) -> list[Look]:
    """Choose a payment that took a seat, something that was refused, and kudos that count."""
    looks = [
        _payment_that_took_a_seat(session, told),
        _turned_down(session, told),
        _kudos_that_count(session, told),
    ]
    return [look for look in looks if look is not None]


def worth_matching(session: Session, told: Sequence[Envelope]) -> str | None:
    """Choose a gathering that is still to come, for which somebody could be proposed."""
    rows = fetch(
        session,
        "SELECT id FROM events WHERE id = ANY(%(ids)s) AND status = 'published'"
        " AND starts_at > now() ORDER BY starts_at DESC LIMIT 1",
        ids=_subjects(told, EventPublished.TYPE),
    )
    return next((event for (event,) in rows), None)


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
        {DELIVERIES_OF_THESE} WHERE delivery.reason = 'event_full' OR delivery.state = 'rejected'
        ORDER BY delivery.reason = 'event_full' DESC, seq DESC LIMIT 1
        """,
        sources=[said.source for said in told],
        ids=[said.id for said in told],
    )
    return next((Look(id_, f"turned down: {reason}") for id_, reason in rows), None)


def _kudos_that_count(session: Session, told: Sequence[Envelope]) -> Look | None:
    given = {said.id: said for said in told if said.type == KudosGiven.TYPE}
    rows = fetch(
        session,
        f"SELECT said.id {DELIVERIES_OF_THESE} JOIN domain_events AS recorded USING (seq)"
        " JOIN attendee_kudos AS kept ON kept.id = (recorded.data->>'kudos_id')::uuid"
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
