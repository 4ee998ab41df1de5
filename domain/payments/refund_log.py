"""How ops see refunds, and what they do about those that came to nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from domain.sql import execute, fetch
from domain.tables.refunds import RefundState

# Somebody has to look at these.
BAD: Final = (RefundState.REFUSED, RefundState.FAILED)


@dataclass(frozen=True, slots=True)
class LoggedRefund:
    """A refund, and what became of it."""

    payment_id: str
    payment_intent: str | None
    amount_in_cents: int
    currency: str
    wish: str
    state: str
    reason: str | None
    attempts: int
    stripe_refund_id: str | None
    requested_at: datetime
    due_at: datetime | None


def list_refunds(
    session: Session, *, states: Sequence[str], limit: int, payment: str | None = None
) -> list[LoggedRefund]:
    """Give those in one of these states, of one payment if one is given; the newest first."""
    rows = fetch(
        session,
        """
        SELECT payment_id, stripe_payment_intent_id, amount_in_cents, currency, wish, state, reason,
            attempts, stripe_refund_id, requested_at, due_at
        FROM refunds JOIN payments ON payments.id = payment_id
        WHERE state = ANY(%(states)s) AND payment_id = coalesce(%(payment)s::uuid, payment_id)
        ORDER BY requested_at DESC, payment_id LIMIT %(limit)s
        """,
        states=list(states),
        payment=payment,
        limit=limit,
    )
    return [LoggedRefund(*row) for row in rows]


def refund_numbers(session: Session, now: datetime) -> dict[str, Any]:
    """Give how many there are in each state that isn't the end, and how old the oldest one is."""
    rows = fetch(
        session,
        """
        SELECT state, count(*), min(requested_at) FILTER (WHERE state IN ('due', 'pending'))
        FROM refunds WHERE state NOT IN ('made', 'closed') GROUP BY state ORDER BY state
        """,
    )
    oldest = min((since for *_, since in rows if since is not None), default=None)
    age = None if oldest is None else max((now - oldest).total_seconds(), 0.0)
    counts = {
        str(each): 0 for each in (RefundState.DUE, RefundState.FROZEN, RefundState.PENDING, *BAD)
    }
    return counts | {state: count for state, count, _ in rows} | {"oldest_s": age}


def retry(session: Session, payment: str, *, now: datetime) -> bool:
    """Have one made anew that was refused or has failed; say whether there is one.

    Stripe is asked first which refunds there are, so that nothing is made twice.
    """
    return (
        execute(
            session,
            "UPDATE refunds SET state = 'due', reason = NULL, must_look = true, attempts = 0,"
            " refusals = 0, due_at = %(now)s, taken_at = NULL, updated_at = now()"
            " WHERE payment_id = %(payment)s AND state IN ('refused', 'failed')",
            payment=payment,
            now=now,
        )
        == 1
    )


def close(session: Session, payment: str, *, why: str) -> bool:
    """Note that somebody has settled one in another way; say whether there is one to be closed."""
    return (
        execute(
            session,
            "UPDATE refunds SET state = 'closed', reason = %(why)s, updated_at = now()"
            " WHERE payment_id = %(payment)s AND state IN ('refused', 'failed', 'frozen')",
            payment=payment,
            why=why,
        )
        == 1
    )
