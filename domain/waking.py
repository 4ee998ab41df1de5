"""News of things: what waited for them is woken, what will never come is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.sql import execute
from domain.tables.ledger import DeliveryState

# Rows are locked in one order, so that of two that wake the same one waits for the other.
_WAKE = """
WITH waiting AS (
    SELECT seq, handler FROM deliveries
    WHERE awaits = ANY(%(things)s) AND state = ANY(%(states)s)
    ORDER BY seq, handler FOR UPDATE {skip_locked}
)
UPDATE deliveries AS row SET state = 'pending', due_at = %(now)s, awaits = NULL, reason = NULL,
    looks = 0,
    settled_at = NULL
FROM waiting WHERE row.seq = waiting.seq AND row.handler = waiting.handler
"""
_WAKE_WAITING = _WAKE.format(skip_locked="")
_WAKE_UNLOCKED = _WAKE.format(skip_locked="SKIP LOCKED")


@dataclass(frozen=True, slots=True)
class News:
    """What a batch says about things: those that exist from now on, those that never will."""

    arrived: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    def __or__(self, other: "News") -> "News":
        """Add the news of another batch."""
        return News(self.arrived | other.arrived, self.refused | other.refused)


NO_NEWS = News()


def wake(session: Session, news: News, *, now: datetime, in_passing: bool) -> None:
    """Make due what waited for these things; also what was rejected for want of them.

    `in_passing` leaves out deliveries that another transaction holds, and is for the transaction
    that makes the things: it holds their locks, and must not wait for those who want them. Whoever
    is left out may just be looking in vain; once the things are there to see, wake again.
    """
    statement = _WAKE_UNLOCKED if in_passing else _WAKE_WAITING
    for things, states in (
        (news.arrived, [DeliveryState.DEFERRED, DeliveryState.REJECTED]),
        (news.refused, [DeliveryState.DEFERRED]),
    ):
        if things:
            execute(session, statement, things=list(things), states=states, now=now)


def take_back_refusals(session: Session, arrived: Iterable[str]) -> None:
    """Forget that things were refused: they exist now.

    Waits for those who are just rejecting something for want of them, so that waking finds it.
    """
    things = sorted(arrived)
    if things:
        execute(session, "DELETE FROM refusals WHERE thing = ANY(%(things)s)", things=things)


def refuse(session: Session, refusals: Mapping[str, str]) -> None:
    """Note that things will not exist, with the reason."""
    if refusals:
        execute(
            session,
            "INSERT INTO refusals (thing, reason) SELECT * FROM unnest(%(things)s::text[],"
            " %(reasons)s::text[]) ON CONFLICT DO NOTHING",
            things=list(refusals),
            reasons=list(refusals.values()),
        )
