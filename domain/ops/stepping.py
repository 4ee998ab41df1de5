"""Takes bulk operations further, a step a second each, in a transaction of its own.

Whatever a step did is committed with it. It waits for nobody, and nobody waits for more than one
step of one operation: what others have in hand is left for a later step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from domain.constants import BULK_CHUNK, BULK_FAILED_SHARE, BULK_PATIENCE
from domain.ops.acting import (
    Key,
    discard_these,
    hold_these,
    restore_these,
    retry_these,
    states_of,
)
from domain.ops.audit import Deed, record
from domain.ops.bulk import UNDOABLE, end, results
from domain.ops.permissions import Actor
from domain.sql import execute, fetch, fetch_dicts
from domain.tables.accounts import Role, Via
from domain.tables.ops import BulkKind, BulkState, ItemResult

# So many operations take their step at once.
AT_ONCE: Final = 20
_DONE_AS: Final = {
    BulkKind.RETRY: ItemResult.TRYING,
    BulkKind.DISCARD: ItemResult.DISCARDED,
    BulkKind.RESTORE: ItemResult.RESTORED,
}


@dataclass(frozen=True, slots=True)
class Open:
    """An operation that isn't over, as its step finds it."""

    id: str
    kind: BulkKind
    state: BulkState
    why: str
    actor: str
    via: str
    rate: int
    undoes: str | None
    stepped_at: datetime | None


def step_operations(session: Session, now: datetime) -> int:
    """Take a step of each operation that is open; give how many deliveries were dealt with.

    Each on another connection of the session's engine, and committed by itself. One that fails
    holds up no other; the first error is raised once all had their turn.
    """
    rows = fetch(
        session,
        "SELECT id FROM bulk_operations WHERE state IN ('canary', 'running')"
        " ORDER BY created_at LIMIT %(at_once)s",
        at_once=AT_ONCE,
    )
    count, errors = 0, list[Exception]()
    for (bulk_id,) in rows:
        try:
            with Session(session.get_bind()) as own, own.begin():
                count += step_operation(own, bulk_id, now)
        except Exception as error:  # noqa: BLE001 - raised below, whatever it is
            errors.append(error)
    if errors:
        raise errors[0]
    return count


def step_operation(session: Session, bulk_id: str, now: datetime) -> int:
    """Take a step of one operation, unless it is over or somebody has it in hand."""
    rows = fetch_dicts(
        session,
        """
        SELECT id, kind, state, why, actor, via, rate, undoes, stepped_at FROM bulk_operations
        WHERE id = %(id)s AND state IN ('canary', 'running') FOR UPDATE SKIP LOCKED
        """,
        id=bulk_id,
    )
    operations = (
        Open(**row | {"kind": BulkKind(row["kind"]), "state": BulkState(row["state"])})
        for row in rows
    )
    return sum(_step(session, each, now) for each in operations)


def _step(session: Session, operation: Open, now: datetime) -> int:
    """See how those fare that were tried, then deal with the next few, or end it."""
    if operation.kind is BulkKind.RETRY:
        _see_outcomes(session, operation.id)
    counts = results(session, operation.id)
    if reason := _why_to_stop(operation, counts):
        _finish(session, operation, BulkState.STOPPED, reason=reason, now=now)
        return 0
    if operation.state is BulkState.CANARY:
        return _step_canary(session, operation, counts, now=now)
    if counts[ItemResult.WAITING]:
        return _deal(session, operation, limit=_how_many(operation, now), now=now)
    stepped_at = operation.stepped_at or now
    if not counts[ItemResult.TRYING] or now - stepped_at > BULK_PATIENCE:
        _finish(session, operation, BulkState.DONE, reason=None, now=now)
    return 0


def _step_canary(
    session: Session, operation: Open, counts: dict[ItemResult, int], *, now: datetime
) -> int:
    """Try one; once it has gone well, or there is nothing to learn from it, go on to the rest."""
    if counts[ItemResult.RETRIED]:
        statement = "UPDATE bulk_operations SET state = 'running' WHERE id = %(id)s"
        execute(session, statement, id=operation.id)
        return 0
    if counts[ItemResult.TRYING]:
        return 0
    if not counts[ItemResult.WAITING]:
        _finish(session, operation, BulkState.DONE, reason=None, now=now)
        return 0
    return _deal(session, operation, limit=1, now=now)


def _why_to_stop(operation: Open, counts: dict[ItemResult, int]) -> str | None:
    failed = counts[ItemResult.FAILED]
    tried = failed + counts[ItemResult.RETRIED] + counts[ItemResult.TRYING]
    if not failed or not counts[ItemResult.WAITING]:
        return None
    if operation.state is BulkState.CANARY:
        return "canary_failed"
    return "too_many_failed" if failed > BULK_FAILED_SHARE * tried else None


