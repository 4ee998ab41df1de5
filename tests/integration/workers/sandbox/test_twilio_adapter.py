"""Texts through Twilio's package to the sandbox: what becomes of each, whatever goes wrong."""

import logging
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.helpers.sandbox import NOW, Clock, find, sms, texter_for, told
from workers.providers.ports import About, Accepted, Refused, Result, Sms, TextState, Trouble
from workers.providers.twilio import TwilioAccount, TwilioTexter
from workers.providers.twilio_codes import meaning_of
from workers.sandbox import Fault, Kind, Sandbox, running_sandbox
from workers.sandbox.running import Rules
from workers.sandbox.twilio_rules import TwilioRules

# Long enough for a busy machine to get as far as the fault.
QUICK = timedelta(seconds=1)
CALLBACK = "https://workers.example/webhooks/twilio/status"


@pytest.fixture
def texter(sandbox: Sandbox) -> Iterator[TwilioTexter]:
    texter = texter_for(sandbox, callback_url=CALLBACK)
    yield texter
    texter.close()


@pytest.fixture
def hasty(sandbox: Sandbox) -> Iterator[TwilioTexter]:
    """One that waits for a second only."""
    texter = texter_for(sandbox, callback_url=CALLBACK, limit=QUICK)
    yield texter
    texter.close()


def send(texter: TwilioTexter, text: Sms | None = None) -> Result:
    return texter.text(text or sms(), now=NOW)


def accepted(result: Result) -> str:
    assert isinstance(result, Accepted)
    return result.id


class TestAText:
    def test_is_accepted_with_its_id(self, sandbox: Sandbox, texter: TwilioTexter) -> None:
        sid = accepted(send(texter))
        assert sid.startswith("SM")
        assert told(sandbox, "twilio") == ["n1"]

    def test_says_whom_to_call_back_about_what_and_when_it_is_stale(
        self, sandbox: Sandbox, texter: TwilioTexter
    ) -> None:
        send(texter)
        (entry,) = sandbox.journal.read("twilio")
        assert entry.asked == {
            "To": "+14155550001",
            "Body": "Momento: Ana's dinner starts at eight.",
            "MessagingServiceSid": sandbox.twilio.rules.service_sid,
            "StatusCallback": f"{CALLBACK}?notification=n1#rc=3&rp=all",
            "ValidityPeriod": "7200",
        }

    @pytest.mark.parametrize(
        ("left", "said"),
        [(timedelta(days=2), "36000"), (timedelta(0), "6"), (timedelta(seconds=90), "90")],
    )
    def test_is_valid_for_as_long_as_twilio_takes(
        self, sandbox: Sandbox, texter: TwilioTexter, left: timedelta, said: str
    ) -> None:
        accepted(send(texter, sms(expires_at=NOW + left)))
        assert sandbox.journal.read("twilio")[0].asked["ValidityPeriod"] == said

    @pytest.mark.parametrize(
        ("number", "result"),
        [
            ("+15005550001", Refused("21211", About.ADDRESS)),
            ("nonsense", Refused("21211", About.ADDRESS)),
            ("+15005550009", Refused("21614", About.ADDRESS)),
            ("+15005550004", Refused("21610", About.CONSENT)),
            ("+15005550002", Refused("21612", About.MESSAGE)),
            ("+15005550003", Refused("21408", About.MESSAGE)),
        ],
    )
    def test_is_refused_for_its_number(
        self, number: str, result: Result, sandbox: Sandbox, texter: TwilioTexter
    ) -> None:
        assert send(texter, sms(to=number)) == result
        assert told(sandbox, "twilio") == []

    def test_is_refused_for_its_length(self, texter: TwilioTexter) -> None:
        assert send(texter, sms(body="x" * 1_601)) == Refused("21617", About.MESSAGE)

    def test_none_is_taken_after_stop_until_start(
        self, sandbox: Sandbox, texter: TwilioTexter
    ) -> None:
        sandbox.twilio.receive(sms().to, "stop ")
        assert send(texter) == Refused("21610", About.CONSENT)
        accepted(send(texter, sms(2)))
        sandbox.twilio.receive(sms().to, "stop please")
        sandbox.twilio.receive(sms().to, "START")
        accepted(send(texter))


