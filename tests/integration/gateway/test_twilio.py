"""Twilio's webhooks: who may call, what is understood, and what comes of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session

from domain.notifications.addresses import hash_text
from gateway.outside import Outside
from tests.helpers.postgres import PostgresServer
from tests.helpers.said import rows
from tests.helpers.texting import NOW, NUMBER, SID, TOLD, handover_id, known, text_on_its_way
from tests.integration.gateway.hooks import (
    ABOUT,
    AUTH,
    FORM,
    INBOUND,
    PUBLIC,
    STATUS,
    Hooks,
    app_for,
    hooks,
    inbound_form,
    status_form,
)
from tests.integration.gateway.scene import away
from workers.sandbox.callbacks import signature

UNTOUCHED: Final = [("sending", None, None)]
ANOTHER: Final = f"SM{8:032x}"


@pytest.fixture
def twilio(engine: Engine) -> Iterator[Hooks]:
    with Session(engine) as session, session.begin():
        text_on_its_way(session)
    with hooks(app_for(engine)) as calling:
        yield calling


def handovers(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, "SELECT state, reason, provider_id FROM handovers ORDER BY attempt")


def facts(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, "SELECT id, address_hash, kind, said_at FROM address_facts ORDER BY id")


class TestWhoMayCall:
    @pytest.mark.parametrize("path", [STATUS + ABOUT, INBOUND])
    def test_what_twilio_signed_is_taken(self, twilio: Hooks, path: str) -> None:
        form = status_form() | inbound_form("Hello")
        assert twilio.call(path, form).status_code in {200, 204}

    def test_the_vector_that_twilio_publishes(self) -> None:
        """A signature that none of our code has made."""
        form = {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        assert signature(url, form, token="12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    @pytest.mark.parametrize("path", [STATUS + ABOUT, INBOUND])
    @pytest.mark.parametrize(
        "forged",
        [
            {"x_twilio_signature": ""},
            {"x_twilio_signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
            {"x_twilio_signature": "=" * 28},
            {"signed": f"https://elsewhere.example{STATUS}{ABOUT}"},
            {"signed": f"{PUBLIC}{STATUS}?notification={handover_id()}"},
            {"signed": f"http://hooks.example/momento{STATUS}{ABOUT}"},
        ],
    )
    def test_others_are_refused(
        self, engine: Engine, twilio: Hooks, path: str, forged: dict[str, Any]
    ) -> None:
        answer = twilio.call(path, status_form() | inbound_form("STOP"), **forged)
        assert (answer.status_code, answer.json()["status"]) == (403, 403)
        assert handovers(engine) == UNTOUCHED
        assert facts(engine) == []

    def test_without_a_signature_nothing_is_read(self, twilio: Hooks) -> None:
        answer = twilio.client.post(STATUS, content=b"\xff" * 100_000)
        assert answer.status_code == 403

    def test_what_was_changed_on_the_way_is_refused(self, engine: Engine, twilio: Hooks) -> None:
        signed, sent = status_form("sent"), urlencode(status_form("delivered")).encode()
        assert twilio.call(STATUS + ABOUT, signed, body=sent).status_code == 403
        more = sent + b"&ErrorCode=30003"
        assert twilio.call(STATUS + ABOUT, signed, body=more).status_code == 403
        assert handovers(engine) == UNTOUCHED

    def test_what_the_request_says_of_its_host_counts_for_nothing(self, twilio: Hooks) -> None:
        said: dict[str, Any] = {"host": "evil.example", "x_forwarded_host": "evil.example"}
        path = STATUS + ABOUT
        assert twilio.call(path, status_form(), **said).status_code == 204
        signed = f"https://evil.example{path}"
        assert twilio.call(path, status_form(), signed=signed, **said).status_code == 403

    @pytest.mark.parametrize(
        ("outside", "missing"),
        [
            (Outside(None, SecretStr(AUTH)), "GATEWAY_PUBLIC_URL"),
            (Outside(SecretStr(PUBLIC), None), "TWILIO_AUTH_TOKEN"),
            (Outside(SecretStr(PUBLIC), SecretStr("")), "TWILIO_AUTH_TOKEN"),
            (Outside(), "TWILIO_AUTH_TOKEN"),
        ],
    )
    def test_what_is_not_set_up_says_so(
        self, engine: Engine, outside: Outside, missing: str
    ) -> None:
        with hooks(app_for(engine, outside)) as calling:
            for path in (STATUS, INBOUND):
                answer = calling.call(path, status_form())
                assert answer.status_code == 503
                assert missing in answer.json()["detail"]
            assert calling.client.get("/readyz").status_code == 200


class TestForms:
    @pytest.mark.parametrize(
        ("form", "changes", "status"),
        [
            ({}, {}, 400),
            (status_form() | {"MessageSid": ""}, {}, 400),
            (status_form() | {"MessageSid": "SM\0"}, {}, 400),
            (status_form() | {"MessageStatus": ""}, {}, 400),
            ({"MessageSid": SID, "MessageStatus": "sent"}, {}, 400),
            (status_form(), {"content_type": "application/json"}, 415),
            (status_form(), {"content_type": "multipart/form-data; boundary=x"}, 415),
            (status_form(), {"content_type": f"{FORM}; charset=latin-1"}, 415),
            (status_form(), {"content_encoding": "gzip"}, 415),
            ({}, {"body": b"\xff\xfe=1"}, 400),
            ({}, {"body": b"MessageSid=%ff%fe"}, 400),
            ({}, {"body": b"&".join(b"a%d=1" % number for number in range(300))}, 400),
            ({}, {"body": b"a" * 70_000}, 413),
        ],
    )
    def test_what_is_no_form_of_theirs_is_refused(
        self,
        engine: Engine,
        twilio: Hooks,
        form: Mapping[str, str],
        changes: dict[str, Any],
        status: int,
    ) -> None:
        answer = twilio.call(STATUS + ABOUT, form, **changes)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"
        assert handovers(engine) == UNTOUCHED

    def test_a_field_that_is_there_twice_is_refused(self, engine: Engine, twilio: Hooks) -> None:
        """Signed as Twilio's own package has it: each value of a name once, in order."""
        form = status_form()
        text = (
            PUBLIC
            + STATUS
            + "".join(
                f"{name}{form[name]}" + ("MessageSidSMother" if name == "MessageSid" else "")
                for name in sorted(form)
            )
        )
        headers: dict[str, Any] = {"x_twilio_signature": signature(text, {}, token=AUTH)}
        body = urlencode([*form.items(), ("MessageSid", "SMother")]).encode()
        answer = twilio.call(STATUS, form, body=body, **headers)
        assert (answer.status_code, "more than once" in answer.text) == (400, True)
        assert handovers(engine) == UNTOUCHED

    def test_fields_that_nobody_knows_yet_are_taken(self, twilio: Hooks) -> None:
        form = status_form(SomethingNew="é \N{SNOWMAN}", Empty="")
        assert twilio.call(STATUS + ABOUT, form).status_code == 204


