"""What waits to be routed, for people to look at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.catalogue import TYPES
from domain.sql import fetch_dicts

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A domain event that no relay has routed; one of an unknown type waits for a newer version."""

    seq: int
    type: str
    received_at: datetime
    is_known: bool


def list_outbox(session: Session, *, after: int | None = None) -> list[Unrouted]:
    """Give a page of the outbox, the longest there first. By the primary key."""
    rows = fetch_dicts(
        session,
        "SELECT seq, type, received_at FROM outbox"
        " WHERE seq > coalesce(%(after)s::bigint, -1) ORDER BY seq LIMIT %(limit)s",
        after=after,
        limit=PAGE,
    )
    return [Unrouted(**row, is_known=row["type"] in TYPES) for row in rows]