class TestOurAccount:
    def test_a_wrong_secret_needs_an_operator(self, sandbox: Sandbox) -> None:
        texter = texter_for(sandbox, auth_token="wrong")
        assert send(texter) == Trouble("20003", needs_operator=True)
        assert find(texter, sms(), since=NOW) == Trouble("http_401", needs_operator=True)
        texter.close()

    def test_so_does_a_service_that_isnt_ours(self, sandbox: Sandbox) -> None:
        texter = texter_for(sandbox, service_sid="MG1")
        assert send(texter) == Trouble("21701", needs_operator=True)
        texter.close()


class TestTrapsOfThePackage:
    """Each is a fact about twilio 9.13 or the API that would lose or double texts."""

    def test_there_would_be_no_time_out(self, sandbox: Sandbox, hasty: TwilioTexter) -> None:
        sandbox.twilio_server.faults.order(Fault(Kind.HANG))
        assert send(hasty) == Trouble("timeout", may_be_accepted=True)

    def test_a_time_out_for_each_read_would_let_an_answer_drip_for_ever(
        self, sandbox: Sandbox, hasty: TwilioTexter
    ) -> None:
        sandbox.twilio_server.faults.order(Fault(Kind.DRIP))
        assert send(hasty) == Trouble("timeout", may_be_accepted=True)

    def test_errors_of_rfc_9457_are_of_another_class(self, tmp_path: Path) -> None:
        rules = Rules(twilio=TwilioRules(problem_details=True))
        with running_sandbox(tmp_path, rules=rules) as sandbox:
            texter = texter_for(sandbox)
            stopped = sms(to="+15005550004")
            assert send(texter, stopped) == Refused("21610", About.CONSENT)
            sandbox.twilio_server.faults.order(Fault(Kind.TOO_MANY))
            assert send(texter) == Trouble("20429")
            texter.close()

    def test_an_error_of_a_list_is_of_a_third_class(
        self, sandbox: Sandbox, texter: TwilioTexter
    ) -> None:
        sandbox.twilio_server.faults.order(Fault(Kind.BROKEN))
        assert find(texter, sms(), since=NOW) == Trouble("http_500")

    def test_an_exception_doesnt_hold_when_to_come_back(
        self, sandbox: Sandbox, texter: TwilioTexter
    ) -> None:
        sandbox.twilio_server.faults.order(
            Fault(Kind.TOO_MANY, times=2, retry_after=timedelta(seconds=3))
        )
        again = timedelta(seconds=3)
        assert send(texter) == Trouble("20429", retry_after=again)
        assert find(texter, sms(), since=NOW) == Trouble("http_429", retry_after=again)
        assert told(sandbox, "twilio") == []

    def test_the_package_would_log_whom_we_look_for(
        self, texter: TwilioTexter, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG, logger="twilio"):
            send(texter)
            find(texter, sms(), since=NOW)
        assert [record for record in caplog.records if record.name.startswith("twilio")] == []

    def test_there_is_no_key_that_keeps_a_second_one_away(
        self, sandbox: Sandbox, texter: TwilioTexter
    ) -> None:
        accepted(send(texter))
        accepted(send(texter))
        assert told(sandbox, "twilio") == ["n1", "n1"]


class TestFaults:
    """Whether it may have been accepted decides whether it may be sent again."""

    @pytest.mark.parametrize("accepts", [False, True])
    @pytest.mark.parametrize(
        ("kind", "code"),
        [
            (Kind.BROKEN, "http_500"),
            (Kind.CLOSE, "connection_lost"),
            (Kind.GARBAGE, "answer_malformed"),
        ],
    )
    def test_nobody_knows(
        self, kind: Kind, code: str, sandbox: Sandbox, texter: TwilioTexter, *, accepts: bool
    ) -> None:
        sandbox.twilio_server.faults.order(Fault(kind, accepts=accepts))
        assert send(texter) == Trouble(code, may_be_accepted=True)
        assert told(sandbox, "twilio") == (["n1"] if accepts else [])

    def test_nobody_there_has_taken_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        rules = TwilioRules()
        token = SecretStr(rules.auth_token)
        account = TwilioAccount(rules.account_sid, token, rules.service_sid)
        texter = TwilioTexter(account, url=url)
        assert send(texter) == Trouble("unreachable")
        texter.close()


