"""Takes Stripe's events in: keeps each once, and publishes what it means in the same transaction.

One at a time, under one lock: what an event means may hang on what another has just told, and two
that don't see one another would both wait. Stripe sends a few a second, and each takes a few
milliseconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from pydantic_core import to_json
from sqlmodel import Session

from domain.envelope import STRIPE_SOURCE, Envelope, enclose
from domain.inbox.stripe_events import OBJECTS, StripeEvent
from domain.inbox.stripe_rules import NOBODY, Ask, Judgement, Known, judge
from domain.inbox.subscriptions import Said, Standing, said_by, settle_subscriptions
from domain.outbox import derived_id, publish_many
from domain.sql import execute, fetch
from domain.tables.inbox import InboxState

# Any number that nobody else takes.
LOCK: Final = 1_400_000_001
# So many in one transaction take less than a second.
PAGE: Final = 100


class Taken(NamedTuple):
    """What became of an event, and the types of domain events that were published."""

    state: str
    reason: str | None
    types: set[str]
    is_new: bool = True


def take(session: Session, event: StripeEvent) -> Taken:
    """Keep an event and do what follows from it, unless it is known."""
    execute(session, "SELECT pg_advisory_xact_lock(%(lock)s)", lock=LOCK)
    if not _keep(session, event):
        return Taken("known", None, set(), is_new=False)
    judged, published = _follow(session, event, may_differ=False)
    return Taken(judged.state, judged.reason, {each.type for each in published})


def take_again(session: Session, identity: str, *, may_differ: bool) -> Taken | None:
    """Judge what is waiting or held once more; None if there is none of that id.

    `may_differ` takes an amount that no fee has asked for.
    """
    execute(session, "SELECT pg_advisory_xact_lock(%(lock)s)", lock=LOCK)
    rows = fetch(
        session,
        "SELECT id, type, said_at, said FROM inbox"
        " WHERE provider = 'stripe' AND id = %(id)s AND state IN ('waiting', 'held')",
        id=identity,
    )
    if not rows:
        return None
    judged, published = _follow(session, _event(rows[0]), may_differ=may_differ)
    return Taken(judged.state, judged.reason, {each.type for each in published})


def take_arrived(session: Session, now: datetime) -> int:
    """Judge again what has waited for an event that is there by now; give how many there were."""
    del now
    rows = fetch(
        session,
        """
        SELECT inbox.id FROM inbox JOIN events ON inbox.awaits = 'event:' || events.id::text
        WHERE inbox.provider = 'stripe' AND inbox.awaits LIKE 'event:%%'
        ORDER BY said_at, inbox.id LIMIT %(limit)s
        """,
        limit=PAGE,
    )
    for (identity,) in rows:
        take_again(session, identity, may_differ=False)
    return len(rows)


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
    session: Session, event: StripeEvent, *, may_differ: bool
) -> tuple[Judgement, list[Envelope]]:
    """Judge an event, then whatever has waited for what it told; publish what follows."""
    outcome: Judgement | None = None
    published: list[Envelope] = []
    todo = {event.id: event}
    while todo:
        each = todo.pop(next(iter(todo)))
        judged = _settle(session, each, may_differ=may_differ and each is event)
        outcome = outcome or judged
        published += judged.published
        if judged.links:
            todo |= _waiting_for(session, _link(session, judged.links))
    publish_many(session, published)
    assert outcome is not None
    return outcome, published


def _settle(session: Session, event: StripeEvent, *, may_differ: bool) -> Judgement:
    """Judge one event and write what became of it."""

    def is_fee(gathering: str, amount: int) -> bool | None:
        return may_differ or _is_fee(session, gathering, amount)

    judged = judge(event, Ask(lambda name: _known(session, name), is_fee))
    if judged.subscriber is not None:
        judged = _with_subscription(session, event, judged, user_id=judged.subscriber)
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
        id=event.id,
    )
    return judged


def _known(session: Session, name: str) -> Known:
    rows = fetch(
        session,
        "SELECT user_id, event_id, invitation_id, payment_intent FROM stripe_links"
        " WHERE name = %(name)s",
        name=name,
    )
    return Known(*rows[0]) if rows else NOBODY


def _is_fee(session: Session, event: str, amount: int) -> bool | None:
    """Say whether an event has ever asked this fee; None if nobody knows the event.

    Ever, since who pays has seen the fee of a while ago; and so it is the same whatever comes
    later.
    """
    ((count, asked),) = fetch(
        session,
        "SELECT count(*), bool_or((data->>'confirmation_fee')::bigint = %(amount)s)"
        " FROM event_facts WHERE event_id = %(event)s AND data ? 'confirmation_fee'",
        event=event,
        amount=amount,
    )
    return bool(asked) if count else None


def _link(session: Session, links: Mapping[str, Known]) -> list[str]:
    """Write what names stand for, what is known already stays; give the names that are news."""
    rows = fetch(
        session,
        """
        INSERT INTO stripe_links AS kept (name, user_id, event_id, invitation_id, payment_intent)
        SELECT * FROM unnest(%(names)s::text[], %(users)s::uuid[], %(events)s::uuid[],
            %(invitations)s::uuid[], %(intents)s::text[])
        ON CONFLICT (name) DO UPDATE SET
            user_id = coalesce(kept.user_id, excluded.user_id),
            event_id = CASE WHEN kept.user_id IS NULL THEN excluded.event_id
                ELSE kept.event_id END,
            invitation_id = CASE WHEN kept.user_id IS NULL THEN excluded.invitation_id
                ELSE kept.invitation_id END,
            payment_intent = coalesce(kept.payment_intent, excluded.payment_intent)
        WHERE kept.user_id IS NULL AND excluded.user_id IS NOT NULL
            OR kept.payment_intent IS NULL AND excluded.payment_intent IS NOT NULL
        RETURNING name
        """,
        names=list(links),
        users=[each.user_id for each in links.values()],
        events=[each.event_id for each in links.values()],
        invitations=[each.invitation_id for each in links.values()],
        intents=[each.payment_intent for each in links.values()],
    )
    return [name for (name,) in rows]


def _waiting_for(session: Session, names: Iterable[str]) -> dict[str, StripeEvent]:
    """Give by its id what has waited for one of these names, in Stripe's order."""
    rows = fetch(
        session,
        "SELECT id, type, said_at, said FROM inbox WHERE provider = 'stripe'"
        " AND awaits = ANY(%(names)s) ORDER BY said_at, id",
        names=list(names),
    )
    return {row[0]: _event(row) for row in rows}


