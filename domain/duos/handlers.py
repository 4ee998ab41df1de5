"""Applies what happens to duos: facts are kept, duos are folded from them and their people's."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from domain.attendance.payloads import AttendanceSettled
from domain.batch import Batch, DomainEvent, Effects
from domain.duos.facts import Couple
from domain.duos.payloads import DuoAccepted, DuoDeclined, DuoExpired, DuoProposed
from domain.duos.proposing import judge_alone, judge_among_others, make_rows, unblocked
from domain.duos.settling import settle
from domain.facts import keep
from domain.gatherings.payloads import EventSettled
from domain.invitations.payloads import InvitationSettled
from domain.payload import Payload
from domain.safety.payloads import BlockSettled
from domain.sql import fetch
from domain.things import Hold, lock
from domain.users.payloads import UserDeparted
from domain.verdict import Accepted


def apply_duo_proposed(session: Session, batch: Batch[DuoProposed], now: datetime) -> Effects:
    """Make duos, unless one of the two is in another open one, or has blocked the other."""
    del now
    verdicts = judge_alone(batch)
    verdicts |= judge_among_others(session, batch.without(verdicts))
    verdicts |= make_rows(session, batch.without(verdicts))
    return _keep_and_settle(session, batch, Effects(verdicts))


def apply_duo_accepted(session: Session, batch: Batch[DuoAccepted], now: datetime) -> Effects:
    """Make pending duos active."""
    del now
    return _keep_and_settle(session, batch, Effects())


def apply_duo_declined(session: Session, batch: Batch[DuoDeclined], now: datetime) -> Effects:
    """End open duos by a no."""
    del now
    return _keep_and_settle(session, batch, Effects())


def apply_duo_expired(session: Session, batch: Batch[DuoExpired], now: datetime) -> Effects:
    """End open duos whose time has run out."""
    del now
    return _keep_and_settle(session, batch, Effects())


def apply_block_settled(session: Session, batch: Batch[BlockSettled], now: datetime) -> Effects:
    """Judge again duos between two of whom one blocks the other, or no longer does.

    Proposals that were refused across a block are judged again too: it may not have stood.
    """
    del now
    effects = _settle_between(session, batch)
    effects.arrived.update(unblocked(_couple(each).pair) for each in batch)
    return effects


def apply_user_departed(session: Session, batch: Batch[UserDeparted], now: datetime) -> Effects:
    """Judge again the duos of people who left."""
    del now
    return _settle_of_people(session, {each.payload.user_id: each for each in batch})


def apply_invitation_settled(
    session: Session, batch: Batch[InvitationSettled], now: datetime
) -> Effects:
    """Judge again the duos of people whose invitation may have been sent with another one."""
    del now
    return _settle_of_people(session, {each.payload.user_id: each for each in batch})


def apply_attendance_settled(
    session: Session, batch: Batch[AttendanceSettled], now: datetime
) -> Effects:
    """Judge again the duos with which people were invited to where they came, or didn't."""
    del now
    causes = {(each.payload.event_id, each.payload.user_id): each for each in batch}
    rows = fetch(
        session,
        """
        SELECT invited.duo_id, asked.event_id, asked.user_id
        FROM unnest(%(events)s::uuid[], %(users)s::uuid[]) AS asked (event_id, user_id)
        JOIN invitations AS invited USING (event_id, user_id)
        WHERE invited.duo_id IS NOT NULL
        """,
        events=[event for event, _ in causes],
        users=[user for _, user in causes],
    )
    return _settle(session, {duo: causes[event, user] for duo, event, user in rows})


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Judge again the duos with which people were invited to events that changed."""
    del now
    causes = {each.payload.event_id: each for each in batch}
    rows = fetch(
        session,
        "SELECT DISTINCT duo_id, event_id FROM invitations"
        " WHERE event_id = ANY(%(events)s::uuid[]) AND duo_id IS NOT NULL",
        events=list(causes),
    )
    return _settle(session, {duo: causes[event] for duo, event in rows})


def _keep_and_settle(session: Session, batch: Batch[Payload], effects: Effects) -> Effects:
    """Keep what was said about duos and settle them under their locks."""
    kept = batch.without(effects.verdicts)
    keep(session, "duo_facts", "duo_id", kept)
    notes = settle(session, {each.payload.subject: each for each in kept}, effects)
    for each in kept:
        note = notes.get((each.payload.subject, each.stamp.order))
        if note is not None:
            effects.verdicts[each.seq] = Accepted(note)
    return effects


def _couple(said: DomainEvent[BlockSettled]) -> Couple:
    return Couple(said.payload.blocker_id, said.payload.blocked_id)


def _settle_between(session: Session, batch: Batch[BlockSettled]) -> Effects:
    """Settle the duos between those of whom one blocks the other, or no longer does."""
    causes = {_couple(each).pair: each for each in batch}
    rows = fetch(
        session,
        """
        SELECT one.duo_id, asked.one, asked.other
        FROM unnest(%(ones)s::uuid[], %(others)s::uuid[]) AS asked (one, other)
        JOIN duo_participants AS one ON one.user_id = asked.one
        JOIN duo_participants AS other
            ON other.duo_id = one.duo_id AND other.user_id = asked.other
        WHERE asked.one <> asked.other
        """,
        ones=[one for one, _ in causes],
        others=[other for _, other in causes],
    )
    return _settle(session, {duo: causes[one, other] for duo, one, other in rows})


def _settle_of_people(session: Session, causes: Mapping[str, DomainEvent[Payload]]) -> Effects:
    """Settle all duos of people."""
    rows = fetch(
        session,
        "SELECT duo_id, user_id FROM duo_participants WHERE user_id = ANY(%(people)s::uuid[])",
        people=list(causes),
    )
    return _settle(session, {duo: causes[person] for duo, person in rows})


def _settle(session: Session, causes: Mapping[str, DomainEvent[Payload]]) -> Effects:
    """Lock and settle duos."""
    lock(session, "duo", causes, Hold.CHANGE)
    effects = Effects()
    settle(session, causes, effects)
    return effects
