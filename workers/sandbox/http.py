"""An HTTP server for one provider: reads requests, keeps the journal, and plays faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from workers.sandbox.channel import Channel, Quiet
from workers.sandbox.faults import Fault, Faults, Kind
from workers.sandbox.journal import Entry, Journal

HOST: Final = "127.0.0.1"
GARBAGE: Final = b"<html><body>Please hold the line</body></html>"
STATUSES: Final = {Kind.TOO_MANY: 429, Kind.BROKEN: 500, Kind.CONFLICT: 409}
SILENT: Final = frozenset({Kind.HANG, Kind.CLOSE})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    # By their names in lower case.
    headers: Mapping[str, str]
    body: bytes
    # Where the server is, as the client wrote it.
    url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and what took effect with it."""

    status: int
    body: Any
    accepted: list[dict[str, Any]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """What makes a server that of a provider."""

    @property
    def name(self) -> str:
        """The provider, as the journal calls it."""

    def said(self, asked: Asked) -> Any:
        """What was asked, for the journal."""

    def answer(self, asked: Asked) -> Answer:
        """Do what was asked. Called by one thread at a time."""

    def trouble(self, status: int) -> Any:
        """The body of an answer 409, 429 or 500."""

    def spoilt(self, asked: Asked, answer: Answer) -> None:
        """Hear what was answered in place of what is right."""

    def remember(self, entry: Entry) -> None:
        """Take up again what an earlier run had accepted."""


class HttpServer:
    """Serves a provider on a port of its own, a thread for each connection."""

    def __init__(
        self, provider: Provider, *, journal: Journal, clock: Callable[[], datetime], port: int = 0
    ) -> None:
        self.faults = Faults()
        self._provider, self._journal, self._clock = provider, journal, clock
        self._lock, self._leaving = Lock(), Event()
        for entry in journal.read(provider.name):
            provider.remember(entry)
        serve = self._serve

        class Handler(Channel):
            def answer(self, body: bytes | None) -> None:
                serve(self, body)

        class Server(Quiet, ThreadingHTTPServer):
            pass

        self._server = Server((HOST, port), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; whoever hangs is let go."""
        self._leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, channel: Channel, body: bytes | None) -> None:
        """Answer a request, or not, as the fault has it."""
        if self._leaving.is_set():
            channel.drop()
            return
        fault = self.faults.take()
        if body is None:
            channel.write(400, self._provider.trouble(400))
            return
        answer = self._act(self._asked(channel, body), fault)
        match fault:
            case None:
                channel.write(answer.status, answer.body, headers=answer.headers)
            case Fault(kind=Kind.HANG):
                channel.hang(self._leaving)
            case Fault(kind=Kind.CLOSE):
                channel.drop()
            case Fault(kind=Kind.DRIP):
                channel.drip(answer.body, pause=fault.pause, leaving=self._leaving)
            case _:
                garbage = GARBAGE if fault.kind is Kind.GARBAGE else answer.body
                channel.write(answer.status, garbage, retry_after=fault.retry_after)

    def _asked(self, channel: Channel, body: bytes) -> Asked:
        parts = urlsplit(channel.path)
        return Asked(
            channel.command,
            parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in channel.headers.items()},
            body=body,
            url=self.url,
        )

    def _act(self, asked: Asked, fault: Fault | None) -> Answer:
        """Do what was asked, unless the fault comes before; either way it is in the journal."""
        with self._lock:
            answer = Answer(200, None)
            if fault is None or fault.takes_effect:
                answer = self._provider.answer(asked)
            if fault is not None:
                answer = self._spoilt(asked, answer, fault=fault)
            silent = fault is not None and fault.kind in SILENT
            self._journal.write(
                Entry(
                    at=self._clock(),
                    provider=self._provider.name,
                    what=f"{asked.method} {asked.path}",
                    asked=self._provider.said(asked),
                    status=None if silent else answer.status,
                    answered=None if silent else answer.body,
                    accepted=answer.accepted,
                    fault=None if fault is None else fault.kind.value,
                )
            )
            return answer

    def _spoilt(self, asked: Asked, answer: Answer, *, fault: Fault) -> Answer:
        """What is answered instead of what is right."""
        if fault.kind in STATUSES:
            status = STATUSES[fault.kind]
            spoilt = Answer(status, self._provider.trouble(status), answer.accepted)
            self._provider.spoilt(asked, spoilt)
            return spoilt
        if fault.kind is Kind.GARBAGE:
            return Answer(200, GARBAGE.decode(), answer.accepted)
        if fault.kind is Kind.MISCOUNT and isinstance(answer.body, dict):
            tickets = answer.body.get("data")
            if isinstance(tickets, list):
                return Answer(answer.status, {"data": tickets[:-1]}, answer.accepted)
        return answer
