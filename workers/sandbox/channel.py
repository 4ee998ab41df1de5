"""A connection to one of our HTTP servers: how a body is read and an answer is written, or not."""

import contextlib
import gzip
import json
import select
import socket
import sys
import zlib
from collections.abc import Mapping
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from threading import Event
from typing import Any, Final

LARGEST_BODY: Final = 8 * 1024 * 1024
# How often somebody who hangs looks whether the other side has gone.
LOOK_EVERY_S: Final = 0.05


class Quiet(BaseServer):
    """A server that says nothing of clients that die while they are answered."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it was the connection."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Channel(BaseHTTPRequestHandler):
    """Reads requests and hands each to `answer`."""

    protocol_version = "HTTP/1.1"
    # An answer is written in two parts; the second must not wait for the first one's receipt.
    disable_nagle_algorithm = True

    def answer(self, body: bytes | None) -> None:
        """Answer a request; None if its body can't be read."""
        raise NotImplementedError

    def handle(self) -> None:
        """Take requests until the other side has had enough, or has died."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Take a request to read something."""
        self.answer(b"")

    def do_DELETE(self) -> None:
        """Take a request to undo something."""
        self.answer(b"")

    def do_POST(self) -> None:
        """Take a request to do something."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self.answer(None)
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            # Who asked died before all was said.
            self.close_connection = True
            return
        self.answer(_plain(body, self.headers.get("Content-Encoding")))

    def write(
        self,
        status: int,
        body: Any,
        *,
        retry_after: timedelta | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer with JSON, or with bytes that are none."""
        said = dict(headers or {})
        if retry_after is not None:
            said["Retry-After"] = str(round(retry_after.total_seconds()))
        text = self._begin(status, body, headers=said)
        with contextlib.suppress(OSError):
            self.wfile.write(text)

    def drip(self, body: Any, *, pause: timedelta, leaving: Event) -> None:
        """Answer rightly, a byte at a time."""
        self.close_connection = True
        text = self._begin(200, body)
        with contextlib.suppress(OSError):
            for place in range(len(text)):
                self.wfile.write(text[place : place + 1])
                if leaving.wait(pause.total_seconds()):
                    return

    def hang(self, leaving: Event) -> None:
        """Say nothing until the other side has gone or we leave."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            while not leaving.is_set():
                readable, _, _ = select.select([self.connection], [], [], LOOK_EVERY_S)
                if readable and not self.connection.recv(1, socket.MSG_PEEK):
                    return

    def drop(self) -> None:
        """Close the connection without an answer."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _begin(self, status: int, body: Any, *, headers: Mapping[str, str] | None = None) -> bytes:
        is_json = not isinstance(body, bytes)
        text = json.dumps(body).encode() if is_json else body
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json" if is_json else "text/html")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
        return text

    def log_message(self, *_: object) -> None:
        """Say nothing: the journal does."""


def _plain(body: bytes, encoding: str | None) -> bytes | None:
    if encoding != "gzip":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return None
