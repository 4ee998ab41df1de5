"""The sandbox's Expo keeps to what Expo documents, asked with a plain HTTP client."""

import gzip
import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.helpers.sandbox import Clock, token
from workers.sandbox import Entry, Fault, Kind, Sandbox, running_sandbox
from workers.sandbox.expo import ExpoRules
from workers.sandbox.journal import read_journal
from workers.sandbox.running import Rules

SEND, RECEIPTS = "/--/api/v2/push/send", "/--/api/v2/push/getReceipts"
LATE = Rules(expo=ExpoRules(receipts_after=timedelta(minutes=15)))


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path, clock=clock, rules=LATE) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.expo_server.url, timeout=10) as client:
        yield client


def send(client: httpx.Client, count: int) -> httpx.Response:
    return client.post(SEND, json=[{"to": token(number)} for number in range(count)])


def code(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()["errors"][0]["code"]


class TestSending:
    def test_tickets_come_in_order(self, sandbox: Sandbox, client: httpx.Client) -> None:
        sandbox.expo.spoil(token(1))
        tickets = send(client, 3).json()["data"]
        assert [each["status"] for each in tickets] == ["ok", "error", "ok"]
        assert tickets[1]["details"] == {
            "error": "DeviceNotRegistered",
            "expoPushToken": token(1),
        }

    def test_one_message_alone_gets_one_ticket_alone(self, client: httpx.Client) -> None:
        assert client.post(SEND, json={"to": token()}).json()["data"]["status"] == "ok"
        assert len(client.post(SEND, json={"to": [token()]}).json()["data"]) == 1

    def test_recipients_count_not_messages(self, client: httpx.Client) -> None:
        many = {"to": [token(number) for number in range(51)]}
        assert len(client.post(SEND, json=[many]).json()["data"]) == 51
        assert code(client.post(SEND, json=[many, many])) == (400, "PUSH_TOO_MANY_NOTIFICATIONS")

    def test_a_hundred_are_enough(self, client: httpx.Client) -> None:
        assert send(client, 100).status_code == 200
        assert code(send(client, 101)) == (400, "PUSH_TOO_MANY_NOTIFICATIONS")

    def test_600_a_second_are_enough(self, client: httpx.Client, clock: Clock) -> None:
        assert [send(client, 100).status_code for _ in range(6)] == [200] * 6
        assert code(send(client, 1)) == (429, "TOO_MANY_REQUESTS")
        clock.pass_by(timedelta(seconds=1))
        assert send(client, 100).status_code == 200

    def test_a_body_may_be_zipped(self, client: httpx.Client, sandbox: Sandbox) -> None:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        zipped = gzip.compress(json.dumps([{"to": token()}]).encode())
        assert client.post(SEND, content=zipped, headers=headers).status_code == 200
        assert client.post(SEND, content=b"no zip", headers=headers).status_code == 400
        assert sandbox.journal.read()[0].asked == [{"to": token()}]

    def test_4096_bytes_are_enough(self, client: httpx.Client) -> None:
        # {"body":""} are eleven bytes.
        fits, too_big = ({"to": token(), "body": "é" * n} for n in (2_042, 2_043))
        assert client.post(SEND, json=fits).json()["data"]["status"] == "ok"
        ticket = client.post(SEND, json=too_big).json()["data"]
        assert ticket["details"]["error"] == "MessageTooBig"

    def test_all_must_be_of_one_project(self, sandbox: Sandbox, client: httpx.Client) -> None:
        sandbox.expo.give_away(token(1), "@else/app")
        response = send(client, 2)
        assert code(response) == (400, "PUSH_TOO_MANY_EXPERIENCE_IDS")
        details = response.json()["errors"][0]["details"]
        assert details == {"@momento/app": [token(0)], "@else/app": [token(1)]}

    @pytest.mark.parametrize(
        "said",
        [None, [], 5, [5], {}, {"to": 5}, {"to": [5]}, {"to": ""}, {"to": token(), "title": 5}],
    )
    def test_what_is_no_message_is_refused(self, client: httpx.Client, said: Any) -> None:
        assert code(client.post(SEND, json=said)) == (400, "VALIDATION_ERROR")

    def test_other_paths_lead_nowhere(self, client: httpx.Client) -> None:
        assert client.post("/").status_code == 404
        assert client.get(SEND).status_code == 404


class TestReceipts:
    def ask(self, client: httpx.Client, *ids: str) -> dict[str, Any]:
        found: dict[str, Any] = client.post(RECEIPTS, json={"ids": ids}).json()["data"]
        return found

    def test_come_after_a_while_and_are_gone_after_a_day(
        self, client: httpx.Client, clock: Clock
    ) -> None:
        ticket = send(client, 1).json()["data"][0]["id"]
        assert self.ask(client, ticket) == {}
        clock.pass_by(timedelta(minutes=15))
        assert self.ask(client, ticket, "unknown", "") == {ticket: {"status": "ok"}}
        clock.pass_by(timedelta(hours=23, minutes=44))
        assert self.ask(client, ticket) != {}
        clock.pass_by(timedelta(minutes=1))
        assert self.ask(client, ticket) == {}

    def test_a_thousand_at_a_time(self, client: httpx.Client) -> None:
        ids = [str(number) for number in range(1_001)]
        assert self.ask(client, *ids[:1_000]) == {}
        response = client.post(RECEIPTS, json={"ids": ids})
        assert code(response) == (400, "PUSH_TOO_MANY_RECEIPTS")

    def test_of_an_earlier_run_are_still_there(self, tmp_path: Path, clock: Clock) -> None:
        tickets = []
        for _ in range(2):
            with running_sandbox(tmp_path, clock=clock) as sandbox:
                sandbox.expo.spoil(token(1), at="receipt")
                with httpx.Client(base_url=sandbox.expo_server.url) as client:
                    tickets += [each["id"] for each in send(client, 2).json()["data"]]
                    found = self.ask(client, *tickets)
        assert [found[each]["status"] for each in tickets] == ["ok", "error"] * 2


class TestTheJournal:
    def test_says_what_was_asked_and_answered_and_when(
        self, sandbox: Sandbox, client: httpx.Client, clock: Clock
    ) -> None:
        asked = {"to": token(), "collapseId": "n1"}
        ticket = client.post(SEND, json=asked).json()["data"]
        assert read_journal(sandbox.journal.path) == [
            Entry(
                at=clock(),
                provider="expo",
                what=f"POST {SEND}",
                asked=asked,
                status=200,
                answered={"data": ticket},
                accepted=[{"id": ticket["id"], "to": token(), "about": "n1", "error": None}],
            )
        ]

    def test_says_what_was_accepted_though_no_answer_came(
        self, sandbox: Sandbox, client: httpx.Client
    ) -> None:
        sandbox.expo_server.faults.order(Fault(Kind.CLOSE))
        with pytest.raises(httpx.RemoteProtocolError):
            send(client, 1)
        (entry,) = sandbox.journal.read("expo")
        assert (entry.status, entry.answered, entry.fault) == (None, None, "close")
        assert len(entry.accepted) == 1

    def test_is_for_its_owner_alone(self, sandbox: Sandbox) -> None:
        assert stat.S_IMODE(sandbox.journal.path.stat().st_mode) == 0o600

    def test_can_be_read_while_a_line_is_written(self, sandbox: Sandbox) -> None:
        with sandbox.journal.path.open("a", encoding="utf-8") as file:
            file.write('{"at": "20')
        assert sandbox.journal.read() == []