def _how_many(operation: Open, now: datetime) -> int:
    """Give how many are dealt with in this step, so that the rate is kept whoever is late."""
    if operation.kind is not BulkKind.RETRY:
        return BULK_CHUNK
    since = now - (operation.stepped_at or now - timedelta(seconds=1))
    seconds = min(max(since.total_seconds(), 0.0), 2.0)
    return max(1, round(operation.rate * seconds))


def _see_outcomes(session: Session, bulk_id: str) -> None:
    """Write down how those fared that were made due: settled, failed again, or not tried at all."""
    execute(
        session,
        """
        UPDATE bulk_items AS item SET
            result = CASE
                WHEN row.state IN ('failed', 'dead') THEN 'failed'
                -- By somebody, meanwhile: nothing is learned from it.
                WHEN row.state = 'discarded' THEN 'skipped'
                ELSE 'retried'
            END,
            reason = CASE WHEN row.state = 'discarded' THEN 'was discarded' ELSE row.state END
        FROM deliveries AS row
        WHERE item.bulk_id = %(bulk_id)s AND item.result = 'trying'
            AND row.seq = item.seq AND row.handler = item.handler AND row.state <> 'pending'
        """,
        bulk_id=bulk_id,
    )


def _deal(session: Session, operation: Open, *, limit: int, now: datetime) -> int:
    """Deal with the next ones that wait; give how many."""
    rows = fetch(
        session,
        "SELECT seq, handler FROM bulk_items WHERE bulk_id = %(id)s AND result = 'waiting'"
        " ORDER BY place LIMIT %(limit)s",
        id=operation.id,
        limit=limit,
    )
    keys = _at_hand(session, [(seq, handler) for seq, handler in rows])
    done = _do(session, operation, keys, now=now)
    found = states_of(session, [key for key in keys if key not in done])
    execute(
        session,
        """
        UPDATE bulk_items AS item SET result = came.result, reason = came.reason
        FROM unnest(%(seqs)s::bigint[], %(handlers)s::text[], %(results)s::text[],
            %(reasons)s::text[]) AS came (seq, handler, result, reason)
        WHERE item.bulk_id = %(id)s AND item.seq = came.seq AND item.handler = came.handler
        """,
        id=operation.id,
        seqs=[seq for seq, _ in keys],
        handlers=[handler for _, handler in keys],
        results=[
            (_DONE_AS[operation.kind] if key in done else ItemResult.SKIPPED).value for key in keys
        ],
        reasons=[None if key in done else f"was {found.get(key, 'gone')}" for key in keys],
    )
    execute(
        session,
        "UPDATE bulk_operations SET stepped_at = %(now)s WHERE id = %(id)s",
        id=operation.id,
        now=now,
    )
    return len(keys)


def _at_hand(session: Session, keys: Sequence[Key]) -> list[Key]:
    """Give those that nobody else has in hand, and hold them; those that are gone as well."""
    held = hold_these(session, keys)
    there = states_of(session, keys)
    return [key for key in keys if key in held or key not in there]


def _do(session: Session, operation: Open, keys: Sequence[Key], *, now: datetime) -> set[Key]:
    if operation.kind is BulkKind.RETRY:
        return retry_these(session, keys, now=now)
    if operation.kind is BulkKind.DISCARD:
        return discard_these(session, keys, by=operation.actor, why=operation.why, now=now)
    return restore_these(session, _undoable(session, operation, keys))


def _undoable(session: Session, operation: Open, keys: Sequence[Key]) -> list[Key]:
    """Give those that are discarded as they were by what is undone; nobody else has them in hand.

    They were when it began; since then somebody may have restored them, and given them up anew.
    """
    rows = fetch(
        session,
        f"SELECT item.seq, item.handler FROM bulk_items AS item {UNDOABLE}"
        " AND (item.seq, item.handler) IN"
        " (SELECT * FROM unnest(%(seqs)s::bigint[], %(handlers)s::text[]))",
        bulk_id=operation.undoes,
        seqs=[seq for seq, _ in keys],
        handlers=[handler for _, handler in keys],
    )
    return [(seq, handler) for seq, handler in rows]


def _finish(
    session: Session, operation: Open, state: BulkState, *, reason: str | None, now: datetime
) -> None:
    """End it by itself, and write that down under the name of who has started it."""
    end(session, operation.id, state, reason=reason, now=now)
    counts = {name.value: count for name, count in results(session, operation.id).items() if count}
    actor = Actor(operation.actor, Role.OPERATOR, Via(operation.via))
    details = counts | ({"reason": reason} if reason else {})
    deed = Deed(f"bulk.{state}", bulk_id=operation.id, details=details)
    record(session, actor, deed, now=now)
