"""Says of domain events whom they told what, or why not: for ops. No names, no words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from domain.notifications.occasions import OCCASIONS, TOLD_BY
from domain.sql import fetch, fetch_dicts
from domain.tables.notifications import Template

# Of one domain event more are counted and not shown.
SHOWN: Final = 1_000
# The texts of which several become one, and by which handler each is told.
_THREADED: Final = {
    template: handler
    for handler, templates in TOLD_BY.items()
    for template in templates
    if template in {Template.KUDOS, Template.MESSAGE, Template.EVENT_POST}
}


@dataclass(slots=True)
class ToldTrace:
    """What somebody was told on a channel, or not, and why; or is about to be told.

    `told_with` is the domain event whose row this is, if the traced one has joined that.
    """

    id: str
    user_id: str
    template: str
    channel: str
    status: str
    reason: str | None
    send_after: datetime
    attempts: int
    told_with: int | None


_COLUMNS: Final = (
    "kept.id, kept.user_id, kept.template, kept.channel, kept.status, kept.reason, kept.send_after,"
    " kept.attempts"
)
_OWN: Final = f"""
SELECT kept.domain_event_id AS seq, {_COLUMNS}, NULL::bigint AS told_with
FROM notifications AS kept WHERE kept.domain_event_id = ANY(%(seqs)s)
ORDER BY kept.domain_event_id, kept.template, kept.user_id, kept.channel LIMIT %(limit)s
"""
# It joined what waited in its thread when it was applied: of those that count it, the newest that
# was made by then. (Only the newest may have waited; one that was made in the same moment was.)
_JOINED: Final = f"""
WITH applied AS MATERIALIZED (
    SELECT said.seq, said.time, said.data, applied.settled_at
    FROM deliveries AS applied
    JOIN domain_events AS said
        ON said.seq = applied.seq AND said.received_at = applied.received_at
    WHERE applied.seq = ANY(%(seqs)s) AND applied.handler = %(handler)s
        AND applied.state = 'done' AND applied.reason IS NULL
), asked AS (SELECT seq, time, data FROM applied
), told (seq, time, user_id, caused_by, params, until, starts_at, ends_at, key, thread) AS (
    {{recipients}}
)
SELECT told.seq, {_COLUMNS}, kept.domain_event_id AS told_with
FROM told JOIN applied ON applied.seq = told.seq
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (row.channel) row.* FROM notifications AS row
    WHERE row.user_id = told.user_id AND row.thread = told.thread
        AND (row.params->>'since')::timestamptz <= told.time
    ORDER BY row.channel, row.created_at <= applied.settled_at DESC, row.created_at DESC
) AS kept
WHERE NOT EXISTS (
    SELECT FROM notifications AS own
    WHERE own.domain_event_id = told.seq AND own.user_id = told.user_id)
ORDER BY told.seq, kept.user_id, kept.channel LIMIT %(limit)s
"""


def tellings(session: Session, seqs: Iterable[int]) -> dict[int, list[ToldTrace]]:
    """Give by domain event whom it told what, alone or with others."""
    asked = list(seqs)
    rows = fetch_dicts(session, _OWN, seqs=asked, limit=SHOWN)
    for template, handler in _THREADED.items():
        statement = _JOINED.format(recipients=OCCASIONS[template].recipients)
        rows += fetch_dicts(session, statement, seqs=asked, handler=handler, limit=SHOWN)
    told: dict[int, list[ToldTrace]] = {}
    for row in rows:
        told.setdefault(row.pop("seq"), []).append(_telling(row))
    return told


def _telling(row: dict[str, Any]) -> ToldTrace:
    return ToldTrace(**row)


def traceparents(session: Session, notifications: Iterable[str]) -> dict[str, str]:
    """Give the traceparents of the domain events that notifications tell of, by notification."""
    rows = fetch(
        session,
        "SELECT told.id, said.traceparent FROM notifications AS told"
        " JOIN domain_events AS said ON said.seq = told.domain_event_id"
        " WHERE told.id = ANY(%(ids)s::uuid[]) AND said.traceparent IS NOT NULL",
        ids=list(notifications),
    )
    return dict(rows)
