"""People with several phones, dead tokens, and what Apple and Google say later."""

from datetime import timedelta
from typing import Final

from domain.tables.notifications import Channel
from tests.helpers.ears import BEFORE, Ears
from tests.helpers.pages import DAY, HOUR
from tests.helpers.post import Post, phone_of
from tests.helpers.said import rows
from workers.sandbox import Fault, Kind

LOOK: Final = timedelta(minutes=15)
GONE: Final = "DeviceNotRegistered"
INVITED: Final = "Bo push: Come as a duo? | Ada would like to be invited with you."


def propose(ears: Ears) -> None:
    """Have Bo told something, by push alone."""
    ears.diary.paired("duo", "Ada", "Bo", at=BEFORE)
    ears.hear(at=BEFORE)


def buy_another_phone(ears: Ears, person: str) -> None:
    ears.diary.phone("other", of=person, at=BEFORE - DAY)


def tokens(ears: Ears) -> list[tuple[str, str | None]]:
    """Bo's phones, and why one isn't to be used."""
    return rows(
        ears.engine,
        "SELECT token, disabled_reason FROM push_notification_tokens WHERE token IN"
        " ('ExponentPushToken[Bo]', 'ExponentPushToken[other]') ORDER BY token",
    )


class TestTwoPhones:
    def test_both_ring(self, ears: Ears, post: Post) -> None:
        buy_another_phone(ears, "Bo")
        propose(ears)
        assert [line.split()[0] for line in post.deliver(at=BEFORE)] == [
            "Bo",
            "ExponentPushToken[other]",
        ]
        assert post.statuses("duo_proposed") == ["Bo push sent"]

    def test_one_that_is_gone_is_let_go_and_the_other_rings(self, ears: Ears, post: Post) -> None:
        buy_another_phone(ears, "Bo")
        post.sandbox.expo.spoil("ExponentPushToken[other]", GONE)
        propose(ears)
        (line,) = post.deliver(at=BEFORE)
        assert line.startswith(INVITED)
        assert post.statuses("duo_proposed") == ["Bo push sent"]
        assert ("push", 1, "failed", GONE) in post.handovers()
        ears.hear(at=BEFORE)
        assert tokens(ears) == [(phone_of("Bo"), None), ("ExponentPushToken[other]", "removed")]

    def test_it_rings_again_once_its_app_registers_it(self, ears: Ears, post: Post) -> None:
        post.sandbox.expo.spoil(phone_of("Bo"), GONE)
        propose(ears)
        assert post.deliver(at=BEFORE) == []
        assert post.statuses("duo_proposed") == [f"Bo push failed {GONE}"]
        ears.hear(at=BEFORE)
        assert tokens(ears) == [(phone_of("Bo"), "removed")]
        ears.diary.agreed("duo", at=BEFORE + HOUR)
        ears.diary.phone("Bo", of="Bo", at=BEFORE + 2 * HOUR)
        ears.hear(at=BEFORE + 2 * HOUR)
        assert tokens(ears) == [(phone_of("Bo"), None)]

    def test_without_any_it_is_suppressed(self, ears: Ears, post: Post) -> None:
        post.sandbox.expo.spoil(phone_of("Bo"), GONE)
        propose(ears)
        post.deliver(at=BEFORE)
        ears.hear(at=BEFORE)
        ears.diary.parted("duo", at=BEFORE + HOUR)
        ears.diary.paired("second", "Dan", "Bo", at=BEFORE + 2 * HOUR)
        ears.hear(at=BEFORE + 2 * HOUR)
        assert post.deliver(at=BEFORE + 2 * HOUR) == []
        assert "Bo push suppressed no_address" in post.statuses("duo_proposed")


class TestReceipts:
    def test_what_apple_or_google_took_is_delivered(self, ears: Ears, post: Post) -> None:
        propose(ears)
        post.deliver(at=BEFORE)
        assert post.ask(Channel.PUSH, at=BEFORE + LOOK - timedelta(seconds=1)) == 0
        assert post.ask(Channel.PUSH, at=BEFORE + LOOK) == 1
        assert post.statuses("duo_proposed") == ["Bo push delivered"]
        assert post.ask(Channel.PUSH, at=BEFORE + DAY) == 0

    def test_a_phone_that_is_gone_by_then(self, ears: Ears, post: Post) -> None:
        post.sandbox.expo.spoil(phone_of("Bo"), GONE, at="receipt")
        propose(ears)
        post.deliver(at=BEFORE)
        post.ask(Channel.PUSH, at=BEFORE + LOOK)
        assert post.statuses("duo_proposed") == [f"Bo push failed {GONE}"]
        ears.hear(at=BEFORE + LOOK)
        assert tokens(ears) == [(phone_of("Bo"), "removed")]

    def test_what_was_accepted_is_never_sent_again(self, ears: Ears, post: Post) -> None:
        post.sandbox.expo.spoil(phone_of("Bo"), "ProviderError", at="receipt")
        propose(ears)
        post.deliver(at=BEFORE)
        post.ask(Channel.PUSH, at=BEFORE + LOOK)
        assert post.statuses("duo_proposed") == ["Bo push failed ProviderError"]
        assert post.deliver(at=BEFORE + DAY) == []

    def test_one_that_never_comes_is_asked_for_as_long_as_there_may_be_one(
        self, ears: Ears, post: Post
    ) -> None:
        propose(ears)
        post.deliver(at=BEFORE)
        # A day on, Expo has forgotten it.
        asked = [post.ask(Channel.PUSH, at=BEFORE + DAY + hours * HOUR) for hours in range(3)]
        assert asked == [1, 0, 0]
        assert post.statuses("duo_proposed") == ["Bo push sent receipt_unknown"]

    def test_trouble_with_receipts_delays_them(self, ears: Ears, post: Post) -> None:
        propose(ears)
        post.deliver(at=BEFORE)
        post.sandbox.expo_server.faults.order(Fault(Kind.BROKEN))
        post.ask(Channel.PUSH, at=BEFORE + LOOK)
        assert post.statuses("duo_proposed") == ["Bo push sent"]
        # Pushes go out meanwhile.
        ears.diary.agreed("duo", at=BEFORE)
        ears.hear(at=BEFORE)
        assert len(post.deliver(Channel.PUSH, at=BEFORE + LOOK)) == 1
        post.ask(Channel.PUSH, at=BEFORE + LOOK + HOUR)
        assert post.statuses("duo_proposed") == ["Bo push delivered"]
