"""Deliveries: claim a batch, settle it, wake what waited, count what killed its process."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from domain.constants import (
    DEFERRED_LOOKS,
    DEFERRED_PATIENCE,
    FAILED_ATTEMPTS,
    FAILED_FIRST_PAUSE,
    FAILED_PAUSE_FACTOR,
    KILLED_ATTEMPTS,
)
from domain.deaths import put_down
from domain.fingerprint import fingerprint_of, fingerprint_of_wait
from domain.sql import array, execute, fetch
from domain.tables.ledger import DeliveryState
from domain.verdict import Accepted, Deferred, GivenUp, Rejected, Verdict, in_vain

# After each death a batch is a tenth of what it was, until the one that kills stands alone.
SUSPICION_FACTOR = 10


class Claimed(NamedTuple):
    """A delivery that this transaction holds, with its domain event as it lies in the ledger."""

    seq: int
    deaths: int
    # Tries that raised, and when it became due if that was for a second look.
    attempts: int
    woken_at: datetime | None
    received_at: datetime
    source: str
    id: str
    time: datetime
    data: str
    traceparent: str | None
    tracestate: str | None


_WITH_DOMAIN_EVENTS = """
SELECT held.seq, held.deaths, held.attempts, CASE WHEN held.looks > 0 THEN held.due_at END,
    held.received_at, said.source, said.id, said.time, said.data::text, said.traceparent,
    said.tracestate
FROM held JOIN domain_events AS said ON said.seq = held.seq AND said.received_at = held.received_at
ORDER BY held.due_at, held.seq
"""

_CLAIM_DUE = f"""
WITH held AS MATERIALIZED (
    SELECT seq, deaths, attempts, looks, received_at, due_at FROM deliveries
    WHERE handler = %(handler)s AND due_at <= %(now)s
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
){_WITH_DOMAIN_EVENTS}"""

_CLAIM_THESE = f"""
WITH held AS MATERIALIZED (
    SELECT seq, deaths, attempts, looks, received_at, due_at FROM deliveries
    WHERE handler = %(handler)s AND seq = ANY(%(seqs)s) AND due_at <= %(now)s
    FOR UPDATE SKIP LOCKED
){_WITH_DOMAIN_EVENTS}"""


def claim_due(session: Session, handler: str, *, limit: int, now: datetime) -> list[Claimed]:
    """Lock up to `limit` due deliveries that nobody else holds.

    Those that were in hand when a process died come in ever smaller batches, alone at last.
    """
    rows = fetch(session, _CLAIM_DUE, handler=handler, now=now, limit=limit)
    claimed = [Claimed(*row) for row in rows]
    if not claimed or all(each.deaths == 0 for each in claimed):
        return claimed
    deaths = claimed[0].deaths
    trusted = max(1, limit // SUSPICION_FACTOR**deaths)
    return [each for each in claimed if each.deaths == deaths][:trusted]


def claim_these(
    session: Session, handler: str, seqs: Sequence[int], *, now: datetime
) -> list[Claimed]:
    """Lock those of the given deliveries that are still due and that nobody else holds."""
    rows = fetch(session, _CLAIM_THESE, handler=handler, seqs=seqs, now=now)
    return [Claimed(*row) for row in rows]


def end_patience(
    claimed: Sequence[Claimed], verdicts: Mapping[int, Verdict], now: datetime
) -> dict[int, Verdict]:
    """Give the verdicts, but for what was received too long ago to be deferred once more."""
    since = {each.seq: each.received_at for each in claimed}
    return {
        seq: verdict.otherwise or GivenUp(verdict.awaits)
        if isinstance(verdict, Deferred) and since[seq] <= now - DEFERRED_PATIENCE
        else verdict
        for seq, verdict in verdicts.items()
    }


def settle(
    session: Session,
    handler: str,
    claimed: Sequence[Claimed],
    verdicts: Mapping[int, Verdict],
    now: datetime,
) -> None:
    """Write what became of the claimed deliveries; one without a verdict is done."""
    done = [each.seq for each in claimed if each.seq not in verdicts]
    if done:
        execute(
            session,
            "UPDATE deliveries SET state = 'done', due_at = NULL, awaits = NULL, settled_at = "
            "clock_timestamp() WHERE handler = %(handler)s AND seq = ANY(%(seqs)s::bigint[])",
            handler=handler,
            seqs=array(map(str, done)),
        )
    judged = {each.seq: verdicts[each.seq] for each in claimed if each.seq in verdicts}
    if judged:
        _settle_judged(session, handler, judged, now)


# Of what is deferred, the pause grows with each look.
_SETTLE_JUDGED = """
UPDATE deliveries AS row SET
    state = judged.state,
    due_at = CASE WHEN judged.state = 'deferred'
        THEN %(now)s + (%(pauses)s::interval[])[least(row.looks + 1, %(pause_count)s)] END,
    awaits = judged.awaits,
    reason = judged.reason,
    fingerprint = CASE WHEN judged.state = 'dead'
        THEN judged.fingerprint ELSE row.fingerprint END,
    looks = row.looks + 1,
    settled_at = CASE WHEN judged.state <> 'deferred' THEN clock_timestamp() END
