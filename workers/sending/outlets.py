"""How each channel's provider is spoken to: what it takes at once, and how it is asked after.

An outlet raises for nothing that a provider does.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from domain.constants import HANDOVER_LIMIT
from domain.notifications.asking import Question
from domain.notifications.handing import InHand
from domain.tables.notifications import Channel
from workers.providers.expo import MOST_PUSHES, RECEIPTS_A_PAGE
from workers.providers.ports import (
    About,
    Email,
    Mailer,
    Push,
    Pusher,
    Refused,
    Result,
    Sms,
    Texter,
    TextState,
    Trouble,
)
from workers.sending.answers import (
    Answer,
    judge_absence,
    judge_receipt,
    judge_text_state,
)

# Expo takes 600 a second of one project. What leaves evenly arrives a little less so.
PUSHES_A_SECOND: Final = 580.0
# Of the six connections that Expo recommends one is left for receipts.
PUSH_SLOTS, SMS_SLOTS, EMAIL_SLOTS = 5, 4, 4
# A sender that was stopped meanwhile must not send what others may have settled by now.
TOO_LATE: Final = Trouble("sender_too_late")


class Outlet(Protocol):
    """A channel's way out."""

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


@dataclass
class PushOutlet:
    """Pushes in batches of a hundred."""

    pusher: Pusher
    clock: Callable[[], datetime]
    a_second: float | None = PUSHES_A_SECOND
    channel: Channel = field(default=Channel.PUSH, init=False)
    limit: int = field(default=MOST_PUSHES, init=False)
    slots: int = field(default=PUSH_SLOTS, init=False)
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


@dataclass
class SmsOutlet:
    """Sends text messages one by one; `a_second` are segments."""

    texter: Texter
    clock: Callable[[], datetime]
    a_second: float | None
    channel: Channel = field(default=Channel.SMS, init=False)
    limit: int = field(default=1, init=False)
    slots: int = field(default=SMS_SLOTS, init=False)
    page: int = field(default=20, init=False)

    def send(self, in_hand: Sequence[InHand]) -> list[Result]:
        """Send them."""
        return [self._send(each) for each in in_hand]

    def _send(self, each: InHand) -> Result:
        now = self.clock()
        if is_too_late(each, now):
            return TOO_LATE
        sms = Sms(each.notification_id, each.address.text, each.text.body, each.expires_at)
        return self.texter.text(sms, now=now)

    def ask(self, questions: Sequence[Question]) -> tuple[list[Answer], Trouble | None]:
        """Ask how far each has come; one without an id is looked for."""
        answers: list[Answer] = []
        for question in questions:
            adopted = {each.heard.provider_id for each in answers}
            state = self._look(question, adopted)
            if isinstance(state, Trouble):
                return answers, state
            now = self.clock()
            answers.append(
                judge_absence(question, now=now)
                if state is None
                else judge_text_state(question, state, now=now)
            )
        return answers, None

    def _look(
        self, question: Question, adopted: Collection[str | None]
    ) -> TextState | Trouble | None:
        """Look a message up, or look for one of which no id is known and that is no other's."""
        if question.provider_id is not None:
            return self.texter.state(question.provider_id)
        if question.address is None or question.body_hash is None:
            return None
        found = self.texter.find(
            question.address, body_hash=question.body_hash, since=question.handed_over_at
        )
        if isinstance(found, Trouble):
            return found
        taken = {*question.others, *adopted}
        return next((each for each in found if each.id not in taken), None)


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
    slots: int = field(default=EMAIL_SLOTS, init=False)
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
