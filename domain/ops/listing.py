"""Finds deliveries by what ops know of them, a page at a time, however many there are.

What an index serves is found by it. Else so many of the newest are looked through and no more; the
page then says how far it has looked, and leads further back.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlmodel import Session

from domain.catalogue import CATALOGUE
from domain.ops.filters import Cursor, DeliveryFilter, Found, Listed
from domain.ops.moments import seq_at
from domain.sql import fetch, fetch_dicts
from domain.tables.ledger import DeliveryState

PAGE: Final = 50
# Of what no index serves, so many are looked at for one page.
LOOKED_AT: Final = 20_000
# What has to be read for it besides is more for a person: whatever names them.
LOOKED_AT_FOR_A_PERSON: Final = 4_000


def list_deliveries(
    session: Session, wanted: DeliveryFilter, *, after: Cursor | None = None, limit: int = PAGE
) -> Found:
    """Give a page of deliveries: the newest first; what is pending by handler, longest due first.

    Of a kind of error in a handler that which died last comes first. By the index of the state, of
    what is due, of the kind, of the subject, or by the primary key. Reads no more rows than
    `looked_at` says; entries of an index that holds the handler too aren't counted.
    """
    order, moment = _order(wanted)
    source, values = _source(session, wanted, after)
    rest, more = _rest(wanted)
    values |= more | {"limit": limit + 1, "looked_at": looked_at(wanted)}
    looked = f"SELECT row.* {source} ORDER BY {order} LIMIT %(looked_at)s"
    rows = fetch_dicts(
        session,
        f"""
        SELECT {_COLUMNS} FROM (
            SELECT row.* FROM ({looked}) AS row {rest} LIMIT %(limit)s
        ) AS row LEFT JOIN domain_events AS said
            ON said.seq = row.seq AND said.received_at = row.received_at
        ORDER BY {order}
        """,
        **values,
    )
    listed = [Listed(**row) for row in rows]
    if len(listed) > limit:
        row = listed[limit - 1]
        return Found(
            listed[:limit], Cursor(row.seq, row.handler, getattr(row, moment)), was_cut=False
        )
    last = fetch(
        session,
        f"SELECT row.seq, row.handler, row.{moment} FROM ({looked}) AS row"
        " OFFSET %(looked_at)s - 1",
        **values,
    )
    return Found(listed, Cursor(*last[0]) if last else None, was_cut=bool(last))


def looked_at(wanted: DeliveryFilter) -> int:
    """Give how many are looked at for a page at most."""
    return LOOKED_AT if wanted.user is None else LOOKED_AT_FOR_A_PERSON


_BY_NUMBER: Final = "row.seq DESC, row.handler DESC"
_BY_DUE: Final = "row.handler, row.due_at, row.seq"
# States of which there are few; an index holds them alone.
_UNUSUAL: Final = frozenset(DeliveryState) - {DeliveryState.PENDING, DeliveryState.DONE}


# Of one kind of error in one handler, as deliveries_dead_idx has it.
_BY_DEATH: Final = "row.settled_at DESC, row.seq DESC"


def is_by_number(wanted: DeliveryFilter) -> bool:
    """Say whether a page is in the order of receipt, so that what comes later stands before it."""
    return not _is_by_due(wanted) and not _is_by_death(wanted)


def _is_by_due(wanted: DeliveryFilter) -> bool:
    return wanted.state is DeliveryState.PENDING and wanted.subject is None


def _is_by_death(wanted: DeliveryFilter) -> bool:
    """Say whether one kind of what is dead is meant, which an index holds together."""
    return (
        wanted.state is DeliveryState.DEAD
        and wanted.subject is None
        and wanted.handler is not None
        and wanted.error is not None
    )


def _order(wanted: DeliveryFilter) -> tuple[str, str]:
    """Give the order, and which moment a cursor needs to go on in it."""
    if _is_by_due(wanted):
        return _BY_DUE, "due_at"
    return (_BY_DEATH, "settled_at") if _is_by_death(wanted) else (_BY_NUMBER, "due_at")


_COLUMNS: Final = """
    row.seq, row.handler, row.lane, row.state, row.attempts, row.deaths, row.awaits, row.reason,
    row.error, row.fingerprint, row.received_at, row.due_at, row.settled_at, said.type,
    said.subject
