"""The only way in: publish within the caller's transaction, and ids derived from a cause."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic_core import to_json
from sqlmodel import Session

from domain.constants import CLOCK_TOLERANCE
from domain.envelope import AHEAD, Envelope, enclose, refuse_unfit
from domain.faults import Fault, InvalidEnvelopeError
from domain.payload import Payload
from domain.sealing import seal
from domain.sql import array, execute, fetch, texts

_DERIVED = uuid5(NAMESPACE_URL, "https://momento.app/domain-events")

# One statement: number in the order given, key, keep, and line up for the relay. Keys are inserted
# in their own order, so that two publishers of the same domain events wait for one another instead
# of deadlocking.
_PUBLISH = """
WITH said AS MATERIALIZED (
    SELECT nextval('domain_events_seq') AS seq, statement_timestamp() AS received_at, listed.*
    FROM (
        SELECT * FROM unnest(
            %(sources)s::text[], %(ids)s::text[], %(types)s::text[], %(subjects)s::text[],
            %(times)s::timestamptz[], %(data)s::text[], %(traceparents)s::text[],
            %(tracestates)s::text[], %(actors)s::text[], %(causes)s::bigint[],
            %(attributes)s::text[]
        ) WITH ORDINALITY AS one (
            source, id, type, subject, time, data, traceparent, tracestate, actor, cause,
            attributes, place
        )
        ORDER BY place
    ) AS listed
), keyed AS (
    INSERT INTO domain_event_keys (source, id, seq, received_at)
    SELECT source, id, seq, received_at FROM said ORDER BY source COLLATE "C", id COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING seq
), lined_up AS (
    INSERT INTO outbox (seq, received_at, type)
    SELECT seq, received_at, type FROM said JOIN keyed USING (seq)
)
INSERT INTO domain_events (
    seq, received_at, source, id, type, subject, time, data, traceparent, tracestate, actor, cause,
    attributes
)
SELECT seq, received_at, source, id, type, subject, time, data::jsonb, traceparent, tracestate,
    actor, cause, attributes::jsonb
FROM said JOIN keyed USING (seq)
"""


def derived_id(*parts: str) -> str:
    """Give the id (UUIDv5) of what follows from a cause: the same parts give the same id."""
    return str(uuid5(_DERIVED, "\x1f".join(parts)))


def publish(
    session: Session, payload: Payload, *, source: str, time: datetime, id: str, **others: Any
) -> bool:
    """Say that something happened, in the caller's own transaction.

    It exists exactly if that transaction commits. `time` is when it happened and needs an offset;
    (`source`, `id`) identifies it for ever. `others` may be `actor`, `traceparent` and
    `tracestate`. Gives False when the pair was published before: the earlier one stands. Raises
    InvalidEnvelopeError, a ValueError, for what can't be published; the transaction goes on.
    """
    envelope = enclose(payload, source=source, time=time, id=id, **others)
    refuse_unfit(envelope)
    # By the database's clock, which is the same for all who publish.
    ((now,),) = fetch(session, "SELECT clock_timestamp()")
    if envelope.time > now + CLOCK_TOLERANCE:
        raise InvalidEnvelopeError([Fault("time", AHEAD)])
    return publish_many(session, [envelope]) == 1


def publish_many(session: Session, envelopes: Sequence[Envelope]) -> int:
    """Publish a batch with one statement, numbered in its order, and give how many were new.

    What is personal in it is sealed: see domain/sealing.py.
    """
    unique: dict[tuple[str, str], Envelope] = {}
    for envelope in envelopes:
        unique.setdefault((envelope.source, envelope.id), envelope)
    if not unique:
        return 0
    return execute(session, _PUBLISH, **_columns(seal(session, list(unique.values()))))


def _columns(envelopes: Iterable[Envelope]) -> dict[str, str]:
    """Turn envelopes into one array a column, written here: it takes a tenth of psycopg's time."""
    listed = list(envelopes)
    if any(envelope.time.tzinfo is None for envelope in listed):
        message = "time needs an offset: use an aware datetime, e.g. datetime.now(UTC)"
        raise ValueError(message)
    return {
        "sources": texts(envelope.source for envelope in listed),
        "ids": texts(envelope.id for envelope in listed),
        "types": texts(envelope.type for envelope in listed),
        "subjects": texts(envelope.subject for envelope in listed),
        "times": array(envelope.time.astimezone(UTC).isoformat() for envelope in listed),
        "data": texts(envelope.data for envelope in listed),
        "traceparents": texts(envelope.traceparent for envelope in listed),
        "tracestates": texts(envelope.tracestate for envelope in listed),
        "actors": texts(envelope.actor for envelope in listed),
        "causes": array(
            "NULL" if envelope.cause is None else str(envelope.cause) for envelope in listed
        ),
        "attributes": texts(
            None if envelope.attributes is None else to_json(envelope.attributes).decode()
            for envelope in listed
        ),
    }
