"""What names of Stripe's stand for, and which fees events have asked."""

from collections.abc import Mapping

from sqlmodel import Session

from domain.inbox.judgement import NOBODY, Known
from domain.sql import fetch


def known(session: Session, name: str) -> Known:
    """Give what a name stands for."""
    rows = fetch(
        session,
        "SELECT user_id, event_id, invitation_id, payment_intent FROM stripe_links"
        " WHERE name = %(name)s",
        name=name,
    )
    return Known(*rows[0]) if rows else NOBODY


def link(session: Session, links: Mapping[str, Known]) -> list[str]:
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


def is_fee(session: Session, event: str, amount: int) -> bool | None:
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
