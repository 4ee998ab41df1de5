"""Email through an SMTP relay, one connection for each, with a limit on the whole of it.

A relay has a message once it has answered 250 to its end. Whatever goes wrong before the end was
sent, it hasn't; whatever goes wrong between end and answer, it may have.
"""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as FOR_SMTP
from email.utils import localtime, parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from workers.providers.ports import About, Accepted, Email, Refused, Result, Trouble
from workers.providers.session import LOOPBACK
from workers.providers.smtp_clients import Client, SecureClient, limited

LIMIT: Final = timedelta(seconds=30)
# What looks like an encoded word (RFC 2047) is none: the header's writer stumbles over some.
ADDRESS: Final = re.compile(r"(?!.*=\?)[^\s<>@\"(),:;\[\]\\]+@[^\s<>@\"(),:;\[\]\\]+")
LEAST, READY, OK, FORWARDED, TAKE_IT = 200, 220, 250, 251, 354
TEMPORARY, CLOSING, PERMANENT = 400, 421, 500
# All that the package raises when a relay is silent, gone, or says what makes no sense.
BROKEN: Final = (smtplib.SMTPException, OSError, ValueError)
# No such mailbox, not here, not a name. 550 means other things too, which its second code says.
NO_MAILBOX: Final = frozenset({550, 551, 553})
POLICY: Final = re.compile(rb"\s*5\.[2-7]\.")


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail goes: `smtp://user:password@host:587`, or smtps:// for TLS from the start."""

    url: SecretStr
    sender: str


class _StoppedError(Exception):
    """The relay said no, or nothing, before the message was sent."""

    def __init__(self, result: Refused | Trouble) -> None:
        super().__init__(result.code)
        self.result = result


class SmtpMailer:
    """Hands email to a relay."""

    def __init__(self, relay: Relay, *, limit: timedelta = LIMIT) -> None:
        parts = urlsplit(relay.url.get_secret_value())
        self._is_secure = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or (465 if self._is_secure else 587)
        self._user = None if parts.username is None else unquote(parts.username)
        self._password = unquote(parts.password or "")
        self._sender, self._address = relay.sender, parseaddr(relay.sender)[1]
        self._domain = self._address.rpartition("@")[2]
        self._limit = limit

    def mail(self, email: Email) -> Result:
        """Send one. The id of what was accepted is its Message-ID."""
        if not email.to.isascii() or ADDRESS.fullmatch(email.to) is None:
            return Refused("address_malformed", About.ADDRESS)
        message = self._written(email)
        kind = SecureClient if self._is_secure else Client
        client = kind(self._host, domain=self._domain, limit=self._limit)
        try:
            return self._send(client, message, to=email.to)
        finally:
            client.close()

    def _send(self, client: smtplib.SMTP, message: EmailMessage, *, to: str) -> Result:
        with limited(client, self._limit) as watch:
            try:
                self._greet(client)
                _expect(client.mail(self._address))
                _expect_recipient(client.rcpt(to))
                _expect(client.docmd("DATA"), good=TAKE_IT)
            except _StoppedError as stopped:
                return Trouble("timeout") if watch.is_over else stopped.result
            except BROKEN as error:
                return Trouble("timeout") if watch.is_over else _trouble_before(error)
            try:
                client.send(_dotted(message.as_bytes(policy=FOR_SMTP)))
                reply = client.getreply()
            except BROKEN as error:
                is_late = watch.is_over or isinstance(error, TimeoutError)
                return Trouble("timeout" if is_late else "connection_lost", may_be_accepted=True)
            if watch.is_over and reply[0] != OK:
                # Cut in the middle of a line, which the package takes for a whole one.
                return Trouble("timeout", may_be_accepted=True)
            with suppress(*BROKEN):
                client.quit()
            return _judged(reply, str(message["Message-ID"]))

    def _greet(self, client: smtplib.SMTP) -> None:
        """Connect, and say who we are; a password never goes over a wire that others can read."""
        _expect(client.connect(self._host, self._port), good=READY)
        client.ehlo_or_helo_if_needed()
        is_private = self._is_secure or self._host in LOOPBACK
        if not self._is_secure and client.has_extn("starttls"):
            _expect(client.starttls(context=ssl.create_default_context()), good=READY)
            is_private = True
        if self._user is not None:
            if not is_private:
                raise _StoppedError(Trouble("no_tls", needs_operator=True))
            client.login(self._user, self._password)

    def _written(self, email: Email) -> EmailMessage:
        """Write a message; raises ValueError for a subject or URL of several lines."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, email.to, email.subject
        message["Date"] = localtime()
        # The same for the same notification, so that a second one may be known as such.
        message["Message-ID"] = f"<{email.notification_id}@{self._domain}>"
        message["X-Notification-Id"] = email.notification_id
        message["Auto-Submitted"] = "auto-generated"
        if email.unsubscribe_url is not None:
            message["List-Unsubscribe"] = f"<{email.unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(email.text, cte="quoted-printable")
        if email.html is not None:
            message.add_alternative(email.html, subtype="html", cte="quoted-printable")
        return message


def _dotted(content: bytes) -> bytes:
    """Double dots at the beginning of lines, and end with a dot alone (RFC 5321, 4.5.2)."""
    doubled = re.sub(rb"(?m)^\.", b"..", content)
    return doubled + (b"" if doubled.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _expect(reply: tuple[int, bytes], *, good: int = OK) -> None:
    """Raise _StoppedError unless all is well."""
    code, _ = reply
    if code != good:
        name = f"smtp_{code}" if code >= LEAST else "answer_malformed"
        raise _StoppedError(Trouble(name, needs_operator=code >= PERMANENT))


def _expect_recipient(reply: tuple[int, bytes]) -> None:
    """Raise _StoppedError unless the recipient is taken."""
    code, said = reply
    name = f"smtp_{code}"
    if code in NO_MAILBOX and POLICY.match(said) is None:
        raise _StoppedError(Refused(name, About.ADDRESS))
    if code >= TEMPORARY and code != CLOSING:
        raise _StoppedError(Refused(name, About.MESSAGE, permanent=code >= PERMANENT))
    _expect((OK if code == FORWARDED else code, said))


def _trouble_before(error: Exception) -> Trouble:
    """Say what it means that it went wrong before the message was sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        code = error.smtp_code
        return Trouble(f"smtp_{code}", needs_operator=code >= PERMANENT)
    if isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLError):
        return Trouble("not_let_in", needs_operator=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return Trouble(f"smtp_{error.smtp_code}")
    return Trouble("unreachable")


def _judged(reply: tuple[int, bytes], message_id: str) -> Result:
    """Say what the answer to the end of a message means."""
    code, _ = reply
    if code == OK:
        return Accepted(message_id)
    if code >= PERMANENT:
        return Refused(f"smtp_{code}", About.MESSAGE)
    if code >= TEMPORARY:
        return Trouble(f"smtp_{code}")
    return Trouble("answer_malformed", may_be_accepted=True)
