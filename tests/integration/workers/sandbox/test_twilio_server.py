"""The sandbox's Twilio keeps to what Twilio documents, asked with a plain HTTP client."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.helpers.sandbox import NOW, Clock, listening, sms, texter_for, told
from workers.providers.ports import Accepted
from workers.sandbox import Sandbox, running_sandbox
from workers.sandbox.callbacks import Called, signature
from workers.sandbox.running import Rules
from workers.sandbox.twilio_rules import TwilioRules

RULES = TwilioRules()
MESSAGES = f"/2010-04-01/Accounts/{RULES.account_sid}/Messages"
RIGHT = {"To": "+14155550001", "Body": "Hello", "MessagingServiceSid": RULES.service_sid}


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    auth = (RULES.account_sid, RULES.auth_token)
    url = sandbox.twilio_server.url
    with httpx.Client(base_url=url, auth=auth, timeout=10) as client:
        yield client


def create(client: httpx.Client, **changes: str) -> httpx.Response:
    said = {name: value for name, value in (RIGHT | changes).items() if value}
    return client.post(f"{MESSAGES}.json", data=said)


def listed(client: httpx.Client, **filters: str) -> list[str]:
    body = client.get(f"{MESSAGES}.json", params=filters).json()
    return [each["body"] for each in body["messages"]]


class TestCreating:
    def test_answers_with_the_message(self, client: httpx.Client) -> None:
        response = create(client)
        made = response.json()
        assert response.status_code == 201
        assert made["sid"].startswith("SM")
        assert made["date_created"] == "Mon, 01 Jun 2026 18:00:00 +0000"
        assert made["date_sent"] is None
        assert made["status"] == "accepted"
        assert made["num_segments"] == "0"
        assert client.get(made["uri"]).json() == made

    def test_from_a_number_it_is_queued(self, client: httpx.Client) -> None:
        made = create(client, MessagingServiceSid="", From=RULES.number).json()
        assert (made["status"], made["from"]) == ("queued", RULES.number)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"To": ""}, 21604),
            ({"To": "12"}, 21211),
            ({"Body": ""}, 21602),
            ({"Body": "x" * 1_601}, 21617),
            ({"MessagingServiceSid": ""}, 21603),
            ({"MessagingServiceSid": "MG1"}, 21701),
            ({"MessagingServiceSid": "", "From": "+15005550007"}, 21606),
            ({"StatusCallback": "https://under_score.example/"}, 21609),
            ({"StatusCallback": "nowhere"}, 21609),
            ({"ValidityPeriod": "36001"}, 20001),
            ({"ValidityPeriod": "0"}, 20001),
            ({"To": "+15005550004"}, 21610),
        ],
    )
    def test_refuses_with_a_code(
        self, client: httpx.Client, changes: dict[str, str], code: int
    ) -> None:
        response = create(client, **changes)
        assert response.status_code == 400
        assert response.json()["code"] == code

    def test_of_a_stranger_nothing(self, client: httpx.Client) -> None:
        response = client.post(f"{MESSAGES}.json", data=RIGHT, auth=("AC1", "x"))
        assert (response.status_code, response.json()["code"]) == (401, 20003)
        assert client.get(f"{MESSAGES}/SM1.json").status_code == 404
        assert client.get("/").status_code == 404


class TestTheList:
    def test_shows_the_newest_first_by_number_and_page(self, client: httpx.Client) -> None:
        for number in range(5):
            create(client, Body=str(number), To=f"+1415555000{number % 2}")
        assert listed(client, To="+14155550000") == ["4", "2", "0"]
        assert listed(client, From="+1") == []
        body = client.get(f"{MESSAGES}.json", params={"PageSize": "2"}).json()
        pages = [[each["body"] for each in body["messages"]]]
        while body["next_page_uri"]:
            body = client.get(body["next_page_uri"]).json()
            pages.append([each["body"] for each in body["messages"]])
        assert pages == [["4", "3"], ["2", "1"], ["0"]]

    def test_finds_by_day_only_what_was_sent(self, client: httpx.Client, sandbox: Sandbox) -> None:
        sent, _ = create(client, Body="sent").json(), create(client, Body="waiting")
        sandbox.twilio.report(sent["sid"], "sent")
        assert listed(client, DateSent="2026-06-01") == ["sent"]
        assert listed(client, **{"DateSent>": "2026-06-01T00:00:00Z"}) == ["sent"]
        assert listed(client, **{"DateSent<": "2026-05-31"}) == []
        assert listed(client) == ["waiting", "sent"]


class TestCallbacks:
    def test_are_signed_as_the_published_example(self) -> None:
        form = {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        assert signature(url, form, token="12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    def test_say_which_notification_and_prove_who_calls(self, sandbox: Sandbox) -> None:
        with listening() as (url, heard):
            texter = texter_for(sandbox, callback_url=f"{url}/status")
            made = texter.text(sms(), now=NOW)
            assert isinstance(made, Accepted)
            sandbox.twilio.report(made.id, "sent")
            called = sandbox.twilio.report(made.id, "undelivered", error=30003)
            texter.close()
        assert called == Called(204, 1)
        (_, first), (path, form) = heard
        assert path == "/status?notification=n1"
        assert (first["MessageStatus"], form["MessageStatus"]) == ("sent", "undelivered")
        assert form["ErrorCode"] == "30003"
        assert form["RawDlrDoneDate"] == "2606011800"
        said = form.pop("signature")
        validator = RequestValidator(RULES.auth_token)
        assert validator.validate(url + path, form, said)
        assert not validator.validate(url + path, form | {"MessageStatus": "sent"}, said)

    def test_may_come_twice_and_in_any_order(self, sandbox: Sandbox) -> None:
        with listening() as (url, heard):
            texter = texter_for(sandbox, callback_url=url)
            made = texter.text(sms(), now=NOW)
            assert isinstance(made, Accepted)
            for status in ("delivered", "sent", "delivered"):
                sandbox.twilio.report(made.id, status)
            texter.close()
        assert [form["MessageStatus"] for _, form in heard] == ["delivered", "sent", "delivered"]

    @pytest.mark.parametrize(("fragment", "times"), [("", 1), ("#rc=3&rp=all", 4), ("#rc=3", 1)])
    def test_are_tried_again_as_the_fragment_says(
        self, sandbox: Sandbox, client: httpx.Client, fragment: str, times: int
    ) -> None:
        with listening(status=503) as (url, heard):
            made = create(client, StatusCallback=f"{url}/{fragment}").json()
            assert sandbox.twilio.report(made["sid"], "sent") == Called(503, times)
        assert len(heard) == times

    def test_are_lost_when_nobody_is_there(self, sandbox: Sandbox, client: httpx.Client) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        made = create(client, StatusCallback=url).json()
        assert sandbox.twilio.report(made["sid"], "sent") == Called(None, 2)
        assert create(client).status_code == 201

    def test_nobody_is_called_who_asked_for_none(
        self, sandbox: Sandbox, client: httpx.Client
    ) -> None:
        assert sandbox.twilio.report(create(client).json()["sid"], "sent") is None


class TestInbound:
    @pytest.mark.parametrize(
        ("body", "meaning"),
        [("STOP", "STOP"), (" quit", "STOP"), ("yes", "START"), ("Info", "HELP"), ("hi", None)],
    )
    def test_is_told_to_us_signed(self, tmp_path: Path, body: str, meaning: str | None) -> None:
        with listening() as (url, heard):
            rules = Rules(twilio=TwilioRules(inbound_url=f"{url}/inbound"))
            with running_sandbox(tmp_path, rules=rules) as sandbox:
                assert sandbox.twilio.receive("+14155550001", body) == Called(204, 1)
        ((path, form),) = heard
        said = form.pop("signature")
        assert RequestValidator(RULES.auth_token).validate(f"{url}{path}", form, said)
        assert (form["From"], form["Body"]) == ("+14155550001", body)
        assert form.get("OptOutType") == meaning


class TestAnEarlierRun:
    def test_is_remembered(self, tmp_path: Path, clock: Clock) -> None:
        with running_sandbox(tmp_path, clock=clock) as sandbox:
            sandbox.twilio.receive("+14155550002", "STOP")
            texter = texter_for(sandbox, callback_url="http://127.0.0.1:9/")
            made = texter.text(sms(), now=NOW)
            assert isinstance(made, Accepted)
            sandbox.twilio.report(made.id, "undelivered", error=30003)
            texter.close()
            before = sandbox.twilio.texts()
        clock.pass_by(timedelta(hours=1))
        with running_sandbox(tmp_path, clock=clock) as sandbox:
            assert sandbox.twilio.texts() == before
            texter = texter_for(sandbox)
            refused: Any = texter.text(sms(2), now=NOW)
            texter.close()
            assert refused.code == "21610"
            assert told(sandbox, "twilio") == ["n1"]
