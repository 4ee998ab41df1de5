"""What senders do to the rows of `notifications`: the only way in which their status moves on.

A sender works in two transactions, with the provider between them.

1. `claim` locks what is due, `still_concerned` says which of it is to go, `read_words` gives what
   it is put into words with, and `hand_over` sets those to sending: all of it is in `handing.py`.
   Commit, then call the provider. The locks must be held from `claim` to that commit: what joins a
   row that waits is locked out for as long, and then makes a row of its own.
2. The outcome is heard for each address (`hearing.py`) and concluded for the notification; or it is
   put back, where the provider is known not to have taken it. Never after a time-out: that is
   unknown, and settled by evidence (guarantee G9).

    scheduled -> sending                           hand_over
    scheduled -> suppressed, expired, scheduled    still_concerned
    scheduled -> suppressed, failed                leave_out
    sending, unknown -> scheduled                  put_back
    sending -> sent, failed, unknown               conclude
    unknown -> sent, delivered, failed             conclude, by evidence
    sent -> delivered, failed                      conclude, by a receipt

A row may be gone when its outcome is to be written, since its person was erased: an update that
finds none has nothing to do. `thread` is never changed. It is open to what joins while the row is
scheduled with attempts = 0, so attempts never goes back to 0.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic_core import to_json
from sqlmodel import Session

from domain.sql import array, as_json, execute, fetch
from domain.tables.notifications import Channel, NotificationStatus


class Left(NamedTuple):
    """Why a notification that is due isn't sent: suppressed, or failed."""

    status: NotificationStatus
    reason: str


def is_due(session: Session, channel: Channel, *, now: datetime) -> bool:
    """Say whether anything of a channel is due; a look at an index."""
    rows = fetch(
        session,
        "SELECT FROM notifications WHERE channel = %(channel)s AND status = 'scheduled'"
        " AND send_after <= %(now)s ORDER BY send_after LIMIT 1",
        channel=channel,
        now=now,
    )
    return bool(rows)


def claim(session: Session, channel: Channel, *, now: datetime, limit: int) -> list[str]:
    """Lock up to so many of a channel that are due, the longest due first; give their ids.

    What another sender has claimed is left out, as is what something is just joining: that is
    found the next time. The lock must be this one: batches that leave out what waits already hold
    rows for key share, which no weaker one waits for.
    """
    rows = fetch(
        session,
        """
        SELECT id FROM notifications
        WHERE channel = %(channel)s AND status = 'scheduled' AND send_after <= %(now)s
        ORDER BY send_after, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        """,
        channel=channel,
        now=now,
        limit=limit,
    )
    return [identity for (identity,) in rows]


class Begun(NamedTuple):
    """A notification that is being sent now."""

    user_id: str
    attempt: int
    expires_at: datetime
    # The domain event that it follows from, and whether it was to go out at once.
    domain_event_id: int
    is_prompt: bool


def hand_over(
    session: Session, ids: Iterable[str], *, segments: Mapping[str, int] | None = None
) -> dict[str, Begun]:
    """Set claimed ones to sending, and count the attempt. Commit before the provider is called.

    `segments` says of text messages in how many parts they go.
    """
    rows = fetch(
        session,
        """
        UPDATE notifications AS told SET status = 'sending', attempts = told.attempts + 1,
            segments = (%(segments)s::jsonb->>(told.id::text))::smallint, updated_at = now()
        WHERE told.id = ANY(%(ids)s::uuid[]) AND told.status = 'scheduled'
        RETURNING told.id, told.user_id, told.attempts, told.expires_at, told.domain_event_id,
            told.attempts = 1 AND told.send_after <= told.created_at + interval '1 second'
        """,
        ids=array(ids),
        segments=to_json(segments or {}).decode(),
    )
    return {identity: Begun(*others) for identity, *others in rows}


class Again(NamedTuple):
    """When one that wasn't taken is to be tried again, and why it wasn't."""

    at: datetime
    reason: str | None = None


def put_back(session: Session, again: Mapping[str, Again]) -> int:
    """Have those that the provider surely hasn't taken tried again; give how many.

    They are judged again then. Meanwhile another of their thread may have come, and is told apart:
    it stands for what is later.
    """
    return execute(
        session,
        """
        WITH said AS MATERIALIZED (
            SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
                AS said (id uuid, at timestamptz, reason text)
        ), held AS MATERIALIZED (
            SELECT id FROM notifications
            WHERE id IN (SELECT id FROM said) AND status IN ('sending', 'unknown')
            ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE notifications AS told
        SET status = 'scheduled', send_after = said.at, reason = said.reason, updated_at = now()
        FROM said JOIN held USING (id) WHERE told.id = held.id
        """,
        rows=as_json({"id": each, **why._asdict()} for each, why in again.items()),
    )


class Outcome(NamedTuple):
    """What became of a notification, and by which name the provider knows it."""

    status: NotificationStatus
    reason: str | None
    provider_id: str | None


def conclude(session: Session, outcomes: Mapping[str, Outcome]) -> None:
    """Write what became of those that were handed over.

    What turns out to have been sent is so, whatever was decided of it meanwhile.
    """
    execute(
        session,
        """
        UPDATE notifications AS told SET status = said.status, reason = said.reason,
            provider_id = said.provider_id, updated_at = now()
        FROM jsonb_populate_recordset(NULL::notifications, %(rows)s::jsonb) AS said
        WHERE told.id = said.id
        """,
        rows=as_json({"id": each, **what._asdict()} for each, what in outcomes.items()),
    )


def leave_out(session: Session, reasons: Mapping[str, Left]) -> None:
    """Write of claimed ones why they aren't sent at all."""
    execute(
        session,
        """
        UPDATE notifications AS told SET status = said.status, reason = said.reason,
            updated_at = now()
        FROM jsonb_populate_recordset(NULL::notifications, %(rows)s::jsonb) AS said
        WHERE told.id = said.id AND told.status = 'scheduled'
        """,
        rows=as_json({"id": each, **what._asdict()} for each, what in reasons.items()),
    )
