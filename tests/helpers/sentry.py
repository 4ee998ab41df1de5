"""A stand-in for Sentry: takes envelopes over HTTP as the real one does, or treats them badly."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Final

KEY: Final = "sentrykey"
PROJECT: Final = 42


@dataclass
class Sentry:
    """What it answers, and what it got."""

    status: int = 200
    # Nobody is answered before this is set.
    answers: Event = field(default_factory=Event)
    # Whole requests, unpacked, with their headers.
    requests: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    @property
    def dsn(self) -> str:
        return f"{self.url.replace('//', f'//{KEY}@')}/{PROJECT}"

    def take(self, headers: str, body: bytes) -> None:
        """Take an envelope: a header, then items of two lines each."""
        unpacked = gzip.decompress(body).decode()
        self.requests.append(f"{headers}\n{unpacked}")
        _, *items = unpacked.splitlines()
        for about, item in zip(items[::2], items[1::2], strict=True):
            assert json.loads(about)["type"] == "event"
            self.events.append(json.loads(item))


@contextmanager
def a_sentry(*, status: int = 200, hangs: bool = False) -> Iterator[Sentry]:
    """Serve in a thread of this process."""
    sentry = Sentry(status)
    if not hangs:
        sentry.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sentry.take(f"{self.path}\n{self.headers}", body)
            sentry.answers.wait(30)
            self.send_response(sentry.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sentry.url = f"http://127.0.0.1:{server.server_address[1]}"
    # Looks often whether it is to end.
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield sentry
    finally:
        sentry.answers.set()
        server.shutdown()
        thread.join()
        server.server_close()
