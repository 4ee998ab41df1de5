"""Pushes, through Expo."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.notifications.asking import Question
from domain.notifications.handing import InHand
from domain.tables.notifications import Channel
from workers.providers.expo import MOST_PUSHES, RECEIPTS_A_PAGE
from workers.providers.ports import About, Push, Pusher, Refused, Result, Trouble
from workers.sending.answers import Answer, judge_receipt
from workers.sending.outlet import TOO_LATE, is_too_late

# Expo takes 600 a second of one project. Of requests with a hundred each that leave 200 ms apart
# no seven arrive within a second, unless one is held up for longer than that.
PUSHES_A_SECOND: Final = 500.0
# Of the six connections that Expo recommends one is left for receipts.
SLOTS: Final = 5


@dataclass
class PushOutlet:
    """Pushes in batches of a hundred."""

    pusher: Pusher
    clock: Callable[[], datetime]
    a_second: float | None = PUSHES_A_SECOND
    channel: Channel = field(default=Channel.PUSH, init=False)
    limit: int = field(default=MOST_PUSHES, init=False)
    slots: int = field(default=SLOTS, init=False)
    page: int = field(default=RECEIPTS_A_PAGE, init=False)

    def send(self, in_hand: Sequence[InHand]) -> list[Result]:
        """Send one request. Where one push spoils it for all, halve until it stands alone."""
        if is_too_late(in_hand[0], self.clock()):
            return [TOO_LATE] * len(in_hand)
        results = self.pusher.push([_push(each) for each in in_hand])
        if len(in_hand) > 1 and all(_is_of_batch(result) for result in results):
            middle = len(in_hand) // 2
            return [*self.send(in_hand[:middle]), *self.send(in_hand[middle:])]
        return results

    def ask(self, questions: Sequence[Question]) -> tuple[list[Answer], Trouble | None]:
        """Ask for receipts."""
        now = self.clock()
        tickets = {each.provider_id: each for each in questions if each.provider_id}
        receipts = self.pusher.receipts(list(tickets))
        missing = {} if receipts.trouble else dict.fromkeys(tickets)
        answered = missing | dict(receipts.found)
        answers = [
            judge_receipt(tickets[ticket], result, now=now) for ticket, result in answered.items()
        ]
        return answers, receipts.trouble


def _is_of_batch(result: Result) -> bool:
    return isinstance(result, Refused) and result.about is About.BATCH


def _push(each: InHand) -> Push:
    return Push(
        notification_id=each.notification_id,
        token=each.address.text,
        title=each.text.title,
        body=each.text.body,
        expires_at=each.expires_at,
        extra={"url": each.text.link},
    )
