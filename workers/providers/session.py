"""HTTP sessions for the official packages, with a limit on the whole of a request.

The limit of `requests` is on each read: an answer that drips in may take for ever. Here a watch
cuts the connection when the time is up, wherever the request stands.
"""

import re
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError

from workers.providers.http import retry_after
from workers.providers.ports import Refused, Trouble

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
# What a provider calls a fault, if it is a plain word; nothing else of an answer is shown.
PLAIN: Final = re.compile(r"[A-Za-z0-9_]{1,64}")
# By what a provider may name a message: what else it says could not be kept.
NAME: Final = re.compile(r"[!-~]{1,200}")

# What a provider's package lets through when there is no answer, or one of another shape.
UNREADABLE: Final = (OSError, TypeError, AttributeError, LookupError, ValueError, RecursionError)


class FailedError(Exception):
    """A request by a provider's package failed; `result` is what that means."""

    def __init__(self, result: Refused | Trouble) -> None:
        super().__init__(result.code)
        self.result = result


class _Current(threading.local):
    """The connection that this thread's request is on."""

    connection: HTTPConnection | None = None


_current: Final = _Current()


class _Connection(HTTPConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        _current.connection = self
        super().request(*args, **kwargs)


class _SecureConnection(HTTPSConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        _current.connection = self
        super().request(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Watch:
    """Cuts the connection of this thread's request when its time is up."""

    def __init__(self, limit: timedelta) -> None:
        self.is_over = False
        _current.connection = None
        self._cell = _current.__dict__
        self._timer = threading.Timer(limit.total_seconds(), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.is_over = True
        connection: HTTPConnection | None = self._cell.get("connection")
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)


class _Limited(HTTPAdapter):
    """Never tries again by itself, and reads the whole answer within the limit."""

    def __init__(self, limit: timedelta, *, connections: int) -> None:
        self._limit = limit
        super().__init__(pool_maxsize=connections, max_retries=0)
        _watch_connections(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _watch_connections(manager)
        return manager

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        with _Watch(self._limit) as watch:
            try:
                response = super().send(*args, **kwargs)
                # Read here, under the watch.
                _ = response.content
            except (requests.RequestException, OSError, ValueError):
                if watch.is_over:
                    raise requests.ReadTimeout from None
                raise
        if watch.is_over:
            raise requests.ReadTimeout
        return response


def _watch_connections(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Bearer(requests.auth.AuthBase):
    """Says who we are, so that `requests` looks for no other answer in the machine's .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def make_session(base_url: str, limit: timedelta, *, connections: int) -> requests.Session:
    """Make a session for one provider: each request is over within the limit."""
    session = requests.Session()
    session.max_redirects = 0
    # A proxy of the environment can't reach what runs on this machine.
    session.trust_env = urlsplit(base_url).hostname not in LOOPBACK
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Limited(limit, connections=connections))
    return session


def trouble_on_the_way(error: Exception) -> Trouble:
    """Say what it means that no whole answer came, or none that the package could read."""
    if _never_left(error):
        return Trouble("unreachable")
    if isinstance(error, requests.Timeout):
        return Trouble("timeout", may_be_accepted=True)
    if isinstance(error, requests.RequestException):
        return Trouble("connection_lost", may_be_accepted=True)
    return Trouble("answer_malformed", may_be_accepted=True)


def trouble_of_status(status: int, code: str, *, header: str | None) -> Trouble:
    """Say what a status means that isn't about the message; `header` is Retry-After."""
    wait = retry_after(header, datetime.now(UTC))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Trouble(code, retry_after=wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # It may have broken before or after the message was taken.
        return Trouble(code, retry_after=wait, may_be_accepted=True)
    if status >= HTTPStatus.BAD_REQUEST:
        return Trouble(code, needs_operator=True)
    return Trouble(code, may_be_accepted=True)


def plain(code: object, otherwise: str) -> str:
    """Give a provider's code if it is one: it goes into logs."""
    return code if isinstance(code, str) and PLAIN.fullmatch(code) else otherwise


def is_name(said: object) -> bool:
    """Say whether a provider's name for a message is one that can be kept and asked by."""
    return isinstance(said, str) and NAME.fullmatch(said) is not None


def _never_left(error: Exception) -> bool:
    """Whether the request surely didn't reach anybody."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    reason = error.args[0] if error.args else None
    cause = reason.reason if isinstance(reason, MaxRetryError) else reason
    return isinstance(cause, NewConnectionError | ConnectTimeoutError | ProxyError)
