"""Writes what providers say of handovers, and what that makes of the notifications.

Whoever heard something first, the sender's answer, a callback or somebody who asked, it comes to
the same. Locks notifications in the order of their keys, as the erasure of a person does, then
their handovers.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.constants import HANDOVER_LEASE, LISTED_WITHIN
from domain.notifications.outcome import Try, settle_tries
from domain.notifications.sending import Again, Outcome, conclude, put_back
from domain.sql import array, as_json, execute, fetch
from domain.tables.handovers import HandoverState
from domain.tables.notifications import Channel, NotificationStatus

SENDER_LOST: Final = "sender_lost"
# A channel, and what one of its notifications has become.
Change = tuple[str, str]
# How many that were lost are looked after at once.
PORTION: Final = 500
# What may become of what: an answer never takes back what is known better.
_LEADS_ON: Final = """
    CASE kept.state
    WHEN 'sending' THEN true
    WHEN 'unknown' THEN true
    WHEN 'sent' THEN said.state IN ('sent', 'delivered', 'failed')
    WHEN 'put_back' THEN said.state IN ('sent', 'delivered', 'failed')
    ELSE false END
"""


class Heard(NamedTuple):
    """What became known of a handover.

    `ask_at`: when to ask next. `send_after`: when what was put back may be tried again.
    """

    handover_id: str
    state: HandoverState
    provider_id: str | None = None
    reason: str | None = None
    ask_at: datetime | None = None
    send_after: datetime | None = None


def hear(session: Session, heard: Sequence[Heard], *, now: datetime) -> Counter[Change]:
    """Write what became known of handovers, and settle their notifications; count the changes."""
    if not heard:
        return Counter()
    ids = array(each.handover_id for each in heard)
    rows = fetch(
        session,
        """
        SELECT id, channel, status FROM notifications WHERE id IN (
            SELECT notification_id FROM handovers WHERE id = ANY(%(ids)s::uuid[]))
        ORDER BY user_id, dedupe_key, channel FOR NO KEY UPDATE
        """,
        ids=ids,
    )
    execute(
        session,
        f"""
        UPDATE handovers AS kept
        SET state = said.state, reason = said.reason, ask_at = said.ask_at, updated_at = now(),
            provider_id = coalesce(said.provider_id, kept.provider_id)
        FROM jsonb_populate_recordset(NULL::handovers, %(rows)s::jsonb) AS said
        WHERE kept.id = said.id AND {_LEADS_ON}
        """,
        rows=as_json(_row(each) for each in heard),
    )
    again = {each.handover_id: each.send_after for each in heard if each.send_after}
    statuses = _settle(session, [identity for identity, _, _ in rows], again, now=now)
    return Counter(
        (channel, str(statuses[identity]))
        for identity, channel, before in rows
        if statuses.get(identity, before) != before
    )


def _row(heard: Heard) -> dict[str, Any]:
    return {
        "id": heard.handover_id,
        "state": heard.state,
        "provider_id": heard.provider_id,
        "reason": heard.reason,
        "ask_at": heard.ask_at,
    }


def _settle(
    session: Session, told: Sequence[str], again: Mapping[str, datetime], *, now: datetime
) -> dict[str, NotificationStatus]:
    """Settle notifications by their handovers; give what they are now."""
    statuses: dict[str, NotificationStatus] = {}
    outcomes: dict[str, Outcome] = {}
    waiting: dict[str, Again] = {}
    for identity, kept in _read_handovers(session, told).items():
        status, reason = settle_tries(each.tried for each in kept)
        statuses[identity] = status
        if status is NotificationStatus.SCHEDULED:
            moments = (again.get(each.id, now) for each in kept)
            waiting[identity] = Again(max(moments), reason)
        else:
            names = [each.provider_id for each in kept if each.provider_id]
            outcomes[identity] = Outcome(status, reason, names[-1] if names else None)
    conclude(session, outcomes)
    put_back(session, waiting)
    return statuses


class _Kept(NamedTuple):
    """A handover as far as it decides what becomes of its notification."""

    id: str
    provider_id: str | None
    tried: Try


def _read_handovers(session: Session, told: Sequence[str]) -> dict[str, list[_Kept]]:
    """Read all handovers of these notifications, in the order made."""
    rows = fetch(
        session,
        """
        SELECT notification_id, id, provider_id, attempt, state, reason FROM handovers
        WHERE notification_id = ANY(%(ids)s::uuid[]) ORDER BY attempt, id
        """,
        ids=array(told),
    )
    found: defaultdict[str, list[_Kept]] = defaultdict(list)
    for notification, identity, provider_id, attempt, state, reason in rows:
        tried = Try(attempt, HandoverState(state), reason)
        found[notification].append(_Kept(identity, provider_id, tried))
    return found


def give_up_lost(session: Session, *, now: datetime) -> tuple[int, Counter[Change]]:
    """Mark what was in hand of a sender that is gone: nobody knows whether it was sent.

    Of an SMS the provider can be asked, after a while; of a push or an email nobody can. Gives how
    many handovers, and what that has changed.
    """
    rows = fetch(
        session,
        """
        SELECT id, channel FROM handovers
        WHERE state = 'sending' AND handed_over_at < %(until)s
        ORDER BY handed_over_at LIMIT %(limit)s
        """,
        until=now - HANDOVER_LEASE,
        limit=PORTION,
    )
    lost = [_lost(identity, channel, now=now) for identity, channel in rows]
    return len(rows), hear(session, lost, now=now)


def _lost(identity: str, channel: str, *, now: datetime) -> Heard:
    ask_at = now + LISTED_WITHIN if channel == Channel.SMS else None
    return Heard(identity, HandoverState.UNKNOWN, reason=SENDER_LOST, ask_at=ask_at)
