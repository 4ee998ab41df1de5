"""`momento sandbox`: reading what people would have been told, and giving orders."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.helpers.command import Momento
from tests.helpers.sandbox import NOW, Clock, email, listening, push, sms, texter_for
from workers.ports import free_ports
from workers.providers.expo import ExpoPusher
from workers.providers.smtp import Relay, SmtpMailer
from workers.running import JOURNAL
from workers.sandbox import Sandbox, running_sandbox
from workers.sandbox.control import Place, taking_orders
from workers.sandbox.running import Rules
from workers.sandbox.twilio_rules import TwilioRules

KEY = "hunter2"
MOMENTO = Path(sys.executable).with_name("momento")


@pytest.fixture
def momento(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Momento:
    """The command, with a home of its own and no database."""
    monkeypatch.setenv("MOMENTO_HOME", str(tmp_path))
    return Momento(capsys)


@pytest.fixture
def ear() -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    with listening() as heard:
        yield heard


@pytest.fixture
def sandbox(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ear: tuple[str, list[tuple[str, dict[str, str]]]],
) -> Iterator[Sandbox]:
    """A sandbox in that home, which the settings name."""
    (port,) = free_ports("127.0.0.1", [0])
    monkeypatch.setenv("SANDBOX_URL", f"http://sandbox:{KEY}@127.0.0.1:{port}")
    rules = Rules(twilio=TwilioRules(inbound_url=f"{ear[0]}/in"))
    with (
        running_sandbox((tmp_path / JOURNAL).parent, clock=Clock(), rules=rules) as sandbox,
        taking_orders(sandbox, Place(port, KEY), providers=frozenset({"expo", "twilio", "smtp"})),
    ):
        yield sandbox


def tell(sandbox: Sandbox, **changes: str) -> None:
    """Tell somebody on each channel."""
    pusher, texter = ExpoPusher(None, url=sandbox.expo_server.url), texter_for(sandbox)
    pusher.push([push(1), push(2, **changes)])
    texter.text(sms(), now=NOW)
    SmtpMailer(Relay(SecretStr(sandbox.smtp.url), "a@momento.example")).mail(email())
    pusher.close()
    texter.close()


class TestLog:
    def test_it_has_a_line_for_each_message(self, momento: Momento, sandbox: Sandbox) -> None:
        tell(sandbox)
        lines = momento("sandbox", "log").out.splitlines()
        at = NOW.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        text = "Momento: Ana's dinner starts at eight."
        dinner = "You're in: Ana's dinner starts at eight."
        assert lines == [
            f"{at}  expo    200              to ExponentPushToken[{1:022d}]: {dinner}",
            f"{at}  expo    200              to ExponentPushToken[{2:022d}]: {dinner}",
            f"{at}  twilio  201              to +14155550001: {text}",
            f"{at}  smtp    250              to guest1@example.com: Your refund",
        ]

    def test_of_one_provider_alone(self, momento: Momento, sandbox: Sandbox) -> None:
        tell(sandbox)
        (line,) = momento("sandbox", "log", "--provider", "smtp").out.splitlines()
        assert "guest1@example.com" in line

    def test_it_says_what_wasnt_taken_and_why(self, momento: Momento, sandbox: Sandbox) -> None:
        momento("sandbox", "faults", "smtp", "broken")
        momento("sandbox", "faults", "expo", "hang", "--refuses")
        sandbox.expo.spoil(push(2).token)
        momento("sandbox", "calm")
        momento("sandbox", "faults", "smtp", "broken")
        tell(sandbox)
        lines = momento("sandbox", "log").out.splitlines()
        assert f"200              NOT to {push(2).token}" in lines[1]
        assert "451 (broken)     NOT to guest1@example.com" in lines[3]

    def test_what_people_wrote_does_nothing_to_a_terminal(
        self, momento: Momento, sandbox: Sandbox
    ) -> None:
        tell(sandbox, body="\x1b[2J\nfrom the bank\u202e\x9b1m")
        momento("sandbox", "text", "+14155550001", "hé \u2066")
        sandbox.twilio.receive("+14155550001", "\x1b]0;title\x07")
        out = momento("sandbox", "log").out
        assert "\\x1b[2J\\nfrom the bank\\u202e\\x9b1m" in out
        assert "\\x1b]0;title\\x07" in out
        assert not set(out) & set("\x1b\x07\x9b\u202e\u2066")

    def test_it_can_be_read_when_the_sandbox_has_ended(
        self, momento: Momento, tmp_path: Path
    ) -> None:
        with running_sandbox((tmp_path / JOURNAL).parent) as sandbox:
            tell(sandbox)
        assert len(momento("sandbox", "log").out.splitlines()) == 4

    def test_where_none_has_run_it_says_so(self, momento: Momento, tmp_path: Path) -> None:
        said = momento("sandbox", "log")
        assert said.code == 1
        assert said.err == (
            f"momento sandbox: No sandbox has run in {tmp_path}. Start one with `momento up`.\n"
        )

    def test_followed_it_goes_on(self, sandbox: Sandbox, tmp_path: Path) -> None:
        tell(sandbox)
        command = [str(MOMENTO), "sandbox", "log", "--follow", "--provider", "twilio"]
        environ = os.environ | {"MOMENTO_HOME": str(tmp_path)}
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert b"to +14155550001" in process.stdout.readline()
            sandbox.twilio.receive("+14155550001", "hello?")
            assert b"from +14155550001: hello?" in process.stdout.readline()
            process.terminate()


class TestOrders:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["smtp", "hang"], "The next request to smtp will meet hang.\n"),
            (["expo", "too_many", "--times", "3", "--retry-after", "20"], "The next 3 requests"),
            (["twilio", "close", "--refuses"], "The next request to twilio will meet close.\n"),
        ],
    )
    def test_faults_are_ordered_and_forgotten(
        self, momento: Momento, sandbox: Sandbox, arguments: list[str], said: str
    ) -> None:
        assert momento("sandbox", "faults", *arguments).out.startswith(said)
        ordered = sandbox.faults()[arguments[0]].take()
        assert ordered is not None
        assert ordered.kind == arguments[1]
        assert ordered.accepts is (False if "--refuses" in arguments else None)
        assert momento("sandbox", "calm").out.startswith("All is well again; ")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["faults", "apns", "hang"], "invalid choice: 'apns'"),
            (["faults", "expo", "fire"], "invalid choice: 'fire' (choose from 'too_many', "),
            (["faults", "expo", "hang", "--times", "0"], "a whole number from 1 to 10000"),
            (["faults", "expo", "hang", "--times", "9" * 9_000], "a whole number from 1 to 10000"),
            (["faults", "expo", "hang", "--accepts", "--refuses"], "not allowed with"),
            (["text", "+14155550001"], "required: BODY"),
            (["text", "+14155550001", "\x1b[2J"], "holds a control character"),
            ([], "required: ACTION"),
        ],
        ids=lambda each: str(each)[:40],
    )
    def test_wrong_arguments_are_said(
        self, momento: Momento, arguments: list[str], said: str
    ) -> None:
        result = momento("sandbox", *arguments)
        assert result.code == 2
        assert said in result.err
        assert "\x1b" not in result.err

    def test_what_the_sandbox_refuses_is_said(self, momento: Momento, sandbox: Sandbox) -> None:
        said = momento("sandbox", "faults", "smtp", "miscount")
        assert said.code == 1
        assert "The sandbox refused: body: Value error, only expo" in said.err
        assert sandbox.smtp.faults.take() is None
        assert "from: " in momento("sandbox", "text", "0171", "STOP").err

    def test_a_text_reaches_our_webhook(
        self,
        momento: Momento,
        sandbox: Sandbox,
        ear: tuple[str, list[tuple[str, dict[str, str]]]],
    ) -> None:
        said = momento("sandbox", "text", "+14155550001", "STOP")
        assert said.out == "Our webhook answered 204.\n"
        ((_, form),) = ear[1]
        assert form["OptOutType"] == "STOP"
        assert sandbox.journal.read("twilio")[0].what == "inbound"

    @pytest.mark.parametrize(
        "arguments",
        [["calm"], ["faults", "expo", "hang"], ["text", "+14155550001", "STOP"]],
        ids=lambda each: each[0],
    )
    def test_without_a_sandbox_all_say_what_to_do(
        self, momento: Momento, arguments: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = momento("sandbox", *arguments)
        assert said.code == 1
        assert said.err.startswith("momento sandbox: No sandbox is running for ")
        (port,) = free_ports("127.0.0.1", [0])
        monkeypatch.setenv("SANDBOX_URL", f"http://sandbox:{KEY}@127.0.0.1:{port}")
        gone = momento("sandbox", *arguments)
        assert gone.code == 1
        assert gone.err.startswith(
            f"momento sandbox: No sandbox answers at http://127.0.0.1:{port}"
        )
        assert KEY not in gone.err

    def test_help_says_what_there_is(self, momento: Momento) -> None:
        said = momento("sandbox", "faults", "--help")
        assert said.code == 0
        for word in ("expo", "too_many", "--times N", "--accepts", "--refuses"):
            assert word in said.out
