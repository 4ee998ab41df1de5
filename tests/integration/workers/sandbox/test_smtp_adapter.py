"""Email to the sandbox's relay: what becomes of each, whatever goes wrong."""

import smtplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.helpers.sandbox import email, told
from workers.providers.ports import About, Accepted, Refused, Result, Trouble
from workers.providers.smtp import Relay, SmtpMailer
from workers.sandbox import Fault, Kind, Sandbox, running_sandbox
from workers.sandbox.running import Rules
from workers.sandbox.smtp_talk import SmtpRules

# Long enough for a busy machine to get as far as the fault.
QUICK = timedelta(seconds=1)
SENDER = "Momento <hello@momento.example>"
# Slow enough that the first number of an answer isn't there in time.
PAUSE = timedelta(milliseconds=900)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path) as sandbox:
        yield sandbox


def mailer(url: str, *, limit: timedelta = timedelta(seconds=10)) -> SmtpMailer:
    return SmtpMailer(Relay(SecretStr(url), SENDER), limit=limit)


def send(sandbox: Sandbox, *, limit: timedelta = timedelta(seconds=10), **changes: Any) -> Result:
    return mailer(sandbox.smtp.url, limit=limit).mail(email(**changes))


class TestAnEmail:
    def test_is_accepted_by_its_message_id(self, sandbox: Sandbox) -> None:
        assert send(sandbox) == Accepted("<n1@momento.example>")
        assert told(sandbox, "smtp") == ["n1"]

    def test_arrives_as_it_was_written(self, sandbox: Sandbox) -> None:
        text = ".\n..dots\nÄrger über Größe\n" + "long " * 300 + "\n"
        send(sandbox, text=text, subject="Rückzahlung", html="<p>hi</p>")
        (entry,) = sandbox.journal.read("smtp")
        assert entry.asked["text"] == text
        headers = entry.asked["headers"]
        assert (headers["From"], headers["To"]) == (SENDER, "guest1@example.com")
        assert headers["Subject"] == "Rückzahlung"
        assert entry.asked["from"] == "hello@momento.example"

    def test_can_be_ended_with_one_click(self, sandbox: Sandbox) -> None:
        send(sandbox, unsubscribe_url="https://momento.example/u/abc")
        headers = sandbox.journal.read("smtp")[0].asked["headers"]
        assert headers["List-Unsubscribe"] == "<https://momento.example/u/abc>"
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    @pytest.mark.parametrize(
        "to",
        [
            *("", "nobody", "a b@c", "a@b\nBcc: c@d", "ä@b.example", "a@b,c"),
            "=?utf-8?q??=@b.example",
        ],
    )
    def test_to_what_is_no_address_isnt_sent(self, sandbox: Sandbox, to: str) -> None:
        assert send(sandbox, to=to) == Refused("address_malformed", About.ADDRESS)
        assert sandbox.journal.read() == []

    def test_a_subject_of_two_lines_is_our_own_mistake(self, sandbox: Sandbox) -> None:
        with pytest.raises(ValueError, match="linefeed"):
            send(sandbox, subject="Hi\nBcc: somebody@else.example")

    @pytest.mark.parametrize(
        ("reply", "result"),
        [
            ("550 5.1.1 no such mailbox", Refused("smtp_550", About.ADDRESS)),
            ("550 5.7.1 you are spam", Refused("smtp_550", About.MESSAGE)),
            ("552 5.2.2 full", Refused("smtp_552", About.MESSAGE)),
            ("450 4.2.0 greylisted", Refused("smtp_450", About.MESSAGE, permanent=False)),
            ("421 4.3.2 going down", Trouble("smtp_421")),
        ],
    )
    def test_is_refused_for_its_recipient(
        self, sandbox: Sandbox, reply: str, result: Result
    ) -> None:
        sandbox.smtp.spoil("guest1@example.com", reply)
        assert send(sandbox) == result
        assert told(sandbox, "smtp") == []


class TestTheRelay:
    @pytest.mark.parametrize(("password", "is_right"), [("p%20%40s", True), ("wrong", False)])
    def test_is_told_who_we_are(self, tmp_path: Path, password: str, *, is_right: bool) -> None:
        with running_sandbox(tmp_path, rules=Rules(smtp=SmtpRules("me", "p @s"))) as sandbox:
            url = sandbox.smtp.url.replace("smtp://", f"smtp://me:{password}@")
            result = mailer(url).mail(email())
        right = Accepted("<n1@momento.example>")
        assert result == (right if is_right else Trouble("smtp_535", needs_operator=True))

    def test_takes_nothing_from_a_stranger(self, tmp_path: Path) -> None:
        with running_sandbox(tmp_path, rules=Rules(smtp=SmtpRules("me", "x"))) as sandbox:
            assert send(sandbox) == Trouble("smtp_530", needs_operator=True)

    def test_nobody_there_has_taken_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
        assert mailer(url).mail(email()) == Trouble("unreachable")

    def test_speaks_as_a_relay_does(self, sandbox: Sandbox) -> None:
        host, port = sandbox.smtp.url.removeprefix("smtp://").split(":")
        with smtplib.SMTP(host, int(port), timeout=10) as client:
            assert client.docmd("DATA")[0] == 503
            assert client.docmd("MAIL", "nonsense")[0] == 501
            assert client.docmd("RCPT", "TO:<a@b.example>")[0] == 503
            assert client.docmd("WHAT")[0] == 500
            assert client.noop()[0] == 250
            refused = client.sendmail("a@b.example", ["c@d.example", "e@f.example"], "\nhi")
        assert refused == {}
        (entry,) = sandbox.journal.read("smtp")
        assert [each["to"] for each in entry.accepted] == ["c@d.example", "e@f.example"]


class TestFaults:
    """Before the end of a message was sent it can't have been taken; after that it may."""

    @pytest.mark.parametrize(
        ("kind", "code"),
        [
            (Kind.CLOSE, "connection_lost"),
            (Kind.HANG, "timeout"),
            (Kind.DRIP, "timeout"),
            (Kind.GARBAGE, "answer_malformed"),
        ],
    )
    def test_after_the_end_nobody_knows(self, sandbox: Sandbox, kind: Kind, code: str) -> None:
        sandbox.smtp.faults.order(Fault(kind, pause=PAUSE))
        assert send(sandbox, limit=QUICK) == Trouble(code, may_be_accepted=True)
        assert told(sandbox, "smtp") == ["n1"]

    @pytest.mark.parametrize(
        ("kind", "code"),
        [
            (Kind.CLOSE, "unreachable"),
            (Kind.HANG, "timeout"),
            (Kind.DRIP, "timeout"),
            (Kind.GARBAGE, "answer_malformed"),
            (Kind.TOO_MANY, "smtp_421"),
        ],
    )
    def test_before_the_end_it_wasnt_taken(self, sandbox: Sandbox, kind: Kind, code: str) -> None:
        sandbox.smtp.faults.order(Fault(kind, accepts=False, pause=PAUSE))
        assert send(sandbox, limit=QUICK) == Trouble(code)
        assert told(sandbox, "smtp") == []

    def test_a_relay_that_says_later_hasnt_taken_it(self, sandbox: Sandbox) -> None:
        sandbox.smtp.faults.order(Fault(Kind.BROKEN))
        assert send(sandbox) == Trouble("smtp_451")
        assert isinstance(send(sandbox), Accepted)
        assert told(sandbox, "smtp") == ["n1"]
