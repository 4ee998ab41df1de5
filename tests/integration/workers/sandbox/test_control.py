"""Orders over HTTP for a sandbox that runs: who is heard, and what comes of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.helpers.sandbox import NOW, Clock, email, listening, push, sms, texter_for
from workers.errors import CommandError
from workers.ports import free_ports
from workers.providers.expo import ExpoPusher
from workers.providers.ports import About, Accepted, Refused, Trouble
from workers.providers.smtp import Relay, SmtpMailer
from workers.sandbox import Fault, Kind, Sandbox, running_sandbox
from workers.sandbox.callbacks import signature
from workers.sandbox.client import SandboxClient
from workers.sandbox.control import Place, place_in, taking_orders
from workers.sandbox.journal import Page, page_of
from workers.sandbox.running import Rules
from workers.sandbox.twilio_rules import TwilioRules
from workers.settings import Provider, SettingsError

KEY = "hunter2"
ALL: frozenset[Provider] = frozenset({"expo", "twilio", "smtp"})
FAULT = {"provider": "expo", "kind": "hang"}


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    """The sandbox's SANDBOX_URL."""
    (port,) = free_ports("127.0.0.1", [0])
    with taking_orders(sandbox, Place(port, KEY), providers=ALL):
        yield f"http://sandbox:{KEY}@127.0.0.1:{port}"


@pytest.fixture
def client(url: str) -> SandboxClient:
    return SandboxClient(SecretStr(url))


def sent(sandbox: Sandbox) -> Any:
    pusher = ExpoPusher(None, url=sandbox.expo_server.url)
    try:
        return pusher.push([push()])[0]
    finally:
        pusher.close()


class TestWhoIsHeard:
    def test_whoever_knows_the_url(self, url: str) -> None:
        assert httpx.get(f"{url}/journal").status_code == 200
        assert httpx.post(f"{url}/faults", json=FAULT).json() == {"ordered": 1}
        assert httpx.delete(f"{url}/faults").json() == {"forgotten": 1}

    @pytest.mark.parametrize("key", ["sandbox:wrong@", "other:hunter2@", "sandbox:é@", ""])
    def test_nobody_without_the_key(self, url: str, key: str) -> None:
        other = url.replace(f"sandbox:{KEY}@", key)
        for answer in (
            httpx.get(f"{other}/journal"),
            httpx.post(f"{other}/faults", json=FAULT),
            httpx.delete(f"{other}/faults"),
            httpx.post(f"{other}/inbound", json={"from": "+14155550001", "body": "STOP"}),
        ):
            assert answer.status_code == 403
            assert KEY not in answer.text
        assert httpx.delete(f"{url}/faults").json() == {"forgotten": 0}

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "rebound.example"},
            {"Host": "127.0.0.1"},
            {"Host": "127.0.0.1.rebound.example:80"},
            {"Origin": "https://elsewhere.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-origin"},
        ],
        ids=str,
    )
    def test_no_page_of_a_browser_even_with_the_key(
        self, url: str, headers: dict[str, str]
    ) -> None:
        assert httpx.get(f"{url}/journal", headers=headers).status_code == 403
        assert httpx.post(f"{url}/faults", json=FAULT, headers=headers).status_code == 403
        assert httpx.get(f"{url}/readyz", headers=headers).status_code == 403
        assert httpx.delete(f"{url}/faults").json() == {"forgotten": 0}

    def test_no_form(self, url: str) -> None:
        answer = httpx.post(f"{url}/faults", content=b"{}", headers={"Content-Type": "text/plain"})
        assert answer.status_code == 415

    def test_that_it_is_ready_may_be_known_by_all(self, url: str) -> None:
        assert httpx.get(f"{url.replace(f'sandbox:{KEY}@', '')}/readyz").status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        ["http://sandbox:k@0.0.0.0:1", "http://127.0.0.1:1", "http://sandbox:k@127.0.0.1", "x"],
    )
    def test_elsewhere_or_without_a_key_it_isnt_started(self, wrong: str) -> None:
        with pytest.raises(SettingsError, match="SANDBOX_URL: must be of the form"):
            place_in(SecretStr(wrong))


