"""Lines up what people are told, in the transaction of what it is about.

The last thing that a transaction does: rows here are locked after all others, in one order, so that
nobody who waits for one holds what another one needs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.batch import DomainEvent
from domain.constants import KUDOS_GATHERED
from domain.notifications.occasions import OCCASIONS, TOLD_BY
from domain.notifications.people import FACTS, SETTINGS, between, recipient
from domain.notifications.rules import Occasion, Recipient, categories_of, plan
from domain.outbox import derived_id
from domain.payload import Payload
from domain.sql import array, as_json, execute, fetch
from domain.tables.notifications import NotificationStatus, Template

Row = dict[str, Any]
# So many rows go into one statement: what a fan-out holds in memory doesn't grow further.
PORTION: Final = 5_000
_PLANNED: Final = "now() + (send_after - %(now)s::timestamptz)"


class Intent(NamedTuple):
    """That somebody is to be told something."""

    template: Template
    seq: int
    time: datetime
    user_id: str
    caused_by: str | None
    params: Mapping[str, Any]
    until: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    key: str
    thread: str | None
    recipient: Recipient


def tell_of(
    session: Session, handler: str, applied: Sequence[DomainEvent[Payload]], *, now: datetime
) -> int:
    """Tell of what a handler has applied to some effect; give how many rows that made."""
    return tell(session, TOLD_BY.get(handler, ()), applied, now=now)


def tell(
    session: Session,
    templates: Iterable[Template],
    applied: Sequence[DomainEvent[Payload]],
    *,
    now: datetime,
) -> int:
    """Line up these texts for everybody concerned; give how many rows that made.

    Whoever isn't told gets a row too, with the reason. What was told before isn't told again.
    """
    if not applied:
        return 0
    intents = [each for template in templates for each in _intents(session, template, applied)]
    rows = [row for intent in _gather(intents) for row in _rows(intent, now)]
    unique = {(row["user_id"], row["dedupe_key"], row["channel"]): row for row in reversed(rows)}
    listed = [unique[key] for key in sorted(unique)]
    waiting = [row for row in listed if _waits_in_thread(row)]
    rest = [row for row in listed if not _waits_in_thread(row)]
    waiting.sort(key=lambda row: (row["user_id"], row["thread"], row["channel"]))
    return sum(_insert(session, portion, now=now) for portion in _portions(rest)) + sum(
        _join(session, portion, now=now) for portion in _portions(waiting)
    )


def _intents(
    session: Session, template: Template, applied: Sequence[DomainEvent[Payload]]
) -> list[Intent]:
    """Read whom a text concerns, and what decides whether they may be told."""
    occasion = OCCASIONS[template]
    if template is Template.KUDOS:
        applied = _first_thanks(session, applied)
    asked = (
        {"seq": each.seq, "time": each.time, "data": each.payload.model_dump(include={*fields})}
        for each in applied
        for fields in (occasion.fields,)
    )
    rows = fetch(
        session,
        f"""
        WITH asked AS MATERIALIZED (
            SELECT * FROM jsonb_to_recordset(%(asked)s::jsonb)
                AS said (seq bigint, time timestamptz, data jsonb)
        ), told (seq, time, user_id, caused_by, params, until, starts_at, ends_at, key, thread) AS (
            {occasion.recipients}
        )
        SELECT told.*, {FACTS}, {between("told.user_id", "told.caused_by")}
        FROM told JOIN users ON users.id = told.user_id {SETTINGS}
        WHERE told.until IS NOT NULL AND users.deleted_at IS NULL
        ORDER BY told.time, told.seq, told.user_id
        """,
        asked=as_json(asked),
    )
    return [Intent._make((template, *row[:10], recipient(*row[10:]))) for row in rows]


def _first_thanks(
    session: Session, applied: Sequence[DomainEvent[Payload]]
) -> list[DomainEvent[Payload]]:
    """Leave out kudos for whom news of kudos waits already: under a flood that is nearly all.

    The lock does what joining does: whoever sends what waits counts these too. Senders alone wait
    for it, or it for them; batches never for one another.
    """
    earliest: dict[str, datetime] = {}
    for each in applied:
        person = each.payload.__dict__["receiver_id"]
        earliest[person] = min(earliest.get(person, each.time), each.time)
    rows = fetch(
        session,
        """
        SELECT kept.user_id FROM notifications AS kept
        JOIN unnest(%(users)s::uuid[], %(times)s::timestamptz[]) AS heard (user_id, time)
            ON heard.user_id = kept.user_id
        WHERE kept.thread = 'kudos' AND kept.status = 'scheduled' AND kept.attempts = 0
            AND (kept.params->>'since')::timestamptz <= heard.time
        ORDER BY kept.user_id FOR KEY SHARE OF kept
        """,
        users=array(earliest),
        times=array(time.isoformat() for time in earliest.values()),
    )
    told = {person for (person,) in rows}
    return [each for each in applied if each.payload.__dict__["receiver_id"] not in told]


def _gather(intents: Iterable[Intent]) -> list[Intent]:
    """Make one of those of a thread, the earliest; what a block keeps from somebody stays alone."""
    gathered: list[Intent] = []
    threads: dict[tuple[str, str], Intent] = {}
    for intent in intents:
        if intent.thread is None or intent.recipient.is_blocked:
            gathered.append(intent._replace(thread=None))
        else:
            threads.setdefault((intent.user_id, intent.thread), intent)
    return [*gathered, *threads.values()]


def _rows(intent: Intent, now: datetime) -> Iterator[Row]:
    """Give a row for each channel."""
    wait = KUDOS_GATHERED if intent.template is Template.KUDOS else timedelta()
    occasion = Occasion(now + wait, intent.until, intent.starts_at, intent.ends_at)
    for category in categories_of(intent.template, intent.starts_at, now):
        status, reason, send_after = plan(intent.recipient, category, occasion, now=now)
        channel = str(category.channel)
        yield {
            "id": derived_id("notification", intent.user_id, intent.key, channel),
            "user_id": intent.user_id,
            "category": category,
            "template": intent.template,
            "params": intent.params,
            "channel": channel,
            "dedupe_key": intent.key,
            "thread": intent.thread,
            "caused_by": intent.caused_by,
            "status": status,
            "reason": reason,
            "send_after": send_after,
            "expires_at": intent.until,
            "starts_at": intent.starts_at,
            "ends_at": intent.ends_at,
            "domain_event_id": intent.seq,
        }


def _waits_in_thread(row: Row) -> bool:
    return row["thread"] is not None and row["status"] is NotificationStatus.SCHEDULED


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while portion := list(islice(left, PORTION)):
        yield portion


def _insert(session: Session, rows: Sequence[Row], *, now: datetime) -> int:
    """Insert rows that are sorted by their key, but for those whose key is taken.

    When one is to go out is kept by the database's clock too, which `now` may be ahead of.
    """
    columns = ", ".join(rows[0])
    return execute(
        session,
        f"""
        INSERT INTO notifications ({columns}, planned_at)
        SELECT {columns}, {_PLANNED}
        FROM jsonb_populate_recordset(NULL::notifications, %(rows)s::jsonb)
        ON CONFLICT DO NOTHING
        """,
        rows=as_json(rows),
        now=now,
    )


def _join(session: Session, rows: Sequence[Row], *, now: datetime) -> int:
    """Insert rows that are sorted by their thread, or join the one of the thread that waits.

    Joining locks that one until the commit: whoever sends it waits, and then counts what joined. It
    lasts as long as the last that joined.
    """
    columns = ", ".join(rows[0])
    said = ", ".join(f"said.{column}" for column in rows[0])
    return execute(
        session,
        f"""
        INSERT INTO notifications AS kept ({columns}, planned_at)
        SELECT {said}, {_PLANNED}
        FROM jsonb_populate_recordset(NULL::notifications, %(rows)s::jsonb) AS said
        WHERE NOT EXISTS (
            SELECT FROM notifications AS told WHERE told.user_id = said.user_id
                AND told.dedupe_key = said.dedupe_key AND told.channel = said.channel)
        ON CONFLICT (user_id, thread, channel)
            WHERE status = 'scheduled' AND attempts = 0 AND thread IS NOT NULL
        DO UPDATE SET updated_at = now(),
            expires_at = greatest(kept.expires_at, excluded.expires_at), params = CASE
            WHEN (excluded.params->>'since')::timestamptz < (kept.params->>'since')::timestamptz
            THEN excluded.params ELSE kept.params END
        """,
        rows=as_json(rows),
        now=now,
    )
