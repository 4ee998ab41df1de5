"""Takes Stripe's events in: keeps each once, and publishes what it means in the same transaction.

One at a time, under one lock: what an event means may hang on what another has just told, and two
that don't see one another would both wait. Stripe sends a few a second, and each takes a few
milliseconds.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from pydantic_core import to_json
from sqlmodel import Session

from domain.envelope import Envelope
from domain.inbox.containing import contained
from domain.inbox.judgement import Ask, Judgement, held
from domain.inbox.links import is_fee, known, link
from domain.inbox.stripe_events import OBJECTS, StripeEvent
from domain.inbox.stripe_rules import judge
from domain.inbox.subscribing import with_subscription
from domain.outbox import publish_many
from domain.sql import execute, fetch
from domain.tables.inbox import InboxState

# Any number that nobody else takes.
LOCK: Final = 1_400_000_001
# So many in one transaction take less than a second.
PAGE: Final = 100


# What gives an event, or raises if what was kept of it can't be read any more.
Reader = Callable[[], StripeEvent]


class Taken(NamedTuple):
    """What became of an event, and the types of domain events that were published."""

    state: str
    reason: str | None
    types: set[str]
    is_new: bool = True


def take(session: Session, event: StripeEvent) -> Taken:
    """Keep an event and do what follows from it, unless it is known."""
    if event.about is not None:
        take_turns(session)
    if not _keep(session, event):
        return Taken("known", None, set(), is_new=False)
    judged, published = _follow(session, event.id, lambda: event, may_differ=False)
    return Taken(judged.state, judged.reason, {each.type for each in published})


def take_again(session: Session, identity: str, *, may_differ: bool) -> Taken | None:
    """Judge what is waiting or held once more; None if there is none of that id.

    `may_differ` takes an amount that no fee has asked for.
    """
    take_turns(session)
    rows = fetch(
        session,
        "SELECT id, type, said_at, said FROM inbox"
        " WHERE provider = 'stripe' AND id = %(id)s AND state IN ('waiting', 'held')",
        id=identity,
    )
    if not rows:
        return None
    read = partial(_event, rows[0])
    judged, published = _follow(session, identity, read, may_differ=may_differ)
    return Taken(judged.state, judged.reason, {each.type for each in published})


def take_arrived(session: Session, now: datetime) -> int:
    """Judge again what has waited for an event that is there by now; give how many there were."""
    del now
    rows = fetch(
        session,
        """
        WITH waiting AS MATERIALIZED (
            SELECT id, said_at, substr(awaits, length('event:') + 1)::uuid AS event_id FROM inbox
            WHERE provider = 'stripe' AND awaits LIKE 'event:%%'
        )
        SELECT id FROM waiting WHERE EXISTS (SELECT FROM events WHERE events.id = event_id)
        ORDER BY said_at, id LIMIT %(limit)s
        """,
        limit=PAGE,
    )
    for (identity,) in rows:
        take_again(session, identity, may_differ=False)
    return len(rows)


def take_turns(session: Session) -> None:
    """Wait until nobody else takes one that tells something, and keep others waiting."""
    execute(session, "SELECT pg_advisory_xact_lock(%(lock)s)", lock=LOCK)


def _keep(session: Session, event: StripeEvent) -> bool:
    """Keep what an event is judged by; whether it is new."""
    kept = (
        None
        if event.about is None
        else to_json(
            {"object": event.about.model_dump(), "previous_status": event.previous_status}
        ).decode()
    )
    count = execute(
        session,
        "INSERT INTO inbox (provider, id, type, object_id, said_at, said, state) VALUES"
        " ('stripe', %(id)s, %(type)s, %(object)s, %(at)s, %(said)s::jsonb, 'waiting')"
        " ON CONFLICT DO NOTHING",
        id=event.id,
        type=event.type,
        object=getattr(event.about, "id", None),
        at=event.at,
        said=kept,
    )
    return count == 1


def _event(row: Sequence[Any]) -> StripeEvent:
    """Read what was kept of an event."""
    identity, kind, at, said = row
    about = OBJECTS[kind].model_validate_json(to_json(said["object"]))
    return StripeEvent(identity, kind, at, about, said["previous_status"])


def _follow(
    session: Session, identity: str, read: Reader, *, may_differ: bool
) -> tuple[Judgement, list[Envelope]]:
    """Judge an event, then whatever has waited for what it told; publish what follows."""
    outcome: Judgement | None = None
    published: list[Envelope] = []
    todo = {identity: read}
    while todo:
        each = next(iter(todo))
        acts = partial(_act, session, todo.pop(each), may_differ=may_differ and each == identity)
        judged, told = contained(session, acts, otherwise=_broken)
        _write(session, each, judged)
        outcome = outcome or judged
        published += judged.published
        todo |= _waiting_for(session, told)
    assert outcome is not None
    return outcome, published


def _act(session: Session, read: Reader, *, may_differ: bool) -> tuple[Judgement, list[str]]:
    """Judge one event, note and publish what it tells; give the names that are news."""
    event = read()

    def was_asked(gathering: str, amount: int) -> bool | None:
        return may_differ or is_fee(session, gathering, amount)

    judged = judge(event, Ask(lambda name: known(session, name), was_asked))
    if judged.subscriber is not None:
        judged = with_subscription(session, event, judged, user_id=judged.subscriber)
    told = link(session, judged.links) if judged.links else []
    publish_many(session, judged.published)
    return judged, told


def _broken(code: str) -> tuple[Judgement, list[str]]:
    return held(code), []


def _write(session: Session, identity: str, judged: Judgement) -> None:
    """Write what became of an event."""
    is_settled = judged.state in (InboxState.DONE, InboxState.IGNORED)
    execute(
        session,
        "UPDATE inbox SET state = %(state)s, reason = %(reason)s, awaits = %(awaits)s,"
        " settled_at = CASE WHEN %(settled)s THEN now() END"
        " WHERE provider = 'stripe' AND id = %(id)s",
        state=judged.state,
        reason=judged.reason,
        awaits=judged.awaits,
        settled=is_settled,
        id=identity,
    )


def _waiting_for(session: Session, names: Sequence[str]) -> dict[str, Reader]:
    """Give by its id what has waited for one of these names, in Stripe's order."""
    if not names:
        return {}
    rows = fetch(
        session,
        "SELECT id, type, said_at, said FROM inbox WHERE provider = 'stripe'"
        " AND awaits = ANY(%(names)s) ORDER BY said_at, id",
        names=names,
    )
    return {row[0]: partial(_event, row) for row in rows}