class TestFaults:
    def test_are_met_until_they_are_used_up(self, sandbox: Sandbox, client: SandboxClient) -> None:
        wait = timedelta(seconds=7)
        assert client.order("expo", Fault(Kind.TOO_MANY, times=2, retry_after=wait)) == 2
        results = [sent(sandbox) for _ in range(3)]
        assert [type(each) for each in results] == [Trouble, Trouble, Accepted]
        assert results[0].retry_after == wait

    def test_can_be_forgotten(self, sandbox: Sandbox, client: SandboxClient) -> None:
        client.order("expo", Fault(Kind.CLOSE, times=3))
        client.order("smtp", Fault(Kind.CLOSE, times=2))
        assert client.calm() == 5
        assert isinstance(sent(sandbox), Accepted)

    @pytest.mark.parametrize(("accepts", "taken"), [(None, 1), (True, 1), (False, 0)])
    def test_say_whether_a_request_takes_effect(
        self, sandbox: Sandbox, client: SandboxClient, *, accepts: bool | None, taken: int
    ) -> None:
        client.order("smtp", Fault(Kind.CLOSE, accepts=accepts))
        SmtpMailer(Relay(SecretStr(sandbox.smtp.url), "a@momento.example")).mail(email())
        (entry,) = client.journal()["entries"]
        assert len(entry["accepted"]) == taken
        assert entry["fault"] == "close"

    @pytest.mark.parametrize(
        ("order", "said"),
        [
            ({}, "provider: Field required; kind: Field required"),
            (
                FAULT | {"provider": "apns"},
                "provider: Input should be 'expo', 'twilio', 'smtp' or 'stripe'",
            ),
            (FAULT | {"kind": "fire"}, "kind: Input should be 'too_many'"),
            (FAULT | {"times": 0}, "times: "),
            (FAULT | {"retry_after_s": "inf"}, "retry_after_s: "),
            (FAULT | {"when": 1}, "when: Extra inputs"),
            ({"provider": "smtp", "kind": "miscount"}, "body: Value error, only expo"),
            ({"provider": "smtp", "kind": "broken", "accepts": True}, "body: Value error, a relay"),
            ([], "body: "),
        ],
        ids=str,
    )
    def test_that_cant_be_are_refused(self, url: str, order: Any, said: str) -> None:
        answer = httpx.post(f"{url}/faults", json=order)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(said)

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
    def test_that_arent_json_are_refused(self, url: str, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        assert httpx.post(f"{url}/faults", content=body, headers=headers).status_code == 400


class TestJournal:
    def test_is_read_on_where_it_was_left(self, sandbox: Sandbox, client: SandboxClient) -> None:
        assert client.journal() == {"entries": [], "next": 0}
        sent(sandbox)
        first = client.journal()
        assert [each["provider"] for each in first["entries"]] == ["expo"]
        sent(sandbox)
        second = client.journal(after=first["next"])
        assert len(second["entries"]) == 1
        assert client.journal(after=second["next"])["entries"] == []

    def test_is_read_since_a_time_and_of_one_provider(
        self, sandbox: Sandbox, client: SandboxClient, clock: Clock
    ) -> None:
        sent(sandbox)
        clock.pass_by(timedelta(hours=1))
        sandbox.twilio.receive("+14155550001", "hi")
        since = client.journal(since=NOW + timedelta(minutes=1))["entries"]
        assert [each["provider"] for each in since] == ["twilio"]
        assert [each["at"] for each in client.journal(provider="expo")["entries"]] == [
            NOW.isoformat()
        ]

    @pytest.mark.parametrize("query", ["after=-1", "after=x", "since=now", "until=1", "provider=x"])
    def test_isnt_read_by_nonsense(self, url: str, query: str) -> None:
        assert httpx.get(f"{url}/journal?{query}").status_code == 400

    def test_from_anywhere_it_goes_on_at_the_next_line(self, sandbox: Sandbox) -> None:
        path = sandbox.journal.path
        for _ in range(3):
            sent(sandbox)
        length = path.stat().st_size // 3
        for after in (*range(0, 3 * length, 97), length, length + 1, 3 * length):
            page = page_of(path, after=after)
            assert len(page.entries) == max(0, 3 - -(-after // length))
        assert len(page_of(path, most=2).entries) == 2
        assert len(page_of(path, after=page_of(path, most=2).next).entries) == 1

    def test_one_that_was_taken_away_begins_anew(self, sandbox: Sandbox) -> None:
        path = sandbox.journal.path
        sent(sandbox)
        size = path.stat().st_size
        assert len(page_of(path, after=size + 1).entries) == 1
        path.unlink()
        assert page_of(path, after=size) == Page([], 0)

    def test_a_line_that_is_being_written_is_left_for_later(self, sandbox: Sandbox) -> None:
        path = sandbox.journal.path
        sent(sandbox)
        whole = path.read_bytes()
        path.write_bytes(whole + whole[:50])
        page = page_of(path)
        assert (len(page.entries), page.next) == (1, len(whole))
        path.write_bytes(whole + whole)
        assert len(page_of(path, after=page.next).entries) == 1

    def test_a_line_that_was_cut_short_spoils_no_other(self, tmp_path: Path) -> None:
        with running_sandbox(tmp_path) as sandbox:
            sent(sandbox)
        path = sandbox.journal.path
        whole = path.read_bytes()
        path.write_bytes(whole + whole[:50])
        with running_sandbox(tmp_path) as again:
            sent(again)
            assert len(again.journal.read()) == 2
            assert len(page_of(path).entries) == 2


class TestInbound:
    def test_is_told_to_our_webhook_signed(self, tmp_path: Path) -> None:
        (port,) = free_ports("127.0.0.1", [0])
        with listening() as (ear, heard):
            rules = Rules(twilio=TwilioRules(auth_token="t", inbound_url=f"{ear}/in"))
            with (
                running_sandbox(tmp_path, rules=rules) as sandbox,
                taking_orders(sandbox, Place(port, KEY), providers=ALL),
            ):
                client = SandboxClient(SecretStr(f"http://sandbox:{KEY}@127.0.0.1:{port}"))
                called = client.text("+14155550001", "STOP")
                texter = texter_for(sandbox)
                refused = texter.text(sms(1, to="+14155550001"), now=NOW)
                texter.close()
        assert (called.status, called.attempts) == (204, 1)
        ((path, form),) = heard
        signed = form.pop("signature")
        assert (path, form["From"], form["Body"]) == ("/in", "+14155550001", "STOP")
        assert signed == signature(f"{ear}/in", form, token="t")
        assert isinstance(refused, Refused)
        assert refused.about is About.CONSENT

    def test_without_a_webhook_it_is_heeded_alone(self, client: SandboxClient) -> None:
        assert client.text("+14155550001", "STOP").status is None

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ({"from": "4155550001", "body": "STOP"}, "from: "),
            ({"from": "+1415555000\u0661", "body": "STOP"}, "from: "),
            ({"from": "+14155550001\n", "body": "STOP"}, "from: "),
            ({"from": "+14155550001", "body": ""}, "body: "),
            ({"from": "+14155550001", "body": "x" * 1_601}, "body: "),
            ({"number": "+14155550001", "body": "STOP"}, "from: "),
        ],
        ids=lambda each: str(each)[:40],
    )
    def test_from_nobody_or_without_words_is_refused(
        self, url: str, text: dict[str, str], said: str
    ) -> None:
        answer = httpx.post(f"{url}/inbound", json=text)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(said)


class TestProvidersThatAreReal:
    def test_take_no_orders(self, sandbox: Sandbox) -> None:
        (port,) = free_ports("127.0.0.1", [0])
        with taking_orders(sandbox, Place(port, KEY), providers=frozenset({"smtp"})):
            client = SandboxClient(SecretStr(f"http://sandbox:{KEY}@127.0.0.1:{port}"))
            with pytest.raises(CommandError, match="doesn't stand in for expo here"):
                client.order("expo", Fault(Kind.HANG))
            with pytest.raises(CommandError, match="doesn't stand in for twilio here"):
                client.text("+14155550001", "STOP")
            assert client.order("smtp", Fault(Kind.HANG)) == 1

    def test_nobody_there_is_said_without_the_key(self) -> None:
        (port,) = free_ports("127.0.0.1", [0])
        client = SandboxClient(SecretStr(f"http://sandbox:{KEY}@127.0.0.1:{port}"))
        with pytest.raises(CommandError, match="No sandbox answers at http://127") as caught:
            client.calm()
        assert KEY not in str(caught.value)