class TestAskingAfterwards:
    """What settles an unknown outcome without sending again."""

    @pytest.mark.parametrize("kind", [Kind.BROKEN, Kind.CLOSE, Kind.HANG, Kind.GARBAGE])
    def test_one_that_was_taken_is_found(
        self, kind: Kind, sandbox: Sandbox, hasty: TwilioTexter
    ) -> None:
        sandbox.twilio_server.faults.order(Fault(kind, accepts=True))
        assert isinstance(send(hasty), Trouble)
        (text,) = sandbox.twilio.texts()
        assert find(hasty, sms(), since=NOW) == TextState(text.sid, "accepted")

    def test_one_that_wasnt_isnt(self, sandbox: Sandbox, texter: TwilioTexter) -> None:
        sandbox.twilio_server.faults.order(Fault(Kind.BROKEN))
        send(texter)
        assert find(texter, sms(), since=NOW) is None

    def test_neither_an_older_one_nor_another_text_is_taken_for_it(
        self, texter: TwilioTexter, clock: Clock
    ) -> None:
        accepted(send(texter))
        clock.pass_by(timedelta(minutes=5))
        accepted(send(texter, sms(body="Something else")))
        assert find(texter, sms(), since=clock()) is None

    def test_clocks_may_differ_a_little(self, texter: TwilioTexter) -> None:
        sid = accepted(send(texter))
        since = NOW + timedelta(seconds=30, microseconds=5)
        assert find(texter, sms(), since=since) == TextState(sid, "accepted")

    def test_it_may_be_listed_only_after_a_while(self, tmp_path: Path, clock: Clock) -> None:
        rules = Rules(twilio=TwilioRules(listed_after=timedelta(seconds=30)))
        with running_sandbox(tmp_path, clock=clock, rules=rules) as sandbox:
            texter = texter_for(sandbox)
            sid = accepted(send(texter))
            assert find(texter, sms(), since=NOW) is None
            clock.pass_by(timedelta(seconds=30))
            assert find(texter, sms(), since=NOW) == TextState(sid, "accepted")
            texter.close()

    def test_how_far_it_has_come(self, sandbox: Sandbox, texter: TwilioTexter) -> None:
        sid = accepted(send(texter))
        sandbox.twilio.report(sid, "undelivered", error=30003)
        later = Refused("30003", About.MESSAGE, permanent=False)
        assert texter.state(sid) == TextState(sid, "undelivered", later)
        sandbox.twilio.report(sid, "delivered")
        assert texter.state(sid) == TextState(sid, "delivered")

    def test_one_that_never_was(self, texter: TwilioTexter) -> None:
        assert texter.state("SMnone") is None

    def test_an_answer_that_makes_no_sense_can_be_asked_for_again(
        self, sandbox: Sandbox, texter: TwilioTexter
    ) -> None:
        sandbox.twilio_server.faults.order(Fault(Kind.GARBAGE, times=2))
        assert find(texter, sms(), since=NOW) == Trouble("answer_malformed")
        assert texter.state("SM1") == Trouble("answer_malformed")


class TestCodes:
    @pytest.mark.parametrize(
        ("codes", "meaning"),
        [
            ((21610,), "consent"),
            ((21211, 21614, 21635, 30006), "address"),
            ((21408, 21612, 30004, 30005, 30007, 12345), "message"),
            ((30003, 30008), "message, later"),
            ((20429, 21611, 30001, 63017, 63038), "trouble"),
            ((20003, 21212, 21606, 21608, 30002, 30034), "trouble, operator"),
        ],
    )
    def test_ask_for(self, codes: tuple[int, ...], meaning: str) -> None:
        for code in codes:
            match meaning_of(code):
                case Refused(name, about, permanent=permanent):
                    said = about.value if permanent else f"{about}, later"
                case Trouble(name, needs_operator=needs, may_be_accepted=False):
                    said = "trouble, operator" if needs else "trouble"
            assert (name, said) == (str(code), meaning)
