"""Applies what happens to invitations: facts are kept, invitations and seats follow from them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, DomainEvent, Effects
from domain.blocks import stands_between
from domain.calendar import age_on
from domain.facts import keep
from domain.gatherings.payloads import EventSettled
from domain.invitations.payloads import (
    InvitationCancelled,
    InvitationDeclined,
    InvitationExpired,
    InvitationReconfirmed,
    InvitationSent,
)
from domain.invitations.rules import judge_invitation
from domain.invitations.settling import refund_unseated, settle
from domain.payload import Payload, thing
from domain.payments.payloads import PaymentFailed, PaymentSucceeded
from domain.sql import fetch, insert_missing
from domain.tables.payments import PaymentPurpose
from domain.things import Hold, existing, lock, refused
from domain.users.payloads import UserDeparted
from domain.verdict import Accepted, Deferred, Rejected, Verdict, refers_to_rejected


def apply_invitation_sent(session: Session, batch: Batch[InvitationSent], now: datetime) -> Effects:
    """Make invitations, unless the person may not be invited or is invited already."""
    del now
    verdicts = _barred(session, batch)
    allowed = sorted(batch.without(verdicts), key=lambda each: each.stamp.order)
    insert_missing(
        session,
        "invitations",
        [
            {
                "id": sent.payload.invitation_id,
                **sent.payload.model_dump(
                    include={"event_id", "user_id", "match_reason", "duo_id"}
                ),
                "status": "sent",
            }
            for sent in allowed
        ],
    )
    verdicts |= _taken(session, batch.without(verdicts))
    return _keep_and_settle(session, batch, Effects(verdicts))


def apply_invitation_declined(
    session: Session, batch: Batch[InvitationDeclined], now: datetime
) -> Effects:
    """Decline what wasn't answered yet."""
    del now
    return _keep_and_settle(session, batch, Effects())


def apply_invitation_cancelled(
    session: Session, batch: Batch[InvitationCancelled], now: datetime
) -> Effects:
    """Give up seats, early or late."""
    del now
    return _keep_and_settle(session, batch, Effects())


def apply_invitation_reconfirmed(
    session: Session, batch: Batch[InvitationReconfirmed], now: datetime
) -> Effects:
    """Confirm again after a change of plan."""
    del now
    return _keep_and_settle(session, batch, Effects())


def apply_invitation_expired(
    session: Session, batch: Batch[InvitationExpired], now: datetime
) -> Effects:
    """End what wasn't answered, or not reconfirmed, in time."""
    del now
    return _keep_and_settle(session, batch, Effects())


def apply_payment_succeeded(
    session: Session, batch: Batch[PaymentSucceeded], now: datetime
) -> Effects:
    """Take seats with what was paid, or have it sent back."""
    del now
    return _apply_payments(session, batch)


