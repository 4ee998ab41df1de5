"""An application that really serves, in a thread of the test's own process."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette


class _Server(uvicorn.Server):
    """Says when it is listening."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def serving(app: Starlette, configure: Callable[..., uvicorn.Config]) -> Iterator[str]:
    """Serve as the program would that `configure` belongs to, on a port of its own; the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    server = _Server(configure(app, host="127.0.0.1", port=port))
    thread = threading.Thread(target=server.run, args=([listener],), name="serving")
    thread.start()
    try:
        assert server.listening.wait(10)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
