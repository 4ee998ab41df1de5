"""What a mail relay says to one client, and what it makes of the answers (RFC 5321)."""

import base64
import contextlib
import re
import ssl
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final, Protocol

from workers.sandbox.faults import Fault, Faults, Kind
from workers.sandbox.smtp_line import Line

PATH: Final = re.compile(rb"(?i)(?:FROM|TO):\s*<([^<>]*)>")
LARGEST: Final = 10 * 1024 * 1024
LONGEST_LINE: Final = 2_048
TAKEN: Final = b"250 2.0.0 taken"
FIRST_TLS: Final = b"530 5.7.0 first STARTTLS"
# Answered to a good message in place of what is right.
INSTEAD: Final = {
    Kind.BROKEN: b"451 4.3.0 please try again later",
    Kind.TOO_MANY: b"452 4.5.3 too much",
    Kind.GARBAGE: b"<html>Please hold the line</html>",
}
# Answered to its beginning.
EARLY: Final = {Kind.TOO_MANY: b"421 4.7.0 too many", Kind.GARBAGE: INSTEAD[Kind.GARBAGE]}


@dataclass(frozen=True, slots=True)
class SmtpRules:
    """Who may send, and how; nobody need say who they are while there is no user."""

    user: str | None = None
    password: str = ""
    # Set: nobody may send without TLS, which begins with STARTTLS or at once.
    tls: ssl.SSLContext | None = None
    is_tls_from_start: bool = False


@dataclass(slots=True)
class Mail:
    """What a client has said of a message so far."""

    sender: str | None = None
    recipients: list[str] = field(default_factory=list)


class Relay(Protocol):
    """The server, as a connection knows it."""

    rules: SmtpRules
    faults: Faults
    leaving: Event
    refusals: dict[str, str]

    def keep(self, mail: Mail, content: bytes, *, fault: Fault | None) -> bytes:
        """Write down a message and give what is to be answered."""

    def write(
        self,
        what: str,
        asked: Any,
        *,
        answer: bytes | None,
        accepted: list[dict[str, Any]],
        fault: Fault | None = None,
    ) -> None:
        """Add to the journal."""


class Talk(Line):
    """Speaks with one client."""

    relay: Relay

    def handle(self) -> None:
        """Take commands until the client has had enough."""
        self._mail, self._is_known = Mail(), self.relay.rules.user is None
        self._fault: Fault | None = None
        with contextlib.suppress(OSError):
            self.say(b"220 sandbox ESMTP")
            while line := self.rfile.readline(LONGEST_LINE):
                verb, _, rest = line.strip().partition(b" ")
                if not self._obey(verb.upper(), rest):
                    return

    def _obey(self, verb: bytes, rest: bytes) -> bool:
        """Do what a command says; False if there is nothing more to say."""
        if verb == b"MAIL":
            return self._begin(rest)
        if verb == b"DATA":
            return self._take()
        if verb in {b"RSET", b"EHLO", b"HELO"}:
            self._mail = Mail()
        if verb == b"STARTTLS" and self.awaits_tls:
            return self._start_tls()
        offered = b"STARTTLS" if self.awaits_tls else b"AUTH PLAIN"
        simple = {
            b"EHLO": b"250-sandbox\r\n250-8BITMIME\r\n250-%b\r\n250 SIZE %d" % (offered, LARGEST),
            b"HELO": b"250 sandbox",
            b"RSET": b"250 2.0.0 forgotten",
            b"NOOP": b"250 2.0.0 well",
            b"QUIT": b"221 2.0.0 goodbye",
        }
        if verb == b"AUTH":
            self.say(self._recognise(rest))
        elif verb == b"RCPT":
            self.say(self._add(rest))
        else:
            self.say(simple.get(verb, b"500 5.5.2 unknown"))
        return verb != b"QUIT"

    def _start_tls(self) -> bool:
        """Go on with TLS, and forget what was said before (RFC 3207)."""
        self.say(b"220 2.0.0 go ahead")
        self.begin_tls()
        self._mail, self._is_known = Mail(), self.relay.rules.user is None
        return True

    def _recognise(self, rest: bytes) -> bytes:
        if self.awaits_tls:
            return FIRST_TLS
        rules = self.relay.rules
        right = f"\0{rules.user}\0{rules.password}".encode()
        method, _, said = rest.partition(b" ")
        self._is_known = method.upper() == b"PLAIN" and said == base64.b64encode(right)
        return b"235 2.7.0 welcome" if self._is_known else b"535 5.7.8 unknown"

    def _begin(self, rest: bytes) -> bool:
        """Begin a message: here a fault strikes that comes before anything is taken."""
        if self.awaits_tls:
            self.say(FIRST_TLS)
            return True
        if not self._is_known:
            self.say(b"530 5.7.0 who are you?")
            return True
        fault = self._fault = self.relay.faults.take()
        if fault and fault.kind is not Kind.BROKEN and not fault.takes_effect:
            answer = EARLY.get(fault.kind, b"250 2.1.0 go on")
            self.relay.write("MAIL", None, answer=answer, accepted=[], fault=fault)
            self._suffer(fault, answer)
            return False
        found = PATH.match(rest)
        if found is None:
            self.say(b"501 5.5.4 from whom?")
            return True
        self._mail = Mail(sender=found[1].decode(errors="replace"))
        self.say(b"250 2.1.0 go on")
        return True

    def _add(self, rest: bytes) -> bytes:
        found = PATH.match(rest)
        if self._mail.sender is None or found is None:
            return b"503 5.5.1 first say from whom"
        address = found[1].decode(errors="replace")
        refusal = self.relay.refusals.get(address)
        if refusal is not None:
            asked = {"from": self._mail.sender, "to": [address]}
            self.relay.write("RCPT", asked, answer=refusal.encode(), accepted=[])
            return refusal.encode()
        self._mail.recipients.append(address)
        return b"250 2.1.5 go on"

    def _take(self) -> bool:
        """Read a message to its end and take it, or not."""
        if not self._mail.recipients:
            self.say(b"503 5.5.1 first say to whom")
            return True
        self.say(b"354 end with a dot")
        content = bytearray()
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                # Who sent it died before all was said.
                return False
            content += line.removeprefix(b".") if line.startswith(b".") else line
        mail, self._mail = self._mail, Mail()
        fault, self._fault = self._fault, None
        answer = self.relay.keep(mail, bytes(content), fault=fault)
        if fault is None:
            self.say(answer)
            return True
        return self._suffer(fault, answer)

    def _suffer(self, fault: Fault, answer: bytes) -> bool:
        """Answer as the fault has it; False if that was the end."""
        if fault.kind is Kind.HANG:
            self.hang(self.relay.leaving)
            return False
        if fault.kind is Kind.CLOSE:
            return False
        if fault.kind is Kind.DRIP:
            return self.drip(answer, pause=fault.pause, leaving=self.relay.leaving)
        self.say(answer)
        return True
