"""Money that must go back: what is to be done next of each refund, and what became of it.

A row is written when a refund is asked for, and its payment stays refund_pending until Stripe says
so: `payment.refunded`, whether its webhook, its list of events or its answer said it first. Who
asks Stripe takes the refund in hand and commits before (`take`), so that what a crash leaves behind
is known, and writes afterwards what came of it (`conclude`).

The lock of a payment comes before that of its refund.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.constants import HANDOVER_LEASE, REFUND_KEY_LIFE
from domain.sql import array, execute, fetch, insert_missing
from domain.tables.payments import PaymentStatus
from domain.tables.refunds import RefundState

DISPUTED: Final = "disputed"
NO_PAYMENT_INTENT: Final = "no_payment_intent"
# How many that lack their row are given one at once.
PORTION: Final = 500
# What went back and stayed back of the payments that are `held`. Of one refund that is told twice
# the later amount counts.
RETURNED: Final = """
    SELECT payment_id, sum(cents) AS cents FROM (
        SELECT DISTINCT ON (payment_id, data->>'stripe_refund_id') payment_id,
            (data->>'amount_in_cents')::bigint AS cents
        FROM held JOIN payment_facts USING (payment_id)
        WHERE kind = 'payment.refunded' AND data->>'stripe_refund_id' <> ALL(failed_ids)
            AND NOT EXISTS (SELECT FROM payment_facts AS other
                WHERE other.payment_id = payment_facts.payment_id
                    AND other.kind = 'payment.refund_failed' AND other.data->>'stripe_refund_id'
                        = payment_facts.data->>'stripe_refund_id')
        ORDER BY payment_id, data->>'stripe_refund_id', time DESC, id COLLATE "C" DESC,
            source COLLATE "C" DESC
    ) AS gone GROUP BY payment_id