class TestStatus:
    def test_a_lost_answer_is_settled(self, engine: Engine, twilio: Hooks) -> None:
        answer = twilio.call(STATUS + ABOUT, status_form("sent"))
        assert (answer.status_code, answer.content) == (204, b"")
        assert handovers(engine) == [("sent", None, SID)]
        # From now on by its name alone.
        assert twilio.call(STATUS, status_form("delivered")).status_code == 204
        assert handovers(engine) == [("delivered", None, SID)]
        with Session(engine) as session:
            assert known(session).told == ("delivered", None, SID)

    def test_it_never_goes_back(self, engine: Engine, twilio: Hooks) -> None:
        for word in ("delivered", "sent", "queued", "undelivered"):
            assert twilio.call(STATUS + ABOUT, status_form(word)).status_code == 204
        assert handovers(engine) == [("delivered", None, SID)]

    @pytest.mark.parametrize(
        ("code", "reason", "kinds"),
        [
            ("30003", "30003", []),
            ("21610", "21610", ["stop"]),
            ("30006", "30006", ["unreachable"]),
            ("99999999999", "undelivered", []),
            ("٣٠٠٠٦", "undelivered", []),
            ("-1", "undelivered", []),
        ],
    )
    def test_why_it_failed(
        self, engine: Engine, twilio: Hooks, code: str, reason: str, kinds: list[str]
    ) -> None:
        for _ in range(2):
            form = status_form("undelivered", ErrorCode=code)
            assert twilio.call(STATUS + ABOUT, form).status_code == 204
        assert handovers(engine) == [("failed", reason, SID)]
        assert [kind for _, _, kind, _ in facts(engine)] == kinds

    @pytest.mark.parametrize(
        "query",
        [
            *("", "?notification=", "?notification=%00", "?notification=x"),
            *(f"?notification={SID}", f"?notification={handover_id()}"),
            f"?notification={TOLD}&notification=x",
        ],
    )
    def test_what_nobody_knows_changes_nothing(
        self, engine: Engine, twilio: Hooks, query: str
    ) -> None:
        assert twilio.call(STATUS + query, status_form()).status_code == 204
        assert handovers(engine) == UNTOUCHED

    def test_another_message_does_not_take_a_name_that_is_known(
        self, engine: Engine, twilio: Hooks
    ) -> None:
        twilio.call(STATUS + ABOUT, status_form("sent"))
        other = status_form() | {"MessageSid": ANOTHER}
        assert twilio.call(STATUS + ABOUT, other).status_code == 204
        assert handovers(engine) == [("sent", None, SID)]

    def test_of_several_the_newest_to_that_number(self, engine: Engine, twilio: Hooks) -> None:
        with Session(engine) as session, session.begin():
            text_on_its_way(session, attempt=2, state="unknown")
            text_on_its_way(session, attempt=3, address_hash=hash_text("+14155550199"))
        twilio.call(STATUS + ABOUT, status_form())
        assert [name for _, _, name in handovers(engine)] == [None, SID, None]

    def test_the_database_is_away(
        self, postgres_server: PostgresServer, engine: Engine, twilio: Hooks
    ) -> None:
        with away(postgres_server, engine):
            for path, form in ((STATUS + ABOUT, status_form()), (INBOUND, inbound_form("STOP"))):
                assert twilio.call(path, form).status_code == 503
        assert twilio.call(STATUS + ABOUT, status_form()).status_code == 204
        assert handovers(engine) == [("delivered", None, SID)]


