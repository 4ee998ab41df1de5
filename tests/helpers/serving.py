"""An application that really serves, in a thread of the test's own process."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """Says when it is listening."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def a_listener() -> socket.socket:
    """Listen on a port of its own, for an application that must know its URL before it serves."""
    return socket.create_server(("127.0.0.1", 0))


def url_of(listener: socket.socket) -> str:
    """Where a listener listens."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def serving(
    app: ASGIApp,
    configure: Callable[..., uvicorn.Config],
    *,
    listener: socket.socket | None = None,
) -> Iterator[str]:
    """Serve as the program would that `configure` belongs to, on a port of its own; the URL."""
    listener = listener or a_listener()
    port: int = listener.getsockname()[1]
    server = _Server(configure(app, host="127.0.0.1", port=port))
    thread = threading.Thread(target=server.run, args=([listener],), name="serving")
    thread.start()
    try:
        assert server.listening.wait(10)
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
