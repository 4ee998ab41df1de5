"""Bulk operations: many deliveries retried, discarded or restored, a few at a time.

An operation is a row, and its deliveries are rows: listed when it is confirmed, so that nothing
joins it later and all of it can be told and undone. The scheduler takes a step of each that is open
every second (`stepping.py`). A retry may begin with one alone, the canary; and whenever too many
have failed again, it stops.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session

from domain.constants import BULK_MOST, BULK_RATE, BULK_RATES
from domain.ops.acting import WrongRequestError, checked_why
from domain.ops.audit import Deed, record
from domain.ops.beginning import Begun, New, begun_before, confirm_items, write_operation
from domain.ops.permissions import Actor, Verb, demand
from domain.ops.triage import IN_ORDER, DeadSelection, chosen, count_selected
from domain.sql import execute, fetch
from domain.tables.ops import BulkKind, BulkState, ItemResult


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody has confirmed: how many they saw, why, how fast, and whether one goes first."""

    kind: BulkKind
    selection: DeadSelection
    why: str
    expected: int
    rate: int = BULK_RATE
    canary: bool = True


def start(session: Session, actor: Actor, order: Order, *, identity: UUID, now: datetime) -> Begun:
    """List what is selected now and have it done; asked for twice by one identity it is done once.

    Raises WrongRequestError if there are more than were confirmed, or none, or if it was another
    thing that this identity began, and AlreadyBegunError if another operation has some of them in
    hand.
    """
    demand(actor, Verb.BULK)
    demand(actor, Verb.RETRY if order.kind is BulkKind.RETRY else Verb.DISCARD)
    if order.kind is BulkKind.RESTORE:
        raise WrongRequestError("What was discarded in bulk is restored by undoing that.")
    if order.rate not in BULK_RATES:
        raise WrongRequestError(f"Choose one of {', '.join(map(str, BULK_RATES))} a second.")
    why = checked_why(order.why)
    words = order.selection.in_words()
    asked = New(identity, order.kind, words, why, order.expected, order.rate, order.canary)
    if (begun := begun_before(session, actor, asked)) is not None:
        return begun
    found = _confirmed(session, order)
    new = replace(asked, total=found)
    write_operation(session, actor, new, now=now)
    source, values = chosen(session, order.selection)
    listed = execute(
        session,
        f"""
        INSERT INTO bulk_items (bulk_id, place, seq, handler)
        SELECT %(id)s, row_number() OVER (), few.seq, few.handler FROM (
            SELECT row.seq, row.handler FROM {source} ORDER BY {IN_ORDER} LIMIT %(most)s
        ) AS few
        """,
        id=identity,
        most=found,
        **values,
    )
    return confirm_items(session, actor, new, listed=listed, now=now)


def undo(session: Session, actor: Actor, bulk_id: UUID, *, identity: UUID, now: datetime) -> Begun:
    """Have what a bulk discard gave up restored, by an operation with this identity; once.

    Raises WrongRequestError while it still goes on, if there is nothing to restore, or if it was
    another thing that this identity began.
    """
    demand(actor, Verb.BULK)
    demand(actor, Verb.RESTORE)
    words = "what was discarded"
    asked = New(identity, BulkKind.RESTORE, words, "undone", 0, undoes=str(bulk_id))
    if (begun := begun_before(session, actor, asked)) is not None:
        return begun
    _demand_over(session, bulk_id)
    statement = f"SELECT count(*) FROM bulk_items AS item {UNDOABLE}"
    ((count,),) = fetch(session, statement, bulk_id=bulk_id)
    if count == 0:
        raise WrongRequestError("Nothing of it can be restored: it was, or 30 days are over.")
    new = replace(asked, total=count)
    write_operation(session, actor, new, now=now)
    listed = execute(
        session,
        "INSERT INTO bulk_items (bulk_id, place, seq, handler)"
        f" SELECT %(id)s, item.place, item.seq, item.handler FROM bulk_items AS item {UNDOABLE}",
        id=identity,
        bulk_id=bulk_id,
    )
    return confirm_items(session, actor, new, listed=listed, now=now)


# What it has discarded and nobody has restored since. A discard that is there may be a later one's.
UNDOABLE: Final = """
JOIN discards AS kept ON kept.seq = item.seq AND kept.handler = item.handler
WHERE item.bulk_id = %(bulk_id)s AND item.result = 'discarded' AND item.reason IS NULL
"""


def _demand_over(session: Session, bulk_id: UUID) -> None:
    rows = fetch(
        session,
        "SELECT FROM bulk_operations WHERE id = %(id)s AND finished_at IS NULL",
        id=bulk_id,
    )
    if rows:
        raise WrongRequestError("It still goes on: cancel it, or wait for its end, then undo it.")


def cancel(session: Session, actor: Actor, bulk_id: UUID, *, now: datetime) -> bool:
    """Leave alone what an operation has not come to yet; False if it is over."""
    demand(actor, Verb.BULK)
    rows = fetch(
        session,
        "SELECT id FROM bulk_operations"
        " WHERE id = %(id)s AND state IN ('canary', 'running') FOR UPDATE",
        id=bulk_id,
    )
    if not rows:
        return False
    end(session, str(bulk_id), BulkState.CANCELLED, reason=None, now=now)
    record(session, actor, Deed("bulk.cancel", bulk_id=str(bulk_id)), now=now)
    return True


def results(session: Session, bulk_id: str) -> dict[ItemResult, int]:
    """Count the deliveries of an operation by what became of them."""
    counted = dict(
        fetch(
            session,
            "SELECT result, count(*) FROM bulk_items WHERE bulk_id = %(id)s GROUP BY result",
            id=bulk_id,
        )
    )
    return {result: counted.get(result.value, 0) for result in ItemResult}


def end(
    session: Session, bulk_id: str, state: BulkState, *, reason: str | None, now: datetime
) -> None:
    """End an operation; what it has not come to is left alone."""
    execute(
        session,
        "UPDATE bulk_items SET result = 'skipped', reason = %(state)s"
        " WHERE bulk_id = %(id)s AND result = 'waiting'",
        id=bulk_id,
        state=state.value,
    )
    execute(
        session,
        "UPDATE bulk_operations SET state = %(state)s, reason = %(reason)s, finished_at = %(now)s"
        " WHERE id = %(id)s",
        id=bulk_id,
        state=state.value,
        reason=reason,
        now=now,
    )


def _confirmed(session: Session, order: Order) -> int:
    """Count anew what was confirmed, since time has gone by."""
    found = min(count_selected(session, order.selection, most=BULK_MOST), BULK_MOST)
    if found == 0:
        raise WrongRequestError("Nothing of that is dead any more. Nothing was changed.")
    if found > order.expected:
        raise WrongRequestError(
            f"There are {found:,} by now, and you have confirmed {order.expected:,}."
            " Nothing was changed: look again."
        )
    return found
