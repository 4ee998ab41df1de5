"""Connections to a mail relay: with its certificate checked, and a limit on the whole of it."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Timer


class Client(smtplib.SMTP):
    """Knows whom it will connect to, whose certificate is checked."""

    def __init__(self, host: str, *, domain: str, limit: timedelta) -> None:
        # Its own name is told to the relay; looking it up may take long.
        super().__init__(local_hostname=domain, timeout=limit.total_seconds())
        self._host = host


class SecureClient(smtplib.SMTP_SSL):
    """The same, with TLS from the start."""

    def __init__(self, host: str, *, domain: str, limit: timedelta) -> None:
        context = ssl.create_default_context()
        seconds = limit.total_seconds()
        super().__init__(local_hostname=domain, timeout=seconds, context=context)
        self._host = host


class Watch:
    """Cuts a connection when the time is up: the limit of the package is on each read."""

    def __init__(self, relay: smtplib.SMTP) -> None:
        self.is_over = False
        self._relay = relay

    def cut(self) -> None:
        """Let whoever reads or writes go on with an error."""
        self.is_over = True
        if self._relay.sock is not None:
            with suppress(OSError):
                self._relay.sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def limited(relay: smtplib.SMTP, limit: timedelta) -> Iterator[Watch]:
    """Cut the connection if the block takes longer."""
    watch = Watch(relay)
    timer = Timer(limit.total_seconds(), watch.cut)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
