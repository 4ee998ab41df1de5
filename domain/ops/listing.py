"""Finds deliveries by what ops know of them, a page at a time, however many there are.

What an index serves is found by it. Else so many of the newest are looked through and no more; the
page then says how far it has looked, and leads further back.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from domain.ops.filters import Cursor, DeliveryFilter, Found, Listed
from domain.ops.grouped import (
    BY_DEATH,
    BY_DUE,
    is_by_death,
    is_by_due,
    source_by_death,
    source_by_due,
)
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
    """Give a page of deliveries: the newest first; what is due by handler, longest due first.

    Of a part of what is dead that which died last comes first. By the index of what is due, of the
    kind, of the state, of the subject, or by the primary key. Looks at no more rows than
    `looked_at` says in all, of what is dead at no more than a page of each kind; entries of an
    index that holds the handler too aren't counted, and of what is due in a handler neither are
    those in another state, or due at the very same moment.
    """
    place = _place(session, wanted, after)
    rest, more = _rest(wanted, place.order)
    values = place.values | more | {"limit": limit + 1, "looked_at": looked_at(wanted)}
    # Where nothing is left to be asked of them, no more than the page.
    values["most"] = looked_at(wanted) if rest else limit + 1
    looked = f"SELECT row.* FROM {place.source} ORDER BY {place.order} LIMIT %(looked_at)s"
    rows = fetch_dicts(
        session,
        f"""
        SELECT {_COLUMNS} FROM (
            SELECT row.* FROM ({looked}) AS row {rest} ORDER BY {place.order} LIMIT %(limit)s
        ) AS row LEFT JOIN domain_events AS said
            ON said.seq = row.seq AND said.received_at = row.received_at
        ORDER BY {place.order}
        """,
        **values,
    )
    listed = [Listed(**row) for row in rows]
    if len(listed) > limit:
        row = listed[limit - 1]
        return Found(
            listed[:limit], Cursor(row.seq, row.handler, getattr(row, place.moment)), was_cut=False
        )
    last = fetch(
        session,
        f"SELECT row.seq, row.handler, row.{place.moment} FROM ({looked}) AS row"
        " OFFSET %(looked_at)s - 1",
        **values,
    )
    return Found(listed, Cursor(*last[0]) if last else None, was_cut=bool(last))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to look, in which order, and which moment a cursor needs to go on in it."""

    source: str
    values: dict[str, Any]
    order: str
    moment: str


def looked_at(wanted: DeliveryFilter) -> int:
    """Give how many are looked at for a page at most."""
    return LOOKED_AT if wanted.user is None else LOOKED_AT_FOR_A_PERSON


_BY_NUMBER: Final = "row.seq DESC, row.handler DESC"
# States of which there are few; an index holds them alone.
_UNUSUAL: Final = frozenset(DeliveryState) - {DeliveryState.PENDING, DeliveryState.DONE}


def is_by_number(wanted: DeliveryFilter) -> bool:
    """Say whether a page is in the order of receipt, so that what comes later stands before it."""
    return not is_by_due(wanted) and not is_by_death(wanted)


def _place(session: Session, wanted: DeliveryFilter, after: Cursor | None) -> _Place:
    if is_by_due(wanted):
        return _Place(*source_by_due(session, wanted, after), BY_DUE, "due_at")
    if is_by_death(wanted) and (found := source_by_death(session, wanted, after)):
        return _Place(*found, BY_DEATH, "settled_at")
    return _Place(*_source(session, wanted, after), _BY_NUMBER, "due_at")


_COLUMNS: Final = """
    row.seq, row.handler, row.lane, row.state, row.attempts, row.deaths, row.awaits, row.reason,
    row.error, row.fingerprint, row.received_at, row.due_at, row.settled_at, said.type,
    said.subject
"""


def _source(
    session: Session, wanted: DeliveryFilter, after: Cursor | None
) -> tuple[str, dict[str, Any]]:
    """Say where to look in the order of receipt, by what an index serves."""
    source = "deliveries AS row"
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if wanted.subject is not None:
        # Ordered by the index on subject; a page needs no more than it shows.
        source = (
            "domain_events AS told JOIN deliveries AS row"
            " ON row.seq = told.seq AND row.received_at = told.received_at"
        )
        conditions.append("told.subject = %(subject)s")
        values["subject"] = wanted.subject
    if wanted.state in _UNUSUAL:
        # Written out, or a prepared statement couldn't use an index that is for these alone.
        conditions.append(f"row.state = '{wanted.state}'")
        if wanted.handlers is not None:
            # In the index: others of that state, however many, don't stand in its way.
            conditions.append("row.handler = ANY(%(of)s)")
            values["of"] = sorted(wanted.handlers)
    if after is not None:
        values |= {"seq": after.seq, "handler": after.handler}
        conditions.append("(row.seq, row.handler) < (%(seq)s, %(handler)s)")
    for name, moment, sign in (("low", wanted.since, ">="), ("high", wanted.until, "<")):
        if moment is not None:
            conditions.append(f"row.seq {sign} %({name})s")
            values[name] = seq_at(session, moment)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"{source} {where}", values


def _rest(wanted: DeliveryFilter, order: str) -> tuple[str, dict[str, Any]]:
    """Say what is asked of each that is looked at, as far as the index hasn't answered it."""
    asked: dict[str, tuple[str, object]] = {}
    if order == _BY_NUMBER:
        asked |= {
            "state": ("row.state = %(state)s", wanted.state not in _UNUSUAL and wanted.state),
            "names": ("row.handler = ANY(%(names)s)", _names(wanted)),
            "due": ("row.due_at <= %(due)s", wanted.due),
        }
    if order != BY_DEATH:
        asked |= {
            "error": ("row.fingerprint = %(error)s", wanted.error),
            "died": ("row.state = 'dead' AND row.settled_at >= %(died)s", wanted.died),
        }
    # Numbers are given a moment before the time of receipt is taken.
    asked |= {
        "since": ("row.received_at >= %(since)s", wanted.since),
        "until": ("row.received_at < %(until)s", wanted.until),
        "user": (_ABOUT, wanted.user),
    }
    meant = {name: each for name, each in asked.items() if each[1] not in (None, False)}
    where = " AND ".join(condition for condition, _ in meant.values())
    values = {name: value for name, (_, value) in meant.items()}
    return (f"WHERE {where}" if where else ""), values


def _names(wanted: DeliveryFilter) -> list[str] | None:
    is_in_index = wanted.state in _UNUSUAL
    return None if wanted.handlers is None or is_in_index else sorted(wanted.handlers)


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
