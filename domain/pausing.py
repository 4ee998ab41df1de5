"""Lanes and handlers that ops hold back for a while: nothing of them is begun meanwhile.

What is paused stays due, and is begun as soon as the pause ends, by itself or by somebody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.lanes import LANES
from domain.sql import fetch

# A condition on `known (handler, lane)`: whether nothing holds it back. Handlers are called unlike
# lanes.
NOT_PAUSED: Final = """NOT EXISTS (
    SELECT FROM pauses WHERE until > %(now)s AND name IN (known.handler, known.lane)
)"""


@dataclass(frozen=True, slots=True)
class Pause:
    """What is held back, by whom, since and until when, and why."""

    name: str
    since: datetime
    until: datetime
    actor: str
    why: str


def mark_of(name: str, since: datetime) -> str:
    """Write by what a process confirms a pause: this one, not one by the same name before it."""
    return f"{name}@{since.astimezone(UTC).isoformat()}"


_OF_LANES: Final[Mapping[str, frozenset[str]]] = {
    lane: frozenset(each.name for each in HANDLERS.values() if each.lane == lane) for lane in LANES
}


def handlers_of(name: str) -> frozenset[str]:
    """Give the handlers that a pause by this name holds back."""
    return _OF_LANES.get(name) or frozenset({name})


def lane_of(name: str) -> str | None:
    """Give the lane that a pause is of, or its handler's; None for one of another version."""
    handler = HANDLERS.get(name)
    return name if name in LANES else handler.lane if handler else None


def pauses_at(session: Session, now: datetime) -> list[Pause]:
    """List the pauses that hold, lanes and handlers by name; never many."""
    rows = fetch(
        session,
        "SELECT name, since, until, actor, why FROM pauses WHERE until > %(now)s ORDER BY name",
        now=now,
    )
    return [Pause(*row) for row in rows]


def paused_handlers(session: Session, now: datetime) -> frozenset[str]:
    """Give every handler that is held back, by itself or with its lane."""
    return frozenset[str]().union(*(handlers_of(each.name) for each in pauses_at(session, now)))
