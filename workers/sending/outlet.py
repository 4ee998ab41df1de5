"""A channel's way out, and until when something may be sent on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from domain.constants import HANDOVER_LIMIT
from domain.notifications.asking import Question
from domain.notifications.handing import InHand
from domain.tables.notifications import Channel
from workers.providers.ports import Result, Trouble
from workers.sending.answers import Answer

# A sender that was stopped meanwhile must not send what others may have settled by now.
TOO_LATE: Final = Trouble("sender_too_late")


class Outlet(Protocol):
    """How a channel's provider is spoken to; raises for nothing that a provider does."""

    channel: Channel
    # So many handovers go into one request, and so many requests are made at once.
    limit: int
    slots: int
    # How many may go in a second; None where nobody minds.
    a_second: float | None
    # How many are asked after at once.
    page: int

    def send(self, in_hand: Sequence[InHand]) -> list[Result]:
        """Hand them over; a result for each, in order."""

    def ask(self, questions: Sequence[Question]) -> tuple[list[Answer], Trouble | None]:
        """Ask what became of them; with trouble, of those that could be asked before it."""


def is_too_late(each: InHand, now: datetime) -> bool:
    """Say whether something was in hand for so long that it may not be sent any more."""
    return now >= each.taken_at + HANDOVER_LIMIT
