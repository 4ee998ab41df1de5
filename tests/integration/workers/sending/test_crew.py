"""A channel's threads, whatever they meet."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest

from domain.constants import HANDOVER_LEASE
from domain.notifications.handing import InHand
from domain.tables.notifications import Channel
from tests.factories.audience import gather, line_up
from tests.helpers.ledger import until
from tests.helpers.post import Post
from tests.helpers.said import rows
from tests.helpers.sandbox import NOW, Clock
from workers.providers.ports import Accepted, Result
from workers.sending.crew import Crew
from workers.sending.desk import SendingDesk
from workers.sending.mail import SLOTS, EmailOutlet

SOON: Final = timedelta(seconds=20)


@dataclass
class Unkeepable(EmailOutlet):
    """Is told names that no table can hold, and takes long over it."""

    def send(self, in_hand: Sequence[InHand]) -> list[Result]:
        """Send them."""
        assert isinstance(self.clock, Clock)
        self.clock.pass_by(HANDOVER_LEASE)
        return [Accepted("a\0b") for _ in in_hand]


@pytest.fixture
def crew(post: Post) -> Iterator[Crew]:
    clock, stopping = Clock(NOW), threading.Event()
    outlet = post.desks[Channel.EMAIL].outlet
    assert isinstance(outlet, EmailOutlet)
    crew = Crew(
        SendingDesk(post.engine, Unkeepable(outlet.mailer, clock), clock), stopping=stopping
    )
    yield crew
    stopping.set()
    crew.wait(0.0)


def test_what_can_never_be_recorded_keeps_no_slot(crew: Crew, post: Post) -> None:
    gather(post.engine, 2 * SLOTS, now=NOW)
    line_up(post.engine, Channel.EMAIL, count=2 * SLOTS, now=NOW)
    crew.start()
    waiting = "SELECT FROM notifications WHERE status = 'scheduled'"
    until(lambda: not rows(post.engine, waiting), "all was handed over", SOON)
