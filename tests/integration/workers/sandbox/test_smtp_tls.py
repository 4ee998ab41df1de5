"""Email over TLS: certificates are checked, and a password goes over no wire that others read."""

import base64
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.helpers.certificates import Authority
from tests.helpers.sandbox import email, told
from tests.helpers.wire import Wire, overheard
from workers.providers.ports import Accepted, Result, Trouble
from workers.providers.smtp import Relay, SmtpMailer
from workers.sandbox import Fault, Kind, Sandbox, running_sandbox
from workers.sandbox.running import Rules
from workers.sandbox.smtp_talk import SmtpRules

USER, PASSWORD = "me", "hunter2"
SAID = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
# This machine by a name that isn't known to be this machine.
ELSEWHERE = "127.1"
ACCEPTED = Accepted("<n1@momento.example>")
REFUSED = Trouble("not_let_in", needs_operator=True)
BOTH = pytest.mark.parametrize("is_tls_from_start", [False, True], ids=["starttls", "smtps"])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@contextmanager
def relay(tmp_path: Path, rules: SmtpRules) -> Iterator[tuple[Sandbox, Wire]]:
    """A relay with these rules, and the wire to it."""
    with (
        running_sandbox(tmp_path, rules=Rules(smtp=rules)) as sandbox,
        overheard(int(sandbox.smtp.url.rpartition(":")[2])) as wire,
    ):
        yield sandbox, wire


def send(
    wire: Wire, *, is_tls_from_start: bool, limit: timedelta = timedelta(seconds=10)
) -> Result:
    scheme = "smtps" if is_tls_from_start else "smtp"
    url = f"{scheme}://{USER}:{PASSWORD}@{ELSEWHERE}:{wire.port}"
    mailer = SmtpMailer(Relay(SecretStr(url), "Momento <hello@momento.example>"), limit=limit)
    return mailer.mail(email())


@BOTH
class TestACertificate:
    def test_that_is_right_lets_mail_through_unread(
        self, tmp_path: Path, trusted: Authority, *, is_tls_from_start: bool
    ) -> None:
        rules = SmtpRules(USER, PASSWORD, trusted.server(ELSEWHERE), is_tls_from_start)
        with relay(tmp_path, rules) as (sandbox, wire):
            assert send(wire, is_tls_from_start=is_tls_from_start) == ACCEPTED
            assert told(sandbox, "smtp") == ["n1"]
        assert (b"STARTTLS" in wire.sent) is not is_tls_from_start
        for secret in (SAID, b"AUTH", b"guest1@example.com", b"Your refund"):
            assert secret not in wire.sent

    def test_by_nobody_we_trust_stops_it(
        self, tmp_path: Path, authority: Authority, *, is_tls_from_start: bool
    ) -> None:
        context = authority.server(ELSEWHERE)
        self.stops_it(tmp_path, SmtpRules(USER, PASSWORD, context, is_tls_from_start))

    def test_of_another_name_stops_it(
        self, tmp_path: Path, trusted: Authority, *, is_tls_from_start: bool
    ) -> None:
        context = trusted.server("relay.example", "127.0.0.1")
        self.stops_it(tmp_path, SmtpRules(USER, PASSWORD, context, is_tls_from_start))

    def test_that_held_once_stops_it(
        self, tmp_path: Path, trusted: Authority, *, is_tls_from_start: bool
    ) -> None:
        context = trusted.server(ELSEWHERE, is_old=True)
        self.stops_it(tmp_path, SmtpRules(USER, PASSWORD, context, is_tls_from_start))

    @staticmethod
    def stops_it(tmp_path: Path, rules: SmtpRules) -> None:
        with relay(tmp_path, rules) as (sandbox, wire):
            assert send(wire, is_tls_from_start=rules.is_tls_from_start) == REFUSED
            assert told(sandbox, "smtp") == []
        for secret in (SAID, b"AUTH", b"MAIL", b"guest1@example.com"):
            assert secret not in wire.sent

    @pytest.mark.parametrize(
        ("kind", "code"), [(Kind.HANG, "timeout"), (Kind.CLOSE, "connection_lost")]
    )
    def test_changes_nothing_about_faults(
        self, tmp_path: Path, trusted: Authority, kind: Kind, code: str, *, is_tls_from_start: bool
    ) -> None:
        rules = SmtpRules(USER, PASSWORD, trusted.server(ELSEWHERE), is_tls_from_start)
        with relay(tmp_path, rules) as (sandbox, wire):
            sandbox.smtp.faults.order(Fault(kind))
            limit = timedelta(seconds=1 if kind is Kind.HANG else 10)
            result = send(wire, is_tls_from_start=is_tls_from_start, limit=limit)
            assert result == Trouble(code, may_be_accepted=True)
            assert told(sandbox, "smtp") == ["n1"]


class TestWithoutTls:
    def test_a_password_isnt_said(self, tmp_path: Path) -> None:
        with relay(tmp_path, SmtpRules(USER, PASSWORD)) as (sandbox, wire):
            assert send(wire, is_tls_from_start=False) == Trouble("no_tls", needs_operator=True)
            assert told(sandbox, "smtp") == []
        assert b"ehlo" in wire.sent.lower()
        assert b"AUTH" not in wire.sent
        assert SAID not in wire.sent

    def test_a_relay_that_has_none_is_no_smtps(self, tmp_path: Path) -> None:
        with relay(tmp_path, SmtpRules(USER, PASSWORD)) as (_, wire):
            assert send(wire, is_tls_from_start=True) == REFUSED
        assert SAID not in wire.sent

    def test_a_relay_that_wants_it_takes_nothing(self, tmp_path: Path, trusted: Authority) -> None:
        """Nor from one who would say it in the open."""
        rules = SmtpRules(USER, PASSWORD, trusted.server(ELSEWHERE))
        with (
            relay(tmp_path, rules) as (_, wire),
            smtplib.SMTP("127.0.0.1", wire.port, timeout=10) as client,
        ):
            assert client.docmd("AUTH", f"PLAIN {SAID.decode()}")[0] == 530
            assert client.docmd("MAIL", "FROM:<a@b.example>")[0] == 530
