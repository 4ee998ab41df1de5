"""Pushes through Expo's package to the sandbox: what becomes of each, whatever goes wrong."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.helpers.sandbox import NOW, push, pushes, token, told
from workers.providers.expo import ExpoPusher
from workers.providers.ports import About, Accepted, Refused, Trouble
from workers.sandbox import Fault, Kind, Sandbox, running_sandbox
from workers.sandbox.expo import ExpoRules
from workers.sandbox.running import Rules

# Long enough for a busy machine to get as far as the fault.
QUICK = timedelta(seconds=1)
GONE = Refused("DeviceNotRegistered", About.ADDRESS)


@pytest.fixture
def pusher(sandbox: Sandbox) -> Iterator[ExpoPusher]:
    pusher = ExpoPusher(None, url=sandbox.expo_server.url)
    yield pusher
    pusher.close()


@pytest.fixture
def hasty(sandbox: Sandbox) -> Iterator[ExpoPusher]:
    """One that waits for a second only."""
    pusher = ExpoPusher(None, url=sandbox.expo_server.url, limit=QUICK)
    yield pusher
    pusher.close()


def requests_of(sandbox: Sandbox, path: str) -> list[Any]:
    return [each.asked for each in sandbox.journal.read("expo") if each.what.endswith(path)]


class TestAPush:
    def test_is_accepted_with_a_ticket(self, sandbox: Sandbox, pusher: ExpoPusher) -> None:
        (result,) = pusher.push([push()])
        assert isinstance(result, Accepted)
        assert told(sandbox, "expo") == ["n1"]

    def test_takes_its_own_place_when_it_comes_twice_and_says_when_it_is_stale(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        pusher.push([push(extra={"link": "momento://events/e1"}, channel="plans")])
        ((said,),) = requests_of(sandbox, "/push/send")
        assert said == {
            "to": token(),
            "title": "You're in",
            "body": "Ana's dinner starts at eight.",
            "data": {"link": "momento://events/e1", "notification_id": "n1"},
            "sound": "default",
            "expiration": int((NOW + timedelta(hours=2)).timestamp()),
            "priority": "high",
            "collapseId": "n1",
            "tag": "n1",
            "channelId": "plans",
        }

    def test_each_gets_its_own_result_in_order(self, sandbox: Sandbox, pusher: ExpoPusher) -> None:
        sandbox.expo.spoil(token(2))
        sandbox.expo.spoil(token(4), "MessageRateExceeded")
        sandbox.expo.spoil(token(5), "InvalidCredentials")
        sandbox.expo.spoil(token(6), "ExpoError")
        sandbox.expo.spoil(token(7), "")
        listed = [*pushes([1, 2]), push(3, body="x" * 5_000), *pushes([4, 5, 6, 7, 8])]
        first, *others, last = pusher.push(listed)
        assert isinstance(first, Accepted)
        assert isinstance(last, Accepted)
        assert others == [
            GONE,
            Refused("MessageTooBig", About.MESSAGE),
            Refused("MessageRateExceeded", About.MESSAGE, permanent=False),
            Trouble("InvalidCredentials", needs_operator=True),
            Trouble("ExpoError"),
            Refused("unnamed", About.MESSAGE),
        ]
        assert told(sandbox, "expo") == ["n1", "n8"]

    def test_none_is_sent_when_there_is_none(self, sandbox: Sandbox, pusher: ExpoPusher) -> None:
        assert pusher.push([]) == []
        assert sandbox.journal.read() == []

    def test_what_is_no_json_is_our_own_mistake(self, sandbox: Sandbox, pusher: ExpoPusher) -> None:
        with pytest.raises(TypeError):
            pusher.push([push(extra={"at": NOW})])
        assert sandbox.journal.read() == []


class TestTrapsOfThePackage:
    """Each is a fact about exponent-server-sdk 2.2 that would lose or double pushes."""

    def test_a_generator_of_messages_would_be_dropped_in_part(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        results = pusher.push(pushes(range(100)))
        assert len(results) == 100
        assert told(sandbox, "expo") == [f"n{number}" for number in range(100)]

    def test_a_second_request_would_lose_the_tickets_of_the_first(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        with pytest.raises(ValueError, match="100 pushes"):
            pusher.push(pushes(range(101)))
        pusher.push(pushes(range(100)))
        assert len(requests_of(sandbox, "/push/send")) == 1

    def test_a_bad_token_would_raise_for_the_whole_call(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        bad = ["", "nonsense", "ExponentPushTokenXXX", "ExponentPushToken[]", "x\n", "apns:1"]
        listed = [push(1), *(push(2, token=each) for each in bad), push(3)]
        first, *others, last = pusher.push(listed)
        assert isinstance(first, Accepted)
        assert isinstance(last, Accepted)
        assert others == [Refused("token_malformed", About.ADDRESS)] * len(bad)
        assert told(sandbox, "expo") == ["n1", "n3"]

    def test_a_token_of_the_newer_form_would_be_refused(self, pusher: ExpoPusher) -> None:
        (result,) = pusher.push([push(token="ExpoPushToken[abc]")])
        assert isinstance(result, Accepted)

    def test_receipts_would_be_asked_for_without_the_access_token(self, tmp_path: Path) -> None:
        rules = Rules(expo=ExpoRules(access_token="secret"))
        with running_sandbox(tmp_path, rules=rules) as sandbox:
            pusher = ExpoPusher(SecretStr("secret"), url=sandbox.expo_server.url)
            (ticket,) = pusher.push([push()])
            assert isinstance(ticket, Accepted)
            assert pusher.receipts([ticket.id]).found == {ticket.id: ticket}
            pusher.close()
            assert "secret" not in sandbox.journal.path.read_text()

    def test_an_empty_id_of_a_refused_ticket_would_be_asked_for(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        assert pusher.receipts(["", ""]).found == {}
        assert sandbox.journal.read() == []

    def test_there_would_be_no_time_out(self, sandbox: Sandbox, hasty: ExpoPusher) -> None:
        sandbox.expo_server.faults.order(Fault(Kind.HANG))
        assert hasty.push([push()]) == [Trouble("timeout", may_be_accepted=True)]

    def test_a_time_out_for_each_read_would_let_an_answer_drip_for_ever(
        self, sandbox: Sandbox, hasty: ExpoPusher
    ) -> None:
        sandbox.expo_server.faults.order(Fault(Kind.DRIP))
        assert hasty.push([push()]) == [Trouble("timeout", may_be_accepted=True)]

    @pytest.mark.parametrize("secret", [None, "wrong"])
    def test_being_locked_out_comes_as_an_error_of_the_server(
        self, secret: str | None, tmp_path: Path
    ) -> None:
        rules = Rules(expo=ExpoRules(access_token="right"))
        with running_sandbox(tmp_path, rules=rules) as sandbox:
            token = None if secret is None else SecretStr(secret)
            pusher = ExpoPusher(token, url=sandbox.expo_server.url)
            (result,) = pusher.push([push()])
            pusher.close()
        assert isinstance(result, Trouble)
        assert result.code in {"UNAUTHORIZED", "http_401"}
        assert result.needs_operator
        assert not result.may_be_accepted

    def test_the_access_token_would_lose_against_a_netrc(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("default login somebody password else\n")
        monkeypatch.setenv("NETRC", str(netrc))
        rules = Rules(expo=ExpoRules(access_token="right"))
        with running_sandbox(tmp_path, rules=rules) as sandbox:
            pusher = ExpoPusher(SecretStr("right"), url=sandbox.expo_server.url)
            # As for a server elsewhere, for which the environment is heeded.
            pusher._session.trust_env = True
            (result,) = pusher.push([push()])
            pusher.close()
        assert isinstance(result, Accepted)


class TestFaults:
    """Whether it may have been accepted decides whether it may be sent again."""

    def test_too_many_are_not_accepted_and_say_when_to_come_back(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        sandbox.expo_server.faults.order(
            Fault(Kind.TOO_MANY, times=2, retry_after=timedelta(seconds=7))
        )
        trouble = Trouble("TOO_MANY_REQUESTS", retry_after=timedelta(seconds=7))
        assert pusher.push(pushes([1, 2])) == [trouble] * 2
        assert pusher.receipts(["t"]).trouble == trouble
        assert told(sandbox, "expo") == []

    def test_too_many_may_come_without_a_time(self, sandbox: Sandbox, pusher: ExpoPusher) -> None:
        sandbox.expo_server.faults.order(Fault(Kind.TOO_MANY))
        assert pusher.push([push()]) == [Trouble("TOO_MANY_REQUESTS")]

    @pytest.mark.parametrize("accepts", [False, True])
    def test_one_that_broke_may_have_taken_it(
        self, sandbox: Sandbox, pusher: ExpoPusher, *, accepts: bool
    ) -> None:
        sandbox.expo_server.faults.order(Fault(Kind.BROKEN, accepts=accepts))
        trouble = Trouble("INTERNAL_SERVER_ERROR", may_be_accepted=True)
        assert pusher.push([push()]) == [trouble]
        assert told(sandbox, "expo") == (["n1"] if accepts else [])

    @pytest.mark.parametrize("accepts", [False, True])
    def test_nor_does_a_lost_connection_say_whether_it_was_taken(
        self, sandbox: Sandbox, pusher: ExpoPusher, *, accepts: bool
    ) -> None:
        sandbox.expo_server.faults.order(Fault(Kind.CLOSE, accepts=accepts))
        assert pusher.push([push()]) == [Trouble("connection_lost", may_be_accepted=True)]
        assert told(sandbox, "expo") == (["n1"] if accepts else [])

    @pytest.mark.parametrize("kind", [Kind.GARBAGE, Kind.MISCOUNT])
    def test_an_answer_that_makes_no_sense_settles_nothing(
        self, kind: Kind, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        sandbox.expo_server.faults.order(Fault(kind))
        trouble = Trouble("answer_malformed", may_be_accepted=True)
        assert pusher.push(pushes([1, 2])) == [trouble] * 2
        assert told(sandbox, "expo") == ["n1", "n2"]

    def test_nobody_there_has_taken_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        pusher = ExpoPusher(None, url=url)
        assert pusher.push([push()]) == [Trouble("unreachable")]
        pusher.close()

    def test_a_fault_is_over_after_its_time(self, sandbox: Sandbox, pusher: ExpoPusher) -> None:
        sandbox.expo_server.faults.order(Fault(Kind.CLOSE, times=2))
        assert isinstance(pusher.push([push()])[0], Trouble)
        assert isinstance(pusher.push([push()])[0], Trouble)
        assert isinstance(pusher.push([push()])[0], Accepted)

    def test_one_of_another_project_spoils_a_batch_and_each_alone_is_taken(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        sandbox.expo.give_away(token(2), "@somebody/else")
        spoilt = Refused("PUSH_TOO_MANY_EXPERIENCE_IDS", About.BATCH, permanent=False)
        assert pusher.push(pushes([1, 2])) == [spoilt] * 2
        assert told(sandbox, "expo") == []
        assert isinstance(pusher.push([push(1)])[0], Accepted)

    def test_one_that_is_malformed_spoils_a_batch_and_is_refused_alone(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        bad = push(2, title=5)
        spoilt = Refused("VALIDATION_ERROR", About.BATCH, permanent=False)
        assert pusher.push([push(1), bad]) == [spoilt] * 2
        assert pusher.push([bad]) == [Refused("VALIDATION_ERROR", About.MESSAGE)]


class TestReceipts:
    def test_say_what_became_of_each(self, sandbox: Sandbox, pusher: ExpoPusher) -> None:
        sandbox.expo.spoil(token(2), at="receipt")
        sandbox.expo.spoil(token(3), "MessageRateExceeded", at="receipt")
        sandbox.expo.spoil(token(4), "MismatchSenderId", at="receipt")
        sandbox.expo.spoil(token(5), "", at="receipt")
        tickets = [
            each.id for each in pusher.push(pushes(range(1, 6))) if isinstance(each, Accepted)
        ]
        found = pusher.receipts(tickets).found
        assert [found[each] for each in tickets] == [
            Accepted(tickets[0]),
            GONE,
            Refused("MessageRateExceeded", About.MESSAGE, permanent=False),
            Trouble("MismatchSenderId", needs_operator=True),
            Refused("unnamed", About.MESSAGE),
        ]

    def test_one_that_isnt_there_is_not_in_what_was_found(self, pusher: ExpoPusher) -> None:
        assert pusher.receipts(["unknown"]).found == {}

    def test_are_asked_for_in_pages(self, sandbox: Sandbox, pusher: ExpoPusher) -> None:
        pusher.receipts([f"t{number}" for number in range(650)])
        asked = requests_of(sandbox, "/push/getReceipts")
        assert [len(each["ids"]) for each in asked] == [300, 300, 50]

    def test_what_was_found_before_trouble_stands(
        self, sandbox: Sandbox, pusher: ExpoPusher
    ) -> None:
        (ticket,) = pusher.push([push()])
        assert isinstance(ticket, Accepted)
        ids = [ticket.id, *(f"t{number}" for number in range(300))]
        sandbox.expo_server.faults.order(Fault(Kind.DRIP, pause=timedelta(0)))
        sandbox.expo_server.faults.order(Fault(Kind.BROKEN))
        answered = pusher.receipts(ids)
        assert answered.found == {ticket.id: ticket}
        assert answered.trouble is not None
        assert answered.trouble.code == "INTERNAL_SERVER_ERROR"

    @pytest.mark.parametrize("kind", [Kind.HANG, Kind.GARBAGE, Kind.CLOSE])
    def test_may_be_asked_for_again(self, kind: Kind, sandbox: Sandbox, hasty: ExpoPusher) -> None:
        (ticket,) = hasty.push([push()])
        assert isinstance(ticket, Accepted)
        sandbox.expo_server.faults.order(Fault(kind))
        assert hasty.receipts([ticket.id]).trouble is not None
        assert hasty.receipts([ticket.id]).found == {ticket.id: ticket}
