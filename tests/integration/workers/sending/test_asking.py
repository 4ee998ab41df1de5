"""What providers can't answer of one message holds up neither the others nor the channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest

from domain.notifications.asking import Question
from domain.tables.notifications import Channel
from tests.helpers.ears import INVITED, Ears
from tests.helpers.post import Post, number_of
from tests.helpers.said import rows
from workers.providers.ports import Trouble
from workers.sending.answers import Answer
from workers.sending.desk import SendingDesk
from workers.sending.sms import SmsOutlet

MINUTE: Final = timedelta(minutes=1)
LOOK: Final = 15 * MINUTE
# By then chance has let everybody come before the one that is never answered.
ROUNDS: Final = 40
CAME: Final = ["sms", "delivered"]


@pytest.fixture(autouse=True)
def _invited(ears: Ears, post: Post) -> None:
    """Let three people have a text each that Twilio took."""
    for person in ("Ada", "Bo", "Dan"):
        ears.diary.invited("drinks", person, at=INVITED)
    ears.hear(at=INVITED)
    assert len(post.deliver(Channel.SMS, at=INVITED)) == 3


def delivered(post: Post) -> list[str]:
    """Who got the text, as far as is known."""
    lines = [line.split() for line in post.statuses("invitation")]
    return [person for person, *said in lines if said == CAME]


def test_one_that_was_deleted_there(ears: Ears, post: Post) -> None:
    twilio = post.sandbox.twilio
    gone, *others = twilio.texts()
    for each in others:
        each.move("delivered", now=INVITED, error=None)
    twilio.forget(gone.sid)
    assert post.ask(Channel.SMS, at=INVITED + LOOK) == 3
    assert len(delivered(post)) == 2
    assert ("sms", 1, "sent", "not_known_any_more") in post.handovers()
    # The channel works on, and nobody asks after it again.
    assert rows(ears.engine, "SELECT FROM port_rests") == []
    assert post.ask(Channel.SMS, at=INVITED + timedelta(days=2)) == 0


@dataclass
class NeverAbout(SmsOutlet):
    """Has trouble whenever it asks about one number."""

    number: str = ""

    def ask(self, questions: Sequence[Question]) -> tuple[list[Answer], Trouble | None]:
        """Ask until it comes to that number."""
        numbers = [each.address for each in questions]
        most = numbers.index(self.number) if self.number in numbers else len(numbers)
        answers, _ = super().ask(questions[:most])
        return answers, Trouble("http_500") if most < len(numbers) else None


def test_one_that_is_never_answered(post: Post) -> None:
    for each in post.sandbox.twilio.texts():
        each.move("delivered", now=INVITED, error=None)
    outlet = post.desks[Channel.SMS].outlet
    assert isinstance(outlet, SmsOutlet)
    never = NeverAbout(outlet.texter, post.clock, None, number=number_of("Ada"))
    desk = SendingDesk(post.engine, never, post.clock)
    post.clock.now = INVITED + LOOK
    for _ in range(ROUNDS):
        desk.ask()
        post.clock.pass_by(LOOK)
    assert delivered(post) == ["Bo", "Dan"]


def test_however_often_it_was_asked(ears: Ears, post: Post) -> None:
    with ears.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE handovers SET asked = 32767")
    assert post.ask(Channel.SMS, at=INVITED + LOOK) == 3
