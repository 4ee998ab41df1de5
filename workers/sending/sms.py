"""Text messages, through Twilio."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.notifications.asking import Question
from domain.notifications.handing import InHand
from domain.tables.notifications import Channel
from workers.providers.ports import Result, Sms, Texter, TextState, Trouble
from workers.sending.answers import (
    Answer,
    judge_absence,
    judge_forgotten,
    judge_text_state,
)
from workers.sending.outlet import TOO_LATE, is_too_late

SLOTS: Final = 4
# Each is one request to ask about.
PAGE: Final = 20


@dataclass
class SmsOutlet:
    """Sends text messages one by one; `a_second` are segments."""

    texter: Texter
    clock: Callable[[], datetime]
    a_second: float | None
    channel: Channel = field(default=Channel.SMS, init=False)
    limit: int = field(default=1, init=False)
    slots: int = field(default=SLOTS, init=False)
    page: int = field(default=PAGE, init=False)

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
            answers.append(_judge(question, state, now=self.clock()))
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


def _judge(question: Question, state: TextState | None, *, now: datetime) -> Answer:
    """Say what it means how far a message has come, or that it isn't there."""
    if state is not None:
        return judge_text_state(question, state, now=now)
    if question.provider_id is not None:
        return judge_forgotten(question)
    return judge_absence(question, now=now)
