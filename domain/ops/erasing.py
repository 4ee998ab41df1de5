"""Has somebody forgotten for good: `user.deleted` is published, and what it erases is said before.

What erases is the handlers' (domain/privacy); this asks for it, and keeps who did, and why.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session

from domain.ops.acting import WrongRequestError, checked_why
from domain.ops.admins import demand_still
from domain.ops.audit import Deed, record
from domain.ops.permissions import Actor, Verb
from domain.ops.person import thing_of
from domain.outbox import publish
from domain.sql import fetch
from domain.tables.accounts import Via
from domain.users.payloads import UserDeleted

# By which door it was asked for.
SOURCES: Final = {Via.DASHBOARD: "/dashboard", Via.API: "/dashboard", Via.COMMAND: "/command"}
# Beyond this it doesn't matter how many there are.
COUNTED: Final = 1_000
# So much of the id is typed to say that nobody else is meant.
TYPED: Final = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would touch; numbers above `COUNTED` mean more."""

    person_id: str
    status: str
    open_invitations: int
    coming_gatherings: int
    notifications: int

    @property
    def typed(self) -> str:
        """What confirms it."""
        return self.person_id[:TYPED]


def preview_erasure(session: Session, person_id: UUID) -> Preview | None:
    """Say what an erasure would touch; None if there is nobody, or nobody any more.

    By the keys and indexes that begin with a person, each up to COUNTED.
    """
    rows = fetch(
        session,
        """
        SELECT id, status,
            (SELECT count(*) FROM (
                SELECT FROM invitations WHERE user_id = %(id)s
                    AND status IN ('sent', 'confirmed', 'pending_reconfirmation')
                LIMIT %(most)s + 1) AS few),
            (SELECT count(*) FROM (
                SELECT FROM events WHERE host_id = %(id)s AND status = 'published'
                LIMIT %(most)s + 1) AS few),
            (SELECT count(*) FROM (
                SELECT FROM notifications WHERE user_id = %(id)s LIMIT %(most)s + 1) AS few)
        FROM users WHERE id = %(id)s AND deleted_at IS NULL
        """,
        id=person_id,
        most=COUNTED,
    )
    return Preview(*rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class Order:
    """Whom to erase, why, and what was typed to confirm it. `identity` is the domain event's."""

    person_id: UUID
    identity: UUID
    why: str
    confirm: str


def erase(session: Session, actor: Actor, order: Order, *, now: datetime) -> None:
    """Publish that somebody is to be forgotten, and write down who asked for it.

    Raises WrongRequestError if there is nobody, if it isn't confirmed, or without a reason.
    """
    demand_still(session, actor, Verb.ERASE)
    why = checked_why(order.why)
    found = preview_erasure(session, order.person_id)
    if found is None:
        raise WrongRequestError("There is nobody of that id, or nobody any more.")
    if order.confirm.strip().lower() != found.typed:
        raise WrongRequestError(f"Type {found.typed} to say that you mean this person.")
    publish(
        session,
        UserDeleted(user_id=found.person_id),
        source=SOURCES[actor.via],
        id=str(order.identity),
        time=now,
        actor=actor.name,
    )
    details = {"domain event": str(order.identity)}
    deed = Deed("erase", why=why, details=details, thing=thing_of(found.person_id))
    record(session, actor, deed, now=now)
