"""Emails, through a relay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.notifications.asking import Question
from domain.notifications.handing import InHand
from domain.tables.notifications import Channel
from workers.providers.ports import Email, Mailer, Result, Trouble
from workers.sending.answers import Answer
from workers.sending.outlet import TOO_LATE, is_too_late

SLOTS: Final = 4


@dataclass
class EmailOutlet:
    """Sends emails one by one. Nobody can be asked what became of them."""

    mailer: Mailer
    clock: Callable[[], datetime]
    # The gateway as others see it, where one can say that one wants no more.
    public_url: str | None = None
    a_second: float | None = None
    channel: Channel = field(default=Channel.EMAIL, init=False)
    limit: int = field(default=1, init=False)
    slots: int = field(default=SLOTS, init=False)
    page: int = field(default=0, init=False)

    def send(self, in_hand: Sequence[InHand]) -> list[Result]:
        """Send them."""
        return [self._send(each) for each in in_hand]

    def _send(self, each: InHand) -> Result:
        if is_too_late(each, self.clock()):
            return TOO_LATE
        url = None
        if self.public_url is not None:
            url = f"{self.public_url.rstrip('/')}/unsubscribe/{each.handover_id}"
        email = Email(
            notification_id=each.notification_id,
            to=each.address.text,
            subject=each.text.title,
            text=each.text.body,
            unsubscribe_url=url,
        )
        return self.mailer.mail(email)

    def ask(self, questions: Sequence[Question]) -> tuple[list[Answer], Trouble | None]:
        """Ask nobody."""
        del questions
        return [], None
