"""`momento up` and those who stand in: for whom, where, and what is never taken for real."""

import re
import shlex
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.helpers.place import SOON, STEADY, Place, a_place, one_line
from tests.helpers.sandbox import email, push, sms
from workers.child import read_procfile
from workers.clock import utc_now
from workers.commands.up import PROCFILE
from workers.providers.ports import Accepted
from workers.providers.senders import make_senders
from workers.running import JOURNAL
from workers.sandbox import Fault, Kind
from workers.sandbox.client import SandboxClient
from workers.sandbox.control import place_in
from workers.settings import load_settings

SANDBOX = "sandbox: python -m workers.sandbox"
# Says what it was given.
WITNESS = (
    "witness: sh -c 'env"
    ' | grep -E "^(EXPO|TWILIO|SMTP|STRIPE|GATEWAY_PUBLIC|SANDBOX)_"; sleep 600\''
)
EXPO = {"EXPO_ACCESS_TOKEN": "real"}
SMTP = {"SMTP_URL": "smtp://relay.example"}
TWILIO = {
    "TWILIO_ACCOUNT_SID": "ACreal",
    "TWILIO_AUTH_TOKEN": "real",
    "TWILIO_MESSAGING_SERVICE_SID": "MGreal",
}
STRIPE = {"STRIPE_API_KEY": "sk_real", "STRIPE_WEBHOOK_SECRET": "whsec_real"}
URLS = {"EXPO_URL", "TWILIO_URL", "SMTP_URL", "STRIPE_URL", "SANDBOX_URL"}
NAMES = {*URLS, "SANDBOX_PROVIDERS", *TWILIO, *STRIPE}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with a_place(tmp_path) as place:
        yield place


def published(place: Place) -> dict[str, str]:
    """What `momento env` says."""
    words = shlex.split(place.momento("env").stdout.replace("export ", ""))
    return dict(word.partition("=")[::2] for word in words)


def run_until_up(place: Place, *lines: str, **environ: str) -> dict[str, str]:
    """Start it, and give what it publishes."""
    place.up(*lines, **environ)
    place.until_said("to stop")
    return published(place)


def end(place: Place) -> None:
    place.started[-1].send_signal(signal.SIGINT)
    place.started[-1].wait(SOON.total_seconds())


def test_the_procfile_has_it() -> None:
    assert SANDBOX.split(": ")[1] in [each.command for each in read_procfile(PROCFILE)]


