"""What a bulk operation would do, before anybody says yes: how many, and the first of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.constants import BULK_MOST
from domain.ops.acting import Key
from domain.ops.circumstances import Prospect, prospects
from domain.ops.operations import sample
from domain.ops.triage import DeadSelection, count_selected
from domain.ops.worth import Level

SAMPLED: Final = 10


@dataclass(frozen=True, slots=True)
class Preview:
    """How many are selected, up to one more than an operation takes, and how the first stand."""

    words: str
    count: int
    sample: dict[Key, Prospect]

    @property
    def total(self) -> int:
        """How many an operation would take."""
        return min(self.count, BULK_MOST)

    @property
    def stale(self) -> int:
        """Of how many of the first nothing would come any more."""
        return sum(
            each.worth is not None and each.worth.level is Level.POINTLESS
            for each in self.sample.values()
        )


def preview_bulk(session: Session, selection: DeadSelection, *, now: datetime) -> Preview:
    """Look at what is selected just now. By deliveries_dead_idx, up to BULK_MOST entries of it."""
    return Preview(
        selection.in_words(),
        count_selected(session, selection, most=BULK_MOST),
        prospects(session, sample(session, selection, limit=SAMPLED), now),
    )