def _with_subscription(
    session: Session, event: StripeEvent, judged: Judgement, *, user_id: str
) -> Judgement:
    """Note what an event says of a subscription, and say how its owner stands by it."""
    if not _note(session, event, user_id=user_id):
        return replace(judged, reason="newer_stands")
    rows = fetch(
        session,
        "SELECT id, said_at, said, heard FROM stripe_subscriptions WHERE user_id = %(user)s",
        user=user_id,
    )
    standings = [Standing(name, at, [Said(*each) for each in said]) for name, at, said, _ in rows]
    payload = settle_subscriptions(user_id, standings)
    # Later than all that was published before: no two have the same number.
    heard = timedelta(microseconds=sum(count for *_, count in rows))
    at = max(each.said_at for each in standings) + heard
    identity = derived_id("stripe", payload.NAME, event.id)
    said = enclose(payload, source=STRIPE_SOURCE, time=at, id=identity)
    return replace(judged, published=(said,))


def _note(session: Session, event: StripeEvent, *, user_id: str) -> bool:
    """Keep what was said if it is of the newest second; whether it is."""
    count = execute(
        session,
        """
        INSERT INTO stripe_subscriptions AS kept (id, user_id, said_at, said, heard)
        VALUES (%(id)s, %(user)s, %(at)s, jsonb_build_array(%(said)s::jsonb), 1)
        ON CONFLICT (id) DO UPDATE SET
            said = CASE WHEN kept.said_at = excluded.said_at
                THEN kept.said || excluded.said ELSE excluded.said END,
            said_at = excluded.said_at, heard = kept.heard + 1, updated_at = now()
        WHERE kept.said_at <= excluded.said_at
        """,
        id=event.about.id,
        user=user_id,
        at=event.at,
        said=to_json(said_by(event)).decode(),
    )
    return count == 1