class TestWithoutCredentials:
    def test_every_channel_has_a_stand_in_that_works(self, place: Place) -> None:
        environ = run_until_up(place, STEADY, SANDBOX)
        assert environ.keys() >= NAMES | {"GATEWAY_PUBLIC_URL"}
        assert environ["GATEWAY_PUBLIC_URL"] == f"http://127.0.0.1:{environ['GATEWAY_PORT']}"
        senders = make_senders(load_settings(environ))
        assert senders.pusher
        assert senders.texter
        assert senders.mailer
        assert isinstance(senders.pusher.push([push(1)])[0], Accepted)
        assert isinstance(senders.texter.text(sms(2), now=utc_now()), Accepted)
        assert isinstance(senders.mailer.mail(email(3)), Accepted)
        senders.pusher.close()
        senders.texter.close()
        log = place.momento("sandbox", "log").stdout
        # What Twilio tells of the text by itself may come in between.
        assert {line.split()[2] for line in log.splitlines()} == {"expo", "twilio", "smtp"}
        assert "money      none moves" in place.output
        line = re.search(r"messages +pushes, texts and emails reach nobody; .*", place.output)
        assert line is not None
        assert f"MOMENTO_HOME={place.home} " in line[0]

    def test_it_takes_orders(self, place: Place) -> None:
        environ = run_until_up(place, STEADY, SANDBOX)
        client = SandboxClient(SecretStr(environ["SANDBOX_URL"]))
        assert client.order("expo", Fault(Kind.BROKEN)) == 1
        assert (
            place.momento("sandbox", "calm").stdout
            == "All is well again; 1 more would have gone wrong.\n"
        )
        refused = place.momento("sandbox", "text", "+14155550001", "STOP")
        assert "our webhook didn't answer" in one_line(refused)

    def test_its_secrets_are_on_no_screen_and_its_journal_is_for_the_owner_alone(
        self, place: Place
    ) -> None:
        environ = run_until_up(place, STEADY, SANDBOX)
        assert stat.S_IMODE((place.home / JOURNAL).stat().st_mode) == 0o600
        key = SecretStr(environ["SANDBOX_URL"])
        ours = ("TWILIO_AUTH_TOKEN", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET")
        for secret in (*(environ[name] for name in ours), place_in(key).key):
            assert secret not in place.output


class TestWithSome:
    def test_those_alone_are_stood_in_for_that_have_none(self, place: Place) -> None:
        environ = run_until_up(place, STEADY, SANDBOX, WITNESS, **EXPO, **TWILIO, **STRIPE)
        assert environ["SANDBOX_PROVIDERS"] == "smtp"
        ours = {"SMTP_URL", "SANDBOX_URL", "SANDBOX_PROVIDERS"}
        assert environ.keys() & NAMES == ours
        assert "GATEWAY_PUBLIC_URL" not in environ
        assert "messages   emails reach nobody" in place.output
        place.until_said("TWILIO_ACCOUNT_SID=ACreal")
        assert "EXPO_URL" not in place.output

    def test_a_real_relay_on_this_machine_is_left_alone(self, place: Place) -> None:
        """Its port isn't the sandbox's to listen on."""
        with socket.create_server(("127.0.0.1", 0)) as relay:
            url = f"smtp://127.0.0.1:{relay.getsockname()[1]}"
            environ = run_until_up(place, STEADY, SANDBOX, SMTP_URL=url)
        assert environ["SANDBOX_PROVIDERS"] == "expo,twilio,stripe"

    def test_with_all_it_is_not_started(self, place: Place) -> None:
        environ = run_until_up(place, STEADY, SANDBOX, **EXPO, **TWILIO, **SMTP, **STRIPE)
        assert environ.keys() & NAMES == set()
        assert "sandbox" not in place.output
        assert "messages" not in place.output

    def test_asked_for_alone_with_all_it_says_why_not(self, place: Place) -> None:
        result = place.momento("up", "sandbox", **EXPO, **TWILIO, **SMTP, **STRIPE)
        assert "The sandbox stands in for nobody" in one_line(result)

    def test_halves_of_credentials_are_named(self, place: Place) -> None:
        line = one_line(place.momento("up", TWILIO_ACCOUNT_SID="ACreal"))
        assert "TWILIO_AUTH_TOKEN and TWILIO_MESSAGING_SERVICE_SID: " in line

    def test_where_it_is_not_chosen_nothing_is_set(self, place: Place) -> None:
        environ = run_until_up(place, STEADY, GATEWAY_PUBLIC_URL="https://momento.example")
        assert environ.keys() & NAMES == set()
        assert "GATEWAY_PUBLIC_URL" not in environ


class TestAShellOfAnEarlierRun:
    def test_is_not_taken_for_one_with_credentials(self, place: Place) -> None:
        first = run_until_up(place, STEADY, SANDBOX)
        end(place)
        again = run_until_up(place, STEADY, SANDBOX, WITNESS, **first)
        assert again == first

    def test_nor_are_its_values_given_to_processes_without_a_sandbox(self, place: Place) -> None:
        first = run_until_up(place, STEADY, SANDBOX)
        end(place)
        run_until_up(place, STEADY, WITNESS, "last: sh -c 'echo said all; sleep 600'", **first)
        place.until_said("said all")
        for name in (*NAMES, "GATEWAY_PUBLIC_URL"):
            assert f"{name}=" not in place.output

    def test_with_half_of_real_ones_beside_ours_is_told_what_is_missing(self, place: Place) -> None:
        first = run_until_up(place, STEADY, SANDBOX)
        end(place)
        line = one_line(place.momento("up", **first | {"TWILIO_AUTH_TOKEN": "real"}))
        assert "TWILIO_ACCOUNT_SID and TWILIO_MESSAGING_SERVICE_SID: " in line
