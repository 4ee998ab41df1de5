"""A connection to our mail relay: lines that are said, with TLS from the start, later or never."""

import select
import socket
import ssl
from datetime import timedelta
from socketserver import StreamRequestHandler
from threading import Event

from workers.sandbox.channel import LOOK_EVERY_S


class Line(StreamRequestHandler):
    """What is said over it is for the talk to decide."""

    # Set: TLS is awaited, from the start or once it is begun.
    tls: ssl.SSLContext | None = None
    is_tls_from_start = False

    def setup(self) -> None:
        """Take the connection up, with TLS if it begins with that."""
        if self.is_tls_from_start:
            self._secure()
        super().setup()

    def finish(self) -> None:
        """End the connection; the server knows only of the one below TLS."""
        super().finish()
        if isinstance(self.request, ssl.SSLSocket):
            self.request.close()

    @property
    def awaits_tls(self) -> bool:
        """Whether TLS is wanted and hasn't begun."""
        return self.tls is not None and not isinstance(self.request, ssl.SSLSocket)

    def begin_tls(self) -> None:
        """Go on with TLS; what was said before and not heard yet is lost."""
        self._secure()
        super().setup()

    def say(self, line: bytes) -> None:
        """Say a line."""
        self.wfile.write(line + b"\r\n")

    def drip(self, line: bytes, *, pause: timedelta, leaving: Event) -> bool:
        """Say it a byte at a time; False if we had to leave before the end."""
        for byte in line + b"\r\n":
            self.wfile.write(bytes([byte]))
            if leaving.wait(pause.total_seconds()):
                return False
        return True

    def hang(self, leaving: Event) -> None:
        """Say nothing until the other side has gone or we leave."""
        while not leaving.is_set():
            ready, _, _ = select.select([self.connection], [], [], LOOK_EVERY_S)
            # With TLS nobody can look without taking: whatever comes is the end.
            if ready and (self.tls or not self.connection.recv(1, socket.MSG_PEEK)):
                return

    def _secure(self) -> None:
        assert self.tls is not None
        self.request = self.tls.wrap_socket(self.request, server_side=True)