"""


class Step(StrEnum):
    """What Stripe is asked: to give the money back, or which refunds of a payment there are."""

    ASK = "ask"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class InHand:
    """A refund of which one step is to be taken now."""

    payment_id: str
    payment_intent: str
    amount_in_cents: int
    wish: str
    step: Step
    # What Stripe knows the request by: the same as long as it may be the same request.
    key: str
    attempt: int
    # How often Stripe has refused it for now.
    refusals: int
    # Whether Stripe has it already, and what was written when it was last in hand.
    is_pending: bool
    reason: str | None
    failed_ids: frozenset[str]
    taken_at: datetime


class FailedRefund(NamedTuple):
    """A refund of a payment that came to nothing, and whether it is one that we asked for."""

    payment_id: str
    refund_id: str
    code: str
    was_requested: bool


class Outcome(NamedTuple):
    """What came of a step."""

    state: RefundState
    reason: str | None = None
    due_at: datetime | None = None
    refund_id: str | None = None
    # Whether Stripe is asked first which refunds there are, and whether it is asked anew then.
    must_look: bool = False
    is_anew: bool = False
    # Whether Stripe has refused it for now.
    is_refusal: bool = False
    failed_ids: tuple[str, ...] = ()


def wish(session: Session, wishes: Mapping[str, str], *, now: datetime) -> None:
    """Have payments refunded, each for the reason given; one that is to be already is left alone.

    Who calls holds the payments' locks.
    """
    insert_missing(
        session,
        "refunds",
        [
            {"payment_id": each, "wish": wishes[each], "state": RefundState.DUE, "due_at": now}
            for each in sorted(wishes)
        ],
    )


def wish_forgotten(session: Session, *, now: datetime) -> int:
    """Have refunded what waits for it without a row; give how many.

    A worker of an older version, or a time before there were any, has left it so.
    """
    return execute(
        session,
        """
        INSERT INTO refunds (payment_id, wish, due_at)
        SELECT payments.id, coalesce((
            SELECT data->>'reason' FROM payment_facts
            WHERE payment_id = payments.id AND kind = 'refund.requested'
            ORDER BY time, id, source LIMIT 1), 'unknown'), %(now)s
        FROM payments WHERE payments.status = 'refund_pending'
            AND NOT EXISTS (SELECT FROM refunds WHERE refunds.payment_id = payments.id)
        ORDER BY payments.id LIMIT %(limit)s
        ON CONFLICT DO NOTHING
        """,
        now=now,
        limit=PORTION,
    )


def settle_made(session: Session, payments: Iterable[str]) -> None:
    """Note of refunds that they are made, if what went back and stayed back is all of a payment.

    Who calls holds the payments' locks.
    """
    execute(
        session,
        f"""
        WITH held AS MATERIALIZED (
            SELECT payment_id, failed_ids FROM refunds
            WHERE payment_id = ANY(%(payments)s::uuid[])
                AND state IN ('due', 'frozen', 'pending', 'refused', 'failed')
            ORDER BY payment_id FOR NO KEY UPDATE
        ), told AS ({RETURNED})
        UPDATE refunds SET state = 'made', reason = NULL, due_at = NULL, updated_at = now()
        FROM told JOIN payments ON payments.id = told.payment_id
        WHERE refunds.payment_id = told.payment_id AND told.cents >= payments.amount_in_cents
        """,
        payments=array(sorted(set(payments))),
    )


def is_due(session: Session, *, now: datetime) -> bool:
    """Say whether anything is to be done; a look at an index."""
    return bool(fetch(session, "SELECT FROM refunds WHERE due_at <= %(now)s LIMIT 1", now=now))


def take(session: Session, *, limit: int, now: datetime) -> list[InHand]:
    """Take in hand what is due, the longest due first. Commit before Stripe is asked.

    Should who has it be lost, it is due again after a while. What Stripe couldn't or mustn't be
    asked for is refused here, and not in hand.
    """
    rows = fetch(
        session,
        """
        WITH due AS MATERIALIZED (
            SELECT payment_id, state = 'pending' AS is_pending,
                state = 'pending' OR must_look OR coalesce(keyed_at < %(forgotten)s, false) AS looks
            FROM refunds WHERE due_at <= %(now)s
            ORDER BY due_at, payment_id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE refunds SET due_at = %(lost)s, taken_at = %(now)s, updated_at = now(),
            attempts = least(refunds.attempts, 32766) + 1,
            keyed_at = CASE WHEN looks THEN keyed_at ELSE coalesce(keyed_at, %(now)s) END
        FROM due JOIN payments ON payments.id = due.payment_id
        WHERE refunds.payment_id = due.payment_id
        RETURNING refunds.payment_id, payments.stripe_payment_intent_id, payments.amount_in_cents,
            wish, looks, key_number, attempts, refusals, is_pending, reason,
            failed_ids, payments.status
        """,
        now=now,
        lost=now + HANDOVER_LEASE,
        forgotten=now - REFUND_KEY_LIFE,
        limit=limit,
    )
    in_hand: list[InHand] = []
    for row in rows:
        each, trouble = _in_hand(row, now=now)
        if trouble is None:
            in_hand.append(each)
        else:
            conclude(session, each, trouble)
    return in_hand


def _in_hand(row: tuple[Any, ...], *, now: datetime) -> tuple[InHand, Outcome | None]:
    """Give what is in hand, and what becomes of it if Stripe isn't asked for it after all."""
    payment, intent, cents, why, looks, number, attempt, *rest = row
    refusals, is_pending, reason, failed, status = rest
    step = Step.LOOK if looks else Step.ASK
    in_hand = InHand(
        payment_id=payment,
        payment_intent=intent or "",
        amount_in_cents=cents,
        wish=why,
        step=step,
        key=f"refund:{payment}:{number}",
        attempt=attempt,
        refusals=refusals,
        is_pending=is_pending,
        reason=reason,
        failed_ids=frozenset(failed),
        taken_at=now,
    )
    if not intent:
        return in_hand, Outcome(RefundState.REFUSED, NO_PAYMENT_INTENT)
    # The bank takes the money; both it and a refund would be too much.
    is_frozen = status == PaymentStatus.DISPUTED and step is Step.ASK
    return in_hand, Outcome(RefundState.FROZEN, DISPUTED) if is_frozen else None


def thaw(session: Session, *, now: datetime) -> int:
    """Let go on what was frozen and whose payment isn't disputed any more; give how many.

    Stripe is asked first which refunds there are.
    """
    return execute(
        session,
        """
        WITH thawed AS MATERIALIZED (
            SELECT payment_id FROM refunds JOIN payments ON payments.id = payment_id
            WHERE refunds.state = 'frozen' AND payments.status <> 'disputed'
            -- Who hears something of one just now has it; it is thawed the next time.
            ORDER BY payment_id FOR NO KEY UPDATE OF refunds SKIP LOCKED
        )
        UPDATE refunds SET state = 'due', reason = NULL, must_look = true, due_at = %(now)s,
            taken_at = NULL, updated_at = now()
        FROM thawed WHERE refunds.payment_id = thawed.payment_id
        """,
        now=now,
    )


def conclude(session: Session, in_hand: InHand, outcome: Outcome) -> bool:
    """Write what came of a step; say whether it was still ours to write.

    It isn't once another has taken it, or once it is known by another way what became of it.
    """
    count = execute(
        session,
        """
        UPDATE refunds SET state = %(state)s, reason = %(reason)s, due_at = %(due_at)s,
            must_look = %(must_look)s, refusals = refusals + %(refused)s::int,
            stripe_refund_id = coalesce(%(refund)s, stripe_refund_id),
            failed_ids = failed_ids || %(failed)s::text[],
            key_number = key_number + %(anew)s::int,
            keyed_at = CASE WHEN %(anew)s THEN NULL ELSE keyed_at END, updated_at = now()
        WHERE payment_id = %(payment)s AND taken_at = %(taken_at)s AND state IN ('due', 'pending')
        """,
        payment=in_hand.payment_id,
        taken_at=in_hand.taken_at,
        state=outcome.state,
        reason=outcome.reason,
        due_at=outcome.due_at,
        must_look=outcome.must_look,
        refund=outcome.refund_id,
        failed=list(outcome.failed_ids),
        anew=outcome.is_anew,
        refused=outcome.is_refusal,
    )
    return count == 1


def note_failed(session: Session, failed: Sequence[FailedRefund], *, now: datetime) -> None:
    """Note of refunds that they have failed or were canceled: their money is with us again.

    If it was one that we asked for, somebody has to look at it, unless all went back without it. Of
    somebody else's, what is still missing is to be asked for. Who calls holds the payments' locks.
    """
    execute(
        session,
        f"""
        WITH told AS (
            SELECT payment_id, array_agg(DISTINCT refund) AS ids,
                min(code) FILTER (WHERE ours) AS code, bool_or(ours) AS ours
            FROM unnest(%(payments)s::uuid[], %(refunds)s::text[], %(codes)s::text[],
                %(ours)s::bool[]) AS each (payment_id, refund, code, ours)
            WHERE NOT EXISTS (SELECT FROM refunds WHERE refunds.payment_id = each.payment_id
                AND each.refund = ANY (failed_ids))
            GROUP BY payment_id
        ), held AS MATERIALIZED (
            SELECT payment_id, state, failed_ids, ids, code, ours FROM refunds
            JOIN told USING (payment_id) ORDER BY payment_id FOR NO KEY UPDATE OF refunds
        ), returned AS ({RETURNED}), judged AS (
            SELECT payment_id, ids, code, CASE
                WHEN state IN ('closed', 'refused') THEN state
                WHEN state = 'made' AND returned.cents >= amount_in_cents THEN state
                WHEN ours THEN 'failed'
                WHEN state = 'made' THEN 'due'
                ELSE state END AS becomes
            FROM held LEFT JOIN returned USING (payment_id)
            JOIN payments ON payments.id = payment_id
        )
        UPDATE refunds SET failed_ids = failed_ids || ids, updated_at = now(), state = becomes,
            reason = CASE WHEN becomes = 'failed' THEN coalesce(code, reason) ELSE reason END,
            -- A look says what is missing.
            due_at = CASE WHEN becomes = 'failed' THEN NULL
                WHEN becomes = 'pending' OR becomes <> state THEN %(now)s ELSE due_at END,
            must_look = must_look OR becomes = 'due',
            taken_at = CASE WHEN becomes = 'due' AND state = 'made' THEN NULL ELSE taken_at END
        FROM judged WHERE refunds.payment_id = judged.payment_id
        """,
        payments=[each.payment_id for each in failed],
        refunds=[each.refund_id for each in failed],
        codes=[each.code for each in failed],
        ours=[each.was_requested for each in failed],
        now=now,
    )