"""


def _source(
    session: Session, wanted: DeliveryFilter, after: Cursor | None
) -> tuple[str, dict[str, Any]]:
    """Say where to look in order, by what an index serves."""
    source = "FROM deliveries AS row"
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if wanted.subject is not None:
        # Ordered by the index on subject; a page needs no more than it shows.
        source = (
            "FROM domain_events AS told JOIN deliveries AS row"
            " ON row.seq = told.seq AND row.received_at = told.received_at"
        )
        conditions.append("told.subject = %(subject)s")
        values["subject"] = wanted.subject
    if wanted.state in _UNUSUAL:
        # Written out, or a prepared statement couldn't use an index that is for these alone.
        conditions.append(f"row.state = '{wanted.state}'")
    by_number = is_by_number(wanted)
    if _is_by_due(wanted):
        conditions.append("row.due_at IS NOT NULL")
    if _is_by_death(wanted):
        conditions.append("row.fingerprint = %(error)s")
    if wanted.handler is not None and (not by_number or wanted.state in _UNUSUAL):
        # In the index: others of that state, however many, don't stand in its way.
        conditions.append("row.handler = %(of)s")
        values["of"] = wanted.handler
    if after is not None:
        values |= {"seq": after.seq, "handler": after.handler, "moment": after.due_at}
        conditions.append(_beyond(wanted))
    for name, moment, sign in (("low", wanted.since, ">="), ("high", wanted.until, "<")):
        if moment is not None and by_number:
            conditions.append(f"row.seq {sign} %({name})s")
            values[name] = seq_at(session, moment)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"{source} {where}", values


def _beyond(wanted: DeliveryFilter) -> str:
    """Say what comes after the cursor, in the order of the page."""
    if _is_by_due(wanted):
        return "(row.handler, row.due_at, row.seq) > (%(handler)s, %(moment)s, %(seq)s)"
    if _is_by_death(wanted):
        return "(row.settled_at, row.seq) < (%(moment)s, %(seq)s)"
    return "(row.seq, row.handler) < (%(seq)s, %(handler)s)"


def _rest(wanted: DeliveryFilter) -> tuple[str, dict[str, Any]]:
    """Say what is asked of each that is looked at."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if wanted.state is not None and wanted.state not in _UNUSUAL:
        conditions.append("row.state = %(state)s")
        values["state"] = wanted.state.value
    handlers = _handlers(wanted)
    if handlers is not None:
        conditions.append("row.handler = ANY(%(handlers)s)")
        values["handlers"] = list(handlers)
    if wanted.error is not None:
        conditions.append("row.fingerprint = %(error)s")
        values["error"] = wanted.error
    if wanted.died is not None:
        conditions.append("row.state = 'dead' AND row.settled_at >= %(died)s")
        values["died"] = wanted.died
    for name, moment, sign in (("since", wanted.since, ">="), ("until", wanted.until, "<")):
        if moment is not None:
            # Numbers are given a moment before the time of receipt is taken.
            conditions.append(f"row.received_at {sign} %({name})s")
            values[name] = moment
    if wanted.user is not None:
        conditions.append(_ABOUT)
        values["user"] = wanted.user
    return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), values


# Whoever a domain event is about is its subject, has published it, or is named by an id in it.
_ABOUT: Final = """
EXISTS (
    SELECT FROM domain_events AS told
    WHERE told.seq = row.seq AND told.received_at = row.received_at
        AND (told.subject = %(user)s OR told.actor = %(user)s
            OR jsonb_path_exists(told.data, '$.* ? (@ == $user)',
                jsonb_build_object('user', %(user)s::text)))
)
"""


def _handlers(wanted: DeliveryFilter) -> Iterable[str] | None:
    """Give the handlers that may be meant: that one, those that take the type, or None for all."""
    if wanted.type is None:
        return None if wanted.handler is None else [wanted.handler]
    taking = {
        handler.name
        for payload, handlers in CATALOGUE.items()
        if wanted.type == payload.NAME
        for handler in handlers
    }
    return taking if wanted.handler is None else taking & {wanted.handler}
