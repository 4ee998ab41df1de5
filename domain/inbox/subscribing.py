"""Notes what Stripe says of subscriptions, and says how their owners stand by it."""

from dataclasses import replace
from datetime import timedelta

from pydantic_core import to_json
from sqlmodel import Session

from domain.inbox.judgement import Judgement, say
from domain.inbox.stripe_events import StripeEvent
from domain.inbox.subscriptions import Said, Standing, said_by, settle_subscriptions
from domain.sql import execute, fetch


def with_subscription(
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
    return replace(judged, published=(say(payload, event.id, at=at),))


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