def apply_payment_failed(session: Session, batch: Batch[PaymentFailed], now: datetime) -> Effects:
    """Note on invitations that a card was refused."""
    del now
    return _apply_payments(session, batch)


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Judge again all invitations to events that changed."""
    del now
    rows = fetch(
        session,
        "SELECT id, event_id FROM invitations WHERE event_id = ANY(%(events)s)",
        events=[each.payload.event_id for each in batch],
    )
    causes = {each.payload.event_id: each for each in batch}
    effects = Effects()
    settle(session, {invitation: causes[event] for invitation, event in rows}, effects)
    return effects


def apply_user_departed(session: Session, batch: Batch[UserDeparted], now: datetime) -> Effects:
    """Judge again the invitations of people who left."""
    del now
    rows = fetch(
        session,
        "SELECT id, event_id, user_id FROM invitations WHERE user_id = ANY(%(users)s)",
        users=[each.payload.user_id for each in batch],
    )
    lock(session, "event", (event for _, event, _ in rows), Hold.CHANGE)
    causes = {each.payload.user_id: each for each in batch}
    effects = Effects()
    settle(session, {invitation: causes[user] for invitation, _, user in rows}, effects)
    return effects


def _keep_and_settle(session: Session, batch: Batch[Payload], effects: Effects) -> Effects:
    """Keep what was said about invitations and settle them under the locks of their events."""
    kept = batch.without(effects.verdicts)
    causes: dict[str, DomainEvent[Payload]] = {each.payload.subject: each for each in kept}
    _lock_events(session, causes)
    keep(session, "invitation_facts", "invitation_id", kept)
    notes = settle(session, causes, effects)
    for each in kept:
        note = notes.get((each.payload.subject, each.stamp.order))
        if note is not None:
            effects.verdicts[each.seq] = Accepted(note)
    return effects


def _lock_events(session: Session, invitations: Iterable[str]) -> None:
    """Lock the events of invitations for change."""
    rows = fetch(
        session,
        "SELECT DISTINCT event_id FROM invitations WHERE id = ANY(%(ids)s)",
        ids=list(invitations),
    )
    lock(session, "event", (event for (event,) in rows), Hold.CHANGE)


def _barred(session: Session, batch: Batch[InvitationSent]) -> dict[int, Verdict]:
    """Refuse those who may not be invited to their event."""
    rows = fetch(
        session,
        f"""
        SELECT asked.seq, events.host_id = asked.user_id,
            {stands_between("events.host_id", "asked.user_id")}, users.status, users.birth_date,
            (events.starts_at AT TIME ZONE 'UTC')::date, events.age_min, events.age_max
        FROM unnest(%(seqs)s::bigint[], %(events)s::uuid[], %(users)s::uuid[])
            AS asked (seq, event_id, user_id)
        JOIN events ON events.id = asked.event_id
        JOIN users ON users.id = asked.user_id
        """,
        seqs=[each.seq for each in batch],
        events=[each.payload.event_id for each in batch],
        users=[each.payload.user_id for each in batch],
    )
    verdicts: dict[int, Verdict] = {}
    for seq, is_host, is_blocked, status, birth_date, day, low, high in rows:
        refusal = judge_invitation(
            is_host=is_host,
            is_blocked=is_blocked,
            status=status,
            age=age_on(birth_date, day),
            ages=(low, high),
        )
        if refusal is not None:
            verdicts[seq] = refusal
    return verdicts


def _taken(session: Session, batch: Batch[InvitationSent]) -> dict[int, Verdict]:
    """Refuse second invitations of a person to an event, and ids that mean something else."""
    rows = fetch(
        session,
        "SELECT id, event_id, user_id FROM invitations WHERE id = ANY(%(ids)s)",
        ids=[each.payload.invitation_id for each in batch],
    )
    made = {invitation: (event, user) for invitation, event, user in rows}
    verdicts: dict[int, Verdict] = {}
    for sent in batch:
        found = made.get(sent.payload.invitation_id)
        if found is None:
            verdicts[sent.seq] = Rejected("already_invited", "invited to this event before")
        elif found != (sent.payload.event_id, sent.payload.user_id):
            verdicts[sent.seq] = Rejected("id_taken", "this invitation_id invites somebody else")
    return verdicts


def _apply_payments(
    session: Session, batch: Batch[PaymentSucceeded] | Batch[PaymentFailed]
) -> Effects:
    """Settle the invitations that were paid for, once payment and invitation are known."""
    effects = Effects()
    effects.verdicts |= _unknown_payments(session, batch)
    rest = batch.without(effects.verdicts)
    effects.verdicts |= _unknown_invitations(session, rest, effects)
    causes: dict[str, DomainEvent[Payload]] = {
        each.payload.invitation_id: each
        for each in rest.without(effects.verdicts)
        if each.payload.invitation_id is not None
    }
    _lock_events(session, causes)
    notes = settle(session, causes, effects)
    for each in rest.without(effects.verdicts):
        note = notes.get((str(each.payload.invitation_id), each.stamp.order))
        if note is not None:
            effects.verdicts[each.seq] = Accepted(note)
    return effects


def _unknown_payments(
    session: Session, batch: Batch[PaymentSucceeded] | Batch[PaymentFailed]
) -> Mapping[int, Verdict]:
    """Wait for the payments topic to have kept what was said, or hear that it refused it."""
    rows = fetch(
        session,
        """
        SELECT asked.seq FROM unnest(%(seqs)s::bigint[], %(payments)s::uuid[], %(ids)s::text[],
            %(sources)s::text[]) AS asked (seq, payment_id, id, source)
        JOIN payment_facts AS fact USING (payment_id, id, source)
        """,
        seqs=[each.seq for each in batch],
        payments=[each.payload.payment_id for each in batch],
        ids=[each.id for each in batch],
        sources=[each.source for each in batch],
    )
    kept = {seq for (seq,) in rows}
    missing = [each for each in batch if each.seq not in kept]
    gone = refused(session, (thing("payment", each.payload.payment_id) for each in missing))
    return {
        each.seq: refers_to_rejected(name) if name in gone else Deferred(name)
        for each in missing
        for name in (thing("payment", each.payload.payment_id),)
    }


def _unknown_invitations(
    session: Session,
    batch: Batch[PaymentSucceeded] | Batch[PaymentFailed],
    effects: Effects,
) -> dict[int, Verdict]:
    """Wait for invitations; what was paid for a refused one goes back."""
    wanted = {each.payload.invitation_id for each in batch if each.payload.invitation_id}
    missing = wanted - existing(session, "invitation", wanted)
    gone = refused(session, (thing("invitation", each) for each in missing))
    verdicts: dict[int, Verdict] = {}
    for each in batch:
        paid = each.payload
        if paid.purpose is PaymentPurpose.SUBSCRIPTION or paid.invitation_id is None:
            verdicts[each.seq] = Accepted("not_for_a_seat")
        elif paid.invitation_id in missing:
            name = thing("invitation", paid.invitation_id)
            verdicts[each.seq] = Accepted("invitation_rejected") if name in gone else Deferred(name)
            if name in gone and isinstance(paid, PaymentSucceeded):
                refund_unseated(session, each, paid, effects)
    return verdicts
