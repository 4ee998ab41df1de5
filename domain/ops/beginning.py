"""Begins bulk operations: each once, however often it is asked for, and none over another's rows.

They are begun one after the other, since each looks at what the others have in hand.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session

from domain.constants import BULK_RATE
from domain.ops.acting import TakenError, WrongRequestError
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor
from domain.sql import execute, fetch
from domain.tables.ops import BulkKind, BulkState

# The advisory lock of whoever begins one, held until the commit. The number is arbitrary and ours.
BEGIN_LOCK: Final = 6_021_989
# What an operation has not done with.
IN_HAND: Final = "('waiting', 'trying')"
# As a selection says one in words.
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")


@dataclass(frozen=True, slots=True)
class New:
    """An operation that is to be written."""

    id: UUID
    kind: BulkKind
    selection: str
    why: str
    total: int
    rate: int = BULK_RATE
    canary: bool = False
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """An operation and how many deliveries it has; `is_new` unless it was asked for before."""

    id: UUID
    total: int
    is_new: bool = True


class AlreadyBegunError(TakenError):
    """Another operation is at these deliveries; `bulk_id` names it."""

    def __init__(self, message: str, bulk_id: UUID) -> None:
        """Say so."""
        super().__init__(message)
        self.bulk_id = bulk_id


def begun_before(session: Session, actor: Actor, asked: New) -> Begun | None:
    """Wait until nobody else begins one; give the one of this id, if it was begun before.

    Raises WrongRequestError if that was begun by somebody else, or is about something else. How
    many there are, how fast and why isn't compared, and a moment neither: it may have been said as
    so long ago.
    """
    execute(session, "SELECT pg_advisory_xact_lock(%(lock)s)", lock=BEGIN_LOCK)
    rows = fetch(
        session,
        "SELECT total, kind, actor, undoes, selection FROM bulk_operations WHERE id = %(id)s",
        id=asked.id,
    )
    for total, *known, selection in rows:
        meant = [asked.kind.value, actor.name, asked.undoes]
        if known != meant or _timeless(selection) != _timeless(asked.selection):
            raise WrongRequestError(
                f"Another operation was begun with this id: a {known[0]} of {selection}, by"
                f" {known[1]}. Nothing more was begun: take an id of its own for each."
            )
        return Begun(asked.id, total, is_new=False)
    return None


def _timeless(selection: str) -> str:
    return _MOMENT.sub("", selection)


def write_operation(session: Session, actor: Actor, new: New, *, now: datetime) -> None:
    """Write it, still without its deliveries."""
    has_canary = new.kind is BulkKind.RETRY and new.canary and new.total > 1
    execute(
        session,
        """
        INSERT INTO bulk_operations (id, kind, state, selection, why, actor, via, total, rate,
            undoes, created_at)
        VALUES (%(id)s, %(kind)s, %(state)s, %(selection)s, %(why)s, %(actor)s, %(via)s,
            %(total)s, %(rate)s, %(undoes)s, %(now)s)
        """,
        id=new.id,
        kind=new.kind.value,
        state=(BulkState.CANARY if has_canary else BulkState.RUNNING).value,
        selection=new.selection,
        why=new.why,
        actor=actor.name,
        via=actor.via.value,
        total=new.total,
        rate=new.rate,
        undoes=new.undoes,
        now=now,
    )


def confirm_items(session: Session, actor: Actor, new: New, *, listed: int, now: datetime) -> Begun:
    """Write down that it has begun, with as many deliveries as were listed.

    Raises AlreadyBegunError if another operation has some of them in hand.
    """
    _demand_free(session, new.id)
    # Some may have been settled since they were counted.
    if listed != new.total:
        execute(
            session,
            "UPDATE bulk_operations SET total = %(total)s WHERE id = %(id)s",
            id=new.id,
            total=listed,
        )
    details = {"deliveries": listed, "selection": new.selection}
    deed = Deed(f"bulk.{new.kind}", bulk_id=str(new.id), why=new.why, details=details)
    record(session, actor, deed, now=now)
    return Begun(new.id, listed)


def _demand_free(session: Session, bulk_id: UUID) -> None:
    """By bulk_items_in_hand_idx, a probe for each delivery of this one.

    Written so that Postgres can't begin with the open operations instead and compare all of each
    with all of this one: their deliveries may be ten thousand each, and statistics know of none.
    """
    rows = fetch(
        session,
        f"""
        WITH mine AS MATERIALIZED (
            SELECT seq, handler FROM bulk_items WHERE bulk_id = %(id)s
        ), others AS MATERIALIZED (
            SELECT held.bulk_id, count(*) AS count FROM mine CROSS JOIN LATERAL (
                SELECT few.bulk_id FROM bulk_items AS few
                WHERE few.seq = mine.seq AND few.handler = mine.handler
                    AND few.result IN {IN_HAND} AND few.bulk_id <> %(id)s
                OFFSET 0
            ) AS held GROUP BY held.bulk_id
        )
        SELECT others.bulk_id, open.kind, open.actor, others.count
        FROM others JOIN bulk_operations AS open ON open.id = others.bulk_id
            AND open.state IN ('canary', 'running')
        ORDER BY others.count DESC LIMIT 1
        """,
        id=bulk_id,
    )
    for other, kind, actor, count in rows:
        raise AlreadyBegunError(
            f"{count:,} of these are in a {kind} that {actor} has begun and that isn't over"
            f" ({other}). Nothing more was begun: wait for its end, or cancel it.",
            UUID(str(other)),
        )