class TestInbound:
    @pytest.mark.parametrize(
        ("body", "opt_out_type", "kind"),
        [
            *((word, None, "stop") for word in ("STOP", " stop\n", "Unsubscribe", "END", "quit")),
            *((word, None, "stop") for word in ("cancel", "STOPALL", "revoke", "OptOut")),
            *((word, None, "start") for word in ("START", "yes", "Unstop")),
            *((word, None, None) for word in ("HELP", "INFO", "stop please", "", "no", "St0p")),
            ("Please leave me alone", "STOP", "stop"),
            ("I'm back", "START", "start"),
            ("STOP", "HELP", None),
            ("STOP", "", "stop"),
            ("STOP", "SOMETHING", None),
        ],
    )
    def test_what_it_asks_for(
        self,
        engine: Engine,
        twilio: Hooks,
        body: str,
        opt_out_type: str | None,
        kind: str | None,
    ) -> None:
        more = {} if opt_out_type is None else {"OptOutType": opt_out_type}
        for _ in range(2):
            answer = twilio.call(INBOUND, inbound_form(body, **more))
            assert (answer.status_code, answer.headers["content-type"]) == (
                200,
                "text/xml; charset=utf-8",
            )
            assert answer.text.endswith("<Response/>")
        expected = [] if kind is None else [(SID, hash_text(NUMBER), kind, NOW)]
        assert facts(engine) == expected

    def test_nothing_of_it_is_kept_or_logged(
        self, engine: Engine, twilio: Hooks, capfd: pytest.CaptureFixture[str]
    ) -> None:
        twilio.call(INBOUND, inbound_form("STOP"))
        twilio.call(INBOUND, inbound_form("My secret", MessageSid=ANOTHER))
        twilio.call(STATUS + ABOUT, status_form())
        twilio.call(STATUS, status_form() | {"MessageSid": ANOTHER})
        said = "".join(capfd.readouterr())
        for secret in (NUMBER, NUMBER.removeprefix("+"), "secret", AUTH, SID):
            assert secret not in said
        kept = str(rows(engine, "SELECT * FROM address_facts")) + str(handovers(engine))
        assert NUMBER.removeprefix("+") not in kept
