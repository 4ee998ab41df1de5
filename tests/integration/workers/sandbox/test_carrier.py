"""Texts that were taken come on by themselves, and whoever wants to know is told of each step."""

from datetime import timedelta
from pathlib import Path

from tests.helpers.ledger import until
from tests.helpers.sandbox import NOW, listening, sms, texter_for
from workers.sandbox import running_sandbox
from workers.sandbox.carrier import carrying

SOON = timedelta(milliseconds=20)


def test_what_was_taken_is_sent_and_delivered_and_told_in_that_order(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox, listening() as (url, heard):
        texter = texter_for(sandbox, callback_url=url)
        with carrying(sandbox.twilio, every=SOON):
            for number in range(2):
                texter.text(sms(number), now=NOW)
            until(lambda: len(heard) == 4, "all is told")
        assert [form["MessageStatus"] for _, form in heard] == ["sent", "delivered"] * 2
        assert {text.status for text in sandbox.twilio.texts()} == {"delivered"}
        texter.close()


def test_nobody_listening_holds_up_nothing(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        texter = texter_for(sandbox, callback_url="http://127.0.0.1:1/status")
        with carrying(sandbox.twilio, every=SOON):
            texter.text(sms(1), now=NOW)
            until(
                lambda: {text.status for text in sandbox.twilio.texts()} == {"delivered"},
                "it is delivered",
            )
        texter.close()
