"""What a sender measures is what became of the notifications: each change once."""

from collections.abc import Mapping

from domain.figures.recorder import Key, Tally, added
from domain.tables.notifications import Channel
from tests.helpers.ears import BEFORE, Ears
from tests.helpers.pages import HOUR
from tests.helpers.post import Post, phone_of
from workers.measuring import MEASURES


def propose(ears: Ears, name: str = "duo") -> None:
    """Have Bo told something, by push alone."""
    ears.diary.paired(name, "Ada", "Bo", at=BEFORE)
    ears.hear(at=BEFORE)


def counted(before: Mapping[Key, Tally]) -> dict[str, int]:
    """What became of pushes since then, and how many handovers were timed."""
    names = {"notifications": 1, "notification_handover_seconds": 0}
    changes = added(MEASURES.recorder.totals(), before)
    return {
        key.values[names[key.name]]: tally.count
        for key, tally in changes.items()
        if key.name in names and key.values[0] == Channel.PUSH
    }


class TestMeasured:
    def test_sent_and_then_delivered(self, ears: Ears, post: Post) -> None:
        before = MEASURES.recorder.totals()
        propose(ears)
        post.deliver(at=BEFORE)
        assert counted(before) == {"sent": 1, "push": 1}
        for _ in range(2):
            post.ask(Channel.PUSH, at=BEFORE + HOUR)
        assert counted(before) == {"sent": 1, "push": 1, "delivered": 1}

    def test_failed(self, ears: Ears, post: Post) -> None:
        before = MEASURES.recorder.totals()
        post.sandbox.expo.spoil(phone_of("Bo"), "DeviceNotRegistered")
        propose(ears)
        post.deliver(at=BEFORE)
        assert counted(before) == {"failed": 1}

    def test_suppressed_when_it_was_to_be_sent(self, ears: Ears, post: Post) -> None:
        before = MEASURES.recorder.totals()
        propose(ears)
        ears.diary.agreed("duo", at=BEFORE)
        ears.hear(at=BEFORE)
        post.deliver(at=BEFORE)
        told = counted(before)
        assert told["suppressed"] == 1
