"""A mail relay as RFC 5321 has it, which keeps what it takes and delivers nothing."""

from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from socketserver import ThreadingTCPServer
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from workers.sandbox.channel import Quiet
from workers.sandbox.faults import Fault, Faults, Kind
from workers.sandbox.http import HOST, SILENT
from workers.sandbox.journal import Entry, Journal
from workers.sandbox.smtp_talk import INSTEAD, TAKEN, Mail, SmtpRules, Talk


class SmtpServer:
    """Takes mail on a port of its own, a thread for each connection."""

    name = "smtp"

    def __init__(
        self, rules: SmtpRules, *, journal: Journal, clock: Callable[[], datetime], port: int = 0
    ) -> None:
        self.rules = rules
        self.faults = Faults()
        self.leaving = Event()
        self.refusals: dict[str, str] = {}
        self._journal, self._clock = journal, clock
        ours = self

        class Handler(Talk):
            relay = ours
            tls, is_tls_from_start = rules.tls, rules.is_tls_from_start

        class Server(Quiet, ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server((HOST, port), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        scheme = "smtps" if self.rules.is_tls_from_start else "smtp"
        return f"{scheme}://{HOST}:{self._server.server_address[1]}"

    def spoil(self, address: str, reply: str = "550 5.1.1 no such mailbox") -> None:
        """Let mail to an address be refused from now on."""
        self.refusals[address] = reply

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; whoever hangs is let go."""
        self.leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def keep(self, mail: Mail, content: bytes, *, fault: Fault | None) -> bytes:
        """Write down a message and give what is to be answered."""
        # An answer 4xx says that it wasn't taken; a relay that says so and delivers is no relay.
        refuses = fault is not None and fault.kind in {Kind.BROKEN, Kind.TOO_MANY}
        takes = fault is None or (fault.takes_effect and not refuses)
        said = message_from_bytes(content, policy=policy.default)
        body = said.get_body(("plain",))
        answer = TAKEN if fault is None else INSTEAD.get(fault.kind, TAKEN)
        silent = fault is not None and fault.kind in SILENT
        about = said["X-Notification-Id"]
        asked: dict[str, Any] = {"from": mail.sender, "to": mail.recipients}
        asked["headers"] = {name: str(value) for name, value in said.items()}
        asked["text"] = None if body is None else body.get_content().replace("\r\n", "\n")
        kept = [
            {"id": str(uuid4()), "to": each, "about": None if about is None else str(about)}
            for each in mail.recipients
        ]
        self.write(
            "DATA",
            asked,
            answer=None if silent else answer,
            accepted=kept if takes else [],
            fault=fault,
        )
        return answer

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
        said = None if answer is None else answer.decode()
        status = int(said[:3]) if said and said[:3].isdecimal() else None
        self._journal.write(
            Entry(
                at=self._clock(),
                provider=self.name,
                what=what,
                asked=asked,
                status=status,
                answered=said,
                accepted=accepted,
                fault=None if fault is None else fault.kind.value,
            )
        )
