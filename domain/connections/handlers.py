"""Applies who met whom and what they wrote about it: the memory book."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from domain.attendance.payloads import AttendanceSettled
from domain.batch import Batch, DomainEvent, Effects
from domain.blocks import events_of_both
from domain.connections.facts import Key, forget_after_deletion, keep
from domain.connections.payloads import ConnectionUpdated
from domain.connections.rules import judge_entry
from domain.connections.settling import entry_of, settle, write
from domain.gatherings.payloads import EventSettled
from domain.safety.payloads import BlockSettled
from domain.sql import array, fetch
from domain.things import Hold, lock
from domain.users.payloads import UserDeparted
from domain.verdict import Accepted, Deferred, Verdict


def apply_connection_updated(
    session: Session, batch: Batch[ConnectionUpdated], now: datetime
) -> Effects:
    """Keep what owners write; done once the connection stands, and until then deferred."""
    del now
    effects = Effects(_refused(session, batch))
    accepted = batch.without(effects.verdicts)
    keep(session, accepted)
    entries = write(session, {_key(each): each for each in accepted}, effects)
    for updated in accepted:
        entry = entries.get(_key(updated))
        if entry is None:
            effects.verdicts[updated.seq] = Deferred(entry_of(_key(updated)))
        elif updated.stamp not in entry.authors:
            effects.verdicts[updated.seq] = Accepted("another_stands")
    return effects


def apply_attendance_settled(
    session: Session, batch: Batch[AttendanceSettled], now: datetime
) -> Effects:
    """Settle events at which somebody's attendance changed."""
    del now
    effects = Effects()
    settle(session, {each.payload.event_id: each for each in batch}, effects)
    return effects


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Settle events that changed."""
    del now
    effects = Effects()
    settle(session, {each.payload.event_id: each for each in batch}, effects)
    return effects


def apply_block_settled(session: Session, batch: Batch[BlockSettled], now: datetime) -> Effects:
    """Settle events at which both were, of whom one blocked the other or ended that."""
    del now
    effects = Effects()
    causes = {(each.payload.blocker_id, each.payload.blocked_id): each for each in batch}
    # Which pair was at which event doesn't matter: any of them tells what it followed from.
    cause = next(iter(causes.values()))
    events = lock(session, "event", events_of_both(session, causes), Hold.CHANGE)
    settle(session, dict.fromkeys(sorted(events), cause), effects)
    return effects


def apply_user_departed(session: Session, batch: Batch[UserDeparted], now: datetime) -> Effects:
    """Forget what people wrote later than their deletion, which was heard of later still."""
    del now
    effects = Effects()
    causes = {each.payload.user_id: each for each in batch}
    forgotten = forget_after_deletion(session, causes)
    settle(
        session,
        {event: causes[owner] for event, owner, _ in forgotten},
        effects,
        touched=forgotten,
    )
    return effects


def _key(updated: DomainEvent[ConnectionUpdated]) -> Key:
    said = updated.payload
    return said.event_id, said.owner_id, said.connected_user_id


def _refused(
    session: Session, batch: Iterable[DomainEvent[ConnectionUpdated]]
) -> dict[int, Verdict]:
    """Refuse what nobody may write."""
    listed = list(batch)
    rows = fetch(
        session,
        """
        SELECT asked.seq, events.host_id, users.deleted_at
        FROM unnest(%(seqs)s::bigint[], %(events)s::uuid[], %(owners)s::uuid[])
            AS asked (seq, event_id, owner_id)
        JOIN events ON events.id = asked.event_id
        JOIN users ON users.id = asked.owner_id
        """,
        seqs=array(str(each.seq) for each in listed),
        events=array(each.payload.event_id for each in listed),
        owners=array(each.payload.owner_id for each in listed),
    )
    known = {seq: (host, deleted_at) for seq, host, deleted_at in rows}
    verdicts: dict[int, Verdict] = {}
    for updated in listed:
        said = updated.payload
        host, deleted_at = known[updated.seq]
        refusal = judge_entry(
            said.owner_id,
            said.connected_user_id,
            host=host,
            time=updated.time,
            deleted_at=deleted_at,
        )
        if refusal is not None:
            verdicts[updated.seq] = refusal
    return verdicts
