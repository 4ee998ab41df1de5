"""What becomes due by time alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things that become due."""

    name: str
    every: timedelta
    sentence: str


KINDS: tuple[Kind, ...] = ()


def publish_due(
    session: Session, kinds: Sequence[Kind], *, now: datetime, limit: int
) -> dict[str, int]:
    """Publish a page of what is due; give the count of each kind."""
    del session, now, limit
    return {kind.name: 0 for kind in kinds}
