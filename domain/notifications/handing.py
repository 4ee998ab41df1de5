"""Takes notifications in hand that are due on a channel, and puts them into words.

Each asks once more whether somebody is still concerned. What is taken is `sending`, with a handover
for each address, before any provider hears of it: what a crash leaves behind is known, and is never
sent again blindly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlmodel import Session

from domain.notifications.addresses import Address, hash_text, read_addresses
from domain.notifications.concern import Told, read_words, still_concerned
from domain.notifications.pacing import ask_leave, take_leave
from domain.notifications.sending import Begun, Left, claim, hand_over, is_due, leave_out
from domain.notifications.wording import Text, put_into_words
from domain.quiet_hours import quiet_from
from domain.sql import array, as_json, fetch
from domain.tables.notifications import Channel, NotificationStatus

UNWRITABLE: Final = "unwritable"


@dataclass(frozen=True, slots=True)
class InHand:
    """A handover that is to be made now: what goes to which address, and until when."""

    handover_id: str
    notification_id: str
    user_id: str
    attempt: int
    address: Address
    text: Text
    taken_at: datetime
    expires_at: datetime
    # When we heard of what it tells; None if it was to wait before it went out.
    heard_at: datetime | None = None


class Taken(NamedTuple):
    """What was taken in hand. If nothing was: until when to wait, or whether to look at once.

    `left`: of how many it was decided that they aren't sent, by their status.
    """

    in_hand: Sequence[InHand]
    wait_until: datetime | None = None
    has_looked: bool = False
    left: Mapping[str, int] = {}


class _Due(NamedTuple):
    """A notification that goes out: to these addresses, in these words."""

    told: Told
    addresses: Sequence[Address]
    text: Text


def take(
    session: Session, channel: Channel, *, limit: int, a_second: float | None, now: datetime
) -> Taken:
    """Take what is due in hand: at most `limit` handovers, at a rate of so many a second."""
    if not is_due(session, channel, now=now):
        # Without a word written: senders look again and again.
        return Taken([])
    leave = ask_leave(session, channel, now=now)
    if leave.wait_until is not None:
        return Taken([], leave.wait_until)
    most = 1 if leave.is_probe else limit
    ids = claim(session, channel, limit=most, now=now)
    go = still_concerned(session, ids, now=now)
    due = _written(session, channel, go, now=now)
    in_hand = _begin(session, channel, _within(due, most), now=now)
    if in_hand:
        cost = sum(each.text.segments for each in in_hand)
        spent = timedelta() if a_second is None else timedelta(seconds=cost / a_second)
        take_leave(session, channel, spent=spent, is_probe=leave.is_probe, now=now)
    taken = {each.notification_id for each in in_hand}
    left = [each for each in ids if each not in taken]
    return Taken(in_hand, has_looked=bool(ids), left=_left_out(session, left))


def _left_out(session: Session, ids: Sequence[str]) -> Mapping[str, int]:
    """Count those that were claimed and won't be sent, by their status."""
    if not ids:
        return {}
    rows = fetch(
        session,
        "SELECT status, count(*) FROM notifications"
        " WHERE id = ANY(%(ids)s::uuid[]) AND status <> 'scheduled' GROUP BY status",
        ids=array(ids),
    )
    return dict(rows)


class _Planned(NamedTuple):
    """A handover before it has an id."""

    due: _Due
    address: Address
    begun: Begun


def _written(session: Session, channel: Channel, go: Sequence[str], *, now: datetime) -> list[_Due]:
    """Put into words what has an address; the rest is suppressed, or failed, with the reason."""
    addresses, reasons = read_addresses(session, channel, go, now=now)
    left = {each: Left(NotificationStatus.SUPPRESSED, why) for each, why in reasons.items()}
    due: list[_Due] = []
    for told in read_words(session, addresses):
        text = put_into_words(told)
        if text is None:
            left[told.id] = Left(NotificationStatus.FAILED, UNWRITABLE)
        else:
            due.append(_Due(told, addresses[told.id], text))
    leave_out(session, left)
    return due


def _within(due: Iterable[_Due], limit: int) -> list[_Due]:
    """Give as many whole notifications as there are handovers to make, and one at least."""
    chosen: list[_Due] = []
    room = limit
    for each in due:
        if chosen and len(each.addresses) > room:
            break
        chosen.append(each)
        room -= len(each.addresses)
    return chosen


def _begin(
    session: Session, channel: Channel, due: Sequence[_Due], *, now: datetime
) -> list[InHand]:
    """Write that these are being sent, and a handover for each address."""
    if not due:
        return []
    segments = {each.told.id: each.text.segments for each in due if channel is Channel.SMS}
    begun = hand_over(session, [each.told.id for each in due], segments=segments)
    planned = [
        _Planned(each, address, begun[each.told.id]) for each in due for address in each.addresses
    ]
    ids = _insert(session, channel, planned, now=now)
    heard = _heard_at(session, begun.values())
    return [
        InHand(
            handover_id=identity,
            notification_id=each.due.told.id,
            user_id=each.begun.user_id,
            attempt=each.begun.attempt,
            address=each.address,
            text=each.due.text,
            taken_at=now,
            expires_at=_until(each, channel, now=now),
            heard_at=heard.get(each.begun.domain_event_id) if each.begun.is_prompt else None,
        )
        for identity, each in zip(ids, planned, strict=True)
    ]


def _heard_at(session: Session, begun: Iterable[Begun]) -> dict[int, datetime]:
    """Give when the domain events were received of which somebody is told at once."""
    seqs = {each.domain_event_id for each in begun if each.is_prompt}
    if not seqs:
        return {}
    return dict(
        fetch(
            session,
            "SELECT seq, received_at FROM domain_events WHERE seq = ANY(%(seqs)s::bigint[])",
            seqs=array(map(str, seqs)),
        )
    )


def _until(each: _Planned, channel: Channel, *, now: datetime) -> datetime:
    """Say until when a provider may pass it on: no text that waits there arrives at night."""
    night = quiet_from(now, each.due.told.words.zone)
    return min(each.begun.expires_at, night) if channel is Channel.SMS else each.begun.expires_at


def _insert(
    session: Session, channel: Channel, planned: Sequence[_Planned], *, now: datetime
) -> list[str]:
    """Insert handovers; their ids, in the same order."""
    is_sms = channel is Channel.SMS
    made = fetch(
        session,
        """
        INSERT INTO handovers (notification_id, channel, attempt, token_id, address_hash, body_hash,
            handed_over_at)
        SELECT notification_id, %(channel)s, attempt, token_id, address_hash, body_hash, %(now)s
        FROM jsonb_populate_recordset(NULL::handovers, %(rows)s::jsonb)
        RETURNING id, notification_id, token_id
        """,
        rows=as_json(
            {
                "notification_id": each.due.told.id,
                "attempt": each.begun.attempt,
                "token_id": each.address.token_id,
                "address_hash": hash_text(each.address.text) if is_sms else None,
                "body_hash": hash_text(each.due.text.body) if is_sms else None,
            }
            for each in planned
        ),
        channel=channel,
        now=now,
    )
    ids = {(notification, token): identity for identity, notification, token in made}
    return [ids[each.due.told.id, each.address.token_id] for each in planned]
