"""`momento notifications`, and what trace and status say of what people were told."""

import pytest

from domain.tables.notifications import Channel
from tests.helpers.command import Momento
from tests.helpers.ears import BEFORE, Ears
from tests.helpers.pages import an_id
from tests.helpers.post import Post, number_of, phone_of
from tests.integration.workers.sending.test_phones import GONE, LOOK


@pytest.fixture
def told(ears: Ears, post: Post) -> Post:
    """Dan was invited: his phone is gone, and he is told by SMS."""
    post.sandbox.expo.spoil(phone_of("Dan"), GONE)
    ears.diary.invited("drinks", "Dan", at=BEFORE)
    ears.hear(at=BEFORE)
    post.deliver(at=BEFORE)
    post.ask(Channel.SMS, at=BEFORE + LOOK)
    return post


@pytest.mark.usefixtures("told")
class TestList:
    def test_says_who_was_told_what_and_why_not(self, momento: Momento) -> None:
        said = momento("notifications", "list")
        lines = [line.split() for line in said.out.splitlines()]
        assert lines[0] == ["ID", "SINCE", "USER", "CHANNEL", "TEMPLATE", "STATUS", "WHY", "EVENT"]
        assert sorted(line[4:-1] for line in lines[1:]) == [
            ["push", "invitation", "failed", GONE],
            ["sms", "invitation", "sent"],
        ]

    @pytest.mark.parametrize(
        ("asked", "count"),
        [
            (("--channel", "sms"), 1),
            (("--status", "failed"), 1),
            (("--template", "kudos"), 0),
            (("--user", an_id("Dan")), 2),
            (("--user", an_id("Ada")), 0),
            (("--limit", "1"), 1),
        ],
        ids=str,
    )
    def test_only_what_is_asked_for(
        self, momento: Momento, asked: tuple[str, ...], count: int
    ) -> None:
        assert len(momento("notifications", "list", "--json", *asked).json) == count

    def test_none(self, momento: Momento) -> None:
        said = momento("notifications", "list", "--template", "kudos")
        assert (said.code, said.out) == (0, "There are none of that kind.\n")


class TestShow:
    def test_each_try_and_what_the_provider_said(self, momento: Momento, told: Post) -> None:
        (sms,) = momento("notifications", "list", "--channel", "sms", "--json").json
        said = momento("notifications", "show", sms["id"]).out
        (text,) = told.sandbox.twilio.texts()
        assert f"invitation to {an_id('Dan')} by sms: sent\n" in said
        assert "in 1 SMS segment\n" in said
        assert f"- 2026-03-12 18:00:00Z try 1: sent, the provider's {text.sid}" in said
        assert number_of("Dan") not in said

    @pytest.mark.usefixtures("told")
    def test_as_json(self, momento: Momento) -> None:
        (push,) = momento("notifications", "list", "--channel", "push", "--json").json
        said = momento("notifications", "show", push["id"], "--json").json
        assert said["notification"]["reason"] == GONE
        assert [each["state"] for each in said["handovers"]] == ["failed"]

    def test_one_that_there_isnt(self, momento: Momento, engine: object) -> None:
        del engine
        said = momento("notifications", "show", an_id("nothing"))
        assert said.code == 1
        assert "There is no notification" in said.err

    @pytest.mark.parametrize(
        "asked",
        [("show", "x"), ("list", "--limit", "0"), ("list", "--user", "Dan"), ("preview", "x"), ()],
        ids=str,
    )
    def test_bad_arguments(self, momento: Momento, asked: tuple[str, ...]) -> None:
        assert momento("notifications", *asked).code == 2


class TestPreview:
    def test_a_text_on_each_channel_in_each_language(self, momento: Momento) -> None:
        said = momento("notifications", "preview", "event_cancelled").out
        assert "event_cancelled in en\n  push   Cancelled\n" in said
        assert "event_cancelled in de\n  push   Abgesagt\n" in said
        assert said.count("1 segment\n") == 2

    def test_in_one_language(self, momento: Momento) -> None:
        said = momento("notifications", "preview", "kudos", "--language", "de").out
        assert "in en" not in said
        assert said.count("  push   ") == 2


class TestElsewhere:
    @pytest.mark.usefixtures("told")
    def test_the_trace_says_what_it_led_to(self, ears: Ears, momento: Momento) -> None:
        said = momento("trace", ears.diary.pages[-1].id).out
        assert f"> invitation to {an_id('Dan')} by push: failed, {GONE}" in said
        assert f"> invitation to {an_id('Dan')} by sms: sent" in said

    @pytest.mark.usefixtures("told")
    def test_the_status_counts(self, momento: Momento) -> None:
        said = momento("status", "--json").json["notifications"]
        assert (said["failed"], said["sent"], said["scheduled"]) == (1, 1, 0)
        assert "told             1 sent, 1 failed" in momento("status").out

    def test_the_status_says_that_people_wait(self, ears: Ears, momento: Momento) -> None:
        ears.diary.invited("drinks", "Dan", at=BEFORE)
        ears.hear(at=BEFORE)
        first = momento("status").out.splitlines()[0]
        assert "people wait to be told: does a sender run, and for each channel?" in first
