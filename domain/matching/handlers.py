"""Marks what a domain event may have made stale; keeps where people go out; erases the deleted.

The change itself is written by another topic's handler of the same domain event, sooner or later:
see `requests.py`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from domain.attendance.payloads import AttendanceSettled
from domain.batch import Batch, DomainEvent, Effects
from domain.deleted import deletions, judge_late
from domain.gatherings.payloads import EventPublished, EventSettled, EventUpdated
from domain.invitations.payloads import InvitationDeclined
from domain.matching.erasing import erase
from domain.matching.places import move
from domain.matching.requests import Mark, mark
from domain.payload import Payload
from domain.profiles.payloads import InterestsSelected, PersonaUpdated
from domain.sql import array, fetch
from domain.tables.invitations import DeclineReason
from domain.tables.matching import RequestKind
from domain.things import Hold, lock
from domain.users.payloads import SocialProfileUpdated, UserDeparted
from domain.verdict import Verdict

P = TypeVar("P", bound=Payload)


def apply_social_profile_updated(
    session: Session, batch: Batch[SocialProfileUpdated], now: datetime
) -> Effects:
    """Mark profiles."""
    return _mark_of_people(
        session, batch, lambda said: [(RequestKind.PROFILE, said.user_id)], now=now
    )


def apply_persona_updated(session: Session, batch: Batch[PersonaUpdated], now: datetime) -> Effects:
    """Mark what is made of personas: their own vectors, profiles and what people like."""
    kinds = (RequestKind.PERSONA, RequestKind.PROFILE, RequestKind.POSITIVE)
    return _mark_of_people(
        session, batch, lambda said: [(kind, said.user_id) for kind in kinds], now=now
    )


def apply_interests_selected(
    session: Session, batch: Batch[InterestsSelected], now: datetime
) -> Effects:
    """Mark what people like, and the interests that they name, which are kept whoever does."""

    def named(said: InterestsSelected) -> list[tuple[RequestKind, str]]:
        return [(RequestKind.INTEREST, name.strip()) for name in said.interests]

    _mark(session, batch, named, now=now)
    return _mark_of_people(
        session, batch, lambda said: [(RequestKind.POSITIVE, said.user_id)], now=now
    )


def apply_event_published(session: Session, batch: Batch[EventPublished], now: datetime) -> Effects:
    """Mark events."""
    return _mark(session, batch, lambda said: [(RequestKind.EVENT, said.event_id)], now=now)


def apply_event_updated(session: Session, batch: Batch[EventUpdated], now: datetime) -> Effects:
    """Mark events."""
    return _mark(session, batch, lambda said: [(RequestKind.EVENT, said.event_id)], now=now)


def apply_invitation_declined(
    session: Session, batch: Batch[InvitationDeclined], now: datetime
) -> Effects:
    """Mark what people don't like, where they say that an event doesn't interest them."""
    uninteresting = DeclineReason.NOT_INTERESTED
    found = fetch(
        session,
        "SELECT id, user_id FROM invitations WHERE id = ANY(%(ids)s::uuid[])",
        ids=array(each.payload.invitation_id for each in batch),
    )
    invited: dict[str, str] = dict(found)
    said = Batch([each for each in batch if each.payload.decline_reason is uninteresting])
    return _mark(
        session,
        said,
        lambda declined: [(RequestKind.NEGATIVE, invited[declined.invitation_id])],
        now=now,
    )


def apply_attendance_settled(
    session: Session, batch: Batch[AttendanceSettled], now: datetime
) -> Effects:
    """Find anew where people were last."""
    del now
    move(session, {each.payload.user_id for each in batch})
    return Effects()


def apply_event_settled(session: Session, batch: Batch[EventSettled], now: datetime) -> Effects:
    """Find anew where those were last who were at events that have changed."""
    del now
    rows = fetch(
        session,
        "SELECT DISTINCT user_id FROM attendance WHERE event_id = ANY(%(events)s::uuid[])",
        events=array(each.payload.event_id for each in batch),
    )
    move(session, lock(session, "user", (person for (person,) in rows), Hold.CHANGE))
    return Effects()


def apply_user_departed(session: Session, batch: Batch[UserDeparted], now: datetime) -> Effects:
    """Erase what was made of people who were deleted."""
    del now
    erase(session, deletions(session, (each.payload.user_id for each in batch)))
    return Effects()


def _mark_of_people(
    session: Session,
    batch: Batch[P],
    stale: Callable[[P], Iterable[tuple[RequestKind, str]]],
    *,
    now: datetime,
) -> Effects:
    """Mark what people may have made stale, and refuse what they are said to do once deleted."""
    gone = deletions(session, (each.payload.subject for each in batch))
    refusals = ((each.seq, judge_late(each, gone.get(each.payload.subject))) for each in batch)
    late: dict[int, Verdict] = {seq: verdict for seq, verdict in refusals if verdict is not None}
    effects = _mark(session, batch.without(late), stale, now=now)
    effects.verdicts |= late
    return effects


def _mark(
    session: Session,
    batch: Iterable[DomainEvent[P]],
    stale: Callable[[P], Iterable[tuple[RequestKind, str]]],
    *,
    now: datetime,
) -> Effects:
    """Mark what each domain event may have made stale, by it as the cause."""
    mark(
        session,
        (Mark(kind, target, each.seq) for each in batch for kind, target in stale(each.payload)),
        now=now,
    )
    return Effects()
