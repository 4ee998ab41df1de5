"""The wire between a client and a server on this machine: what goes over it can be read."""

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread


@dataclass
class Wire:
    """Where to connect instead of to the server, and what clients have sent so far."""

    port: int
    sent: bytearray = field(default_factory=bytearray)


@contextmanager
def overheard(server: int) -> Iterator[Wire]:
    """Hand on what reaches a port of its own to the server's, both ways, and listen."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(listener.getsockname()[1])
        thread = Thread(target=_hand_on_all, args=(listener, server, wire))
        thread.start()
        try:
            yield wire
        finally:
            # Wakes whoever waits for the next client, who then finds nobody there.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _hand_on_all(listener: socket.socket, server: int, wire: Wire) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", server)) as beyond:
                back = Thread(target=_hand_on, args=(beyond, client, bytearray()))
                back.start()
                _hand_on(client, beyond, wire.sent)
                back.join()


def _hand_on(source: socket.socket, target: socket.socket, heard: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            heard += data
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
