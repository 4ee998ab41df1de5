"""Reads bulk operations: what there are, and how one goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session

from domain.ops.bulk import UNDOABLE, results
from domain.ops.cursors import MomentCursor
from domain.ops.triage import IN_ORDER, DeadSelection, chosen
from domain.sql import fetch, fetch_dicts
from domain.tables.ops import ItemResult

PAGE: Final = 50
_COLUMNS: Final = (
    "id, kind, state, selection, why, actor, via, total, rate, reason, undoes, created_at,"
    " stepped_at, finished_at"
)


@dataclass(frozen=True, slots=True)
class Operation:
    """A bulk operation."""

    id: str
    kind: str
    state: str
    selection: str
    why: str
    actor: str
    via: str
    total: int
    rate: int
    reason: str | None
    undoes: str | None
    created_at: datetime
    stepped_at: datetime | None
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.finished_at is None


@dataclass(frozen=True, slots=True)
class Item:
    """One of its deliveries that is worth a look, and why."""

    seq: int
    handler: str
    result: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """An operation, its deliveries by what became of them, and those to look at.

    `undoings` says how many operations have been begun to undo it.
    """

    operation: Operation
    counts: dict[ItemResult, int]
    items: list[Item]
    can_be_undone: bool
    undoings: int

    @property
    def dealt_with(self) -> int:
        """How many have an outcome."""
        open_ = self.counts[ItemResult.WAITING] + self.counts[ItemResult.TRYING]
        return self.operation.total - open_


def list_operations(
    session: Session, *, after: MomentCursor | None = None, limit: int = PAGE
) -> list[Operation]:
    """Give a page of operations, the newest first; none twice, though they began together."""
    rows = fetch_dicts(
        session,
        f"SELECT {_COLUMNS} FROM bulk_operations"
        " WHERE %(began)s::timestamptz IS NULL"
        " OR (created_at, id) < (%(began)s::timestamptz, %(bulk_id)s::uuid)"
        " ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
        began=after and after.created_at,
        bulk_id=after and after.id,
        limit=limit,
    )
    return [Operation(**row) for row in rows]


def find_operation(session: Session, bulk_id: UUID) -> Progress | None:
    """Give how an operation goes; None if there is none."""
    rows = fetch_dicts(
        session, f"SELECT {_COLUMNS} FROM bulk_operations WHERE id = %(id)s", id=bulk_id
    )
    if not rows:
        return None
    operation = Operation(**rows[0])
    items = fetch_dicts(
        session,
        "SELECT seq, handler, result, reason FROM bulk_items WHERE bulk_id = %(id)s"
        " AND result IN ('failed', 'skipped', 'trying') ORDER BY result, place LIMIT %(limit)s",
        id=bulk_id,
        limit=PAGE,
    )
    ((undoable, undoings),) = fetch(
        session,
        f"SELECT EXISTS (SELECT FROM bulk_items AS item {UNDOABLE}),"
        " (SELECT count(*) FROM bulk_operations WHERE undoes = %(bulk_id)s)",
        bulk_id=bulk_id,
    )
    counts = results(session, operation.id)
    return Progress(operation, counts, [Item(**item) for item in items], undoable, undoings)


def sample(session: Session, selection: DeadSelection, *, limit: int) -> list[tuple[int, str]]:
    """Give some of what is selected, those that an operation would begin with."""
    source, values = chosen(session, selection)
    rows = fetch(
        session,
        f"SELECT row.seq, row.handler FROM {source} ORDER BY {IN_ORDER} LIMIT %(most)s",
        most=limit,
        **values,
    )
    return [(seq, handler) for seq, handler in rows]
