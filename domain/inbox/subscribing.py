"""Notes what Stripe says of subscriptions, and says how their owners stand by it.

Whoever calls holds the lock under which Stripe's events are taken, so what is read here stands.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic_core import to_json
from sqlmodel import Session

from domain.envelope import Envelope
from domain.inbox.judgement import Judgement, say
from domain.inbox.stripe_events import StripeEvent
from domain.inbox.subscriptions import Heard, Said, Standing, hear, said_by, settle_subscriptions
from domain.sql import array, execute, fetch


def with_subscription(
    session: Session, event: StripeEvent, judged: Judgement, *, user_id: str
) -> Judgement:
    """Note what an event says of a subscription, and say how those stand whose it is or was."""
    before = _read(session, event.about.id)
    heard = hear(before, said_by(event, user_id), at=event.at)
    if heard is None:
        return replace(judged, reason="newer_stands")
    _write(session, event.about.id, heard)
    # Whoever knows already that it isn't theirs is told no more: nothing has changed for them.
    told = before.others if before is not None else frozenset()
    people = [heard.owner, *sorted(heard.others - told)]
    return replace(judged, published=tuple(_how(session, event, each) for each in people))


def _read(session: Session, name: str) -> Heard | None:
    rows = fetch(
        session,
        "SELECT said_at, said, user_id, others, heard FROM stripe_subscriptions"
        " WHERE id = %(name)s",
        name=name,
    )
    return _heard(*rows[0]) if rows else None


def _heard(*row: Any) -> Heard:
    """Read a row; a word names whose it makes the subscription only if that isn't the row's."""
    at, said, owner, others, times = row
    words = tuple(
        Said._make(each if len(each) == len(Said._fields) else [*each, owner]) for each in said
    )
    return Heard(at, words, owner, frozenset(map(str, others)), times)


def _write(session: Session, name: str, heard: Heard) -> None:
    execute(
        session,
        """
        INSERT INTO stripe_subscriptions (id, user_id, others, said_at, said, heard)
        VALUES (%(id)s, %(user)s, %(others)s::uuid[], %(at)s, %(said)s::jsonb, %(heard)s)
        ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, others = excluded.others,
            said = excluded.said, said_at = excluded.said_at, heard = excluded.heard,
            updated_at = now()
        """,
        id=name,
        user=heard.owner,
        others=array(sorted(heard.others)),
        at=heard.said_at,
        said=to_json(
            [each if each.owner != heard.owner else each[:-1] for each in heard.said]
        ).decode(),
        heard=heard.times,
    )


def _how(session: Session, event: StripeEvent, person: str) -> Envelope:
    """Say how somebody stands by all subscriptions that are theirs, or were."""
    rows = fetch(
        session,
        "SELECT id, said_at, said, user_id, others, heard FROM stripe_subscriptions"
        " WHERE user_id = %(user)s OR others <> '{}' AND others @> ARRAY[%(user)s::uuid]",
        user=person,
    )
    listed = [(name, _heard(*rest)) for name, *rest in rows]
    standings = [
        Standing(name, each.said_at, each.said if each.owner == person else ())
        for name, each in listed
    ]
    payload = settle_subscriptions(person, standings)
    # Later than all that was published before: no two have the same number.
    heard = timedelta(microseconds=sum(each.times for _, each in listed))
    at = max(each.said_at for _, each in listed) + heard
    return say(payload, event.id, person, at=at)