FROM unnest(%(seqs)s::bigint[], %(states)s::text[], %(awaits)s::text[], %(reasons)s::text[],
    %(fingerprints)s::text[]) AS judged (seq, state, awaits, reason, fingerprint)
WHERE row.handler = %(handler)s AND row.seq = judged.seq
"""


def _settle_judged(
    session: Session, handler: str, judged: Mapping[int, Verdict], now: datetime
) -> None:
    """Write the verdicts that say more than done."""
    outcomes = [_outcome(verdict) for verdict in judged.values()]
    if any(awaits is not None for _, awaits, _ in outcomes):
        put_down(session)
    execute(
        session,
        _SETTLE_JUDGED,
        handler=handler,
        now=now,
        pauses=list(DEFERRED_LOOKS),
        pause_count=len(DEFERRED_LOOKS),
        seqs=list(judged),
        states=[state for state, _, _ in outcomes],
        awaits=[awaits for _, awaits, _ in outcomes],
        reasons=[reason for _, _, reason in outcomes],
        fingerprints=[fingerprint_of_wait(reason or "") for _, _, reason in outcomes],
    )


def _outcome(verdict: Verdict) -> tuple[str, str | None, str | None]:
    """Give (state, awaits, reason) for a verdict."""
    match verdict:
        case Accepted(note):
            return DeliveryState.DONE, None, note
        case Rejected(reason, sentence, awaits):
            return DeliveryState.REJECTED, awaits, f"{reason}: {sentence}"
        case Deferred(awaits):
            return DeliveryState.DEFERRED, awaits, None
        case GivenUp(awaits):
            return DeliveryState.DEAD, awaits, in_vain(awaits)


def fail(
    session: Session, handler: str, seq: int, *, error: str, now: datetime
) -> DeliveryState | None:
    """Count a try that raised: due again after a growing pause, dead after the last one.

    Gives which of both. None if it isn't due any more: since the try was rolled back, another
    worker has settled it.
    """
    rows = fetch(
        session,
        "UPDATE deliveries SET attempts = attempts + 1, error = %(error)s,"
        " fingerprint = %(fingerprint)s"
        " WHERE handler = %(handler)s AND seq = %(seq)s AND due_at <= %(now)s RETURNING attempts",
        handler=handler,
        seq=seq,
        error=error,
        fingerprint=fingerprint_of(error),
        now=now,
    )
    put_down(session)
    if not rows:
        return None
    ((attempts,),) = rows
    dead = attempts >= FAILED_ATTEMPTS
    state = DeliveryState.DEAD if dead else DeliveryState.FAILED
    execute(
        session,
        """
        UPDATE deliveries SET state = %(state)s, due_at = %(due_at)s, awaits = NULL,
            settled_at = CASE WHEN %(due_at)s::timestamptz IS NULL THEN clock_timestamp() END
        WHERE handler = %(handler)s AND seq = %(seq)s
        """,
        handler=handler,
        seq=seq,
        state=state,
        due_at=None if dead else now + pause_after(attempts, seq),
    )
    return state


def suspect(session: Session, handler: str, seqs: Sequence[int], *, now: datetime) -> None:
    """Have a batch that took too long tried in smaller company, as if it had killed its process.

    None gets worse than alone by this: what takes too long alone has failed.
    """
    execute(
        session,
        "UPDATE deliveries SET deaths = least(deaths + 1, %(alone)s)"
        " WHERE handler = %(handler)s AND seq = ANY(%(seqs)s) AND due_at <= %(now)s",
        handler=handler,
        seqs=seqs,
        alone=KILLED_ATTEMPTS - 1,
        now=now,
    )
    put_down(session)


def pause_after(attempts: int, seq: int) -> timedelta:
    """Give the pause before the next try: 15 s, then four times as long each time, about a day.

    The jitter of up to a tenth comes from the row's number: spread out, and yet repeatable.
    """
    jitter = 1 + (seq * 2_654_435_761 % 1_000 - 500) / 5_000
    growth: int = FAILED_PAUSE_FACTOR ** (attempts - 1)
    return FAILED_FIRST_PAUSE * growth * jitter
