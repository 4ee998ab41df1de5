"""Whatever a server does, a request is over in time and says whether it may have been taken."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import pytest

from tests.helpers.sandbox import push
from workers.providers.expo import ExpoPusher
from workers.providers.ports import Result, Trouble

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MALFORMED = Trouble("answer_malformed", may_be_accepted=True)


@contextmanager
def server(behave: Callable[[socket.socket, Event], object]) -> Iterator[str]:
    """Take one connection, read a little of it and behave."""
    leaving = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                behave(connection, leaving)

        thread = Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        leaving.set()
        thread.join(10)


def result_of(answer: Callable[[socket.socket, Event], object]) -> Result:
    with server(answer) as url:
        pusher = ExpoPusher(None, url=url, limit=timedelta(seconds=1))
        (result,) = pusher.push([push()])
        pusher.close()
        return result


def saying(body: bytes, head: bytes = HEAD) -> Callable[[socket.socket, Event], object]:
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    return lambda connection, _: connection.sendall(head + length + body)


class TestTheLimit:
    def test_holds_for_headers_that_drip(self) -> None:
        def drip(connection: socket.socket, leaving: Event) -> None:
            connection.sendall(HEAD)
            number = 0
            while not leaving.wait(0.02):
                number += 1
                try:
                    connection.sendall(b"X-%d: x\r\n" % (number % 90))
                except OSError:
                    return

        began = monotonic()
        assert result_of(drip) == Trouble("timeout", may_be_accepted=True)
        assert monotonic() - began < 10


class TestAnswersOfAnotherShape:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"5",
            b"[]",
            b"{}",
            b'{"data": 5}',
            b'{"data": null}',
            b'{"data": [5]}',
            b'{"data": [null]}',
            b'{"data": []}',
            b'{"errors": 5}',
            b'{"errors": [{}]}',
            b"[" * 100_000,
            b"\xff\xfe",
        ],
        ids=lambda body: repr(body[:16]),
    )
    def test_settle_nothing(self, body: bytes) -> None:
        assert result_of(saying(body)) == MALFORMED

    def test_a_ticket_without_an_id_settles_nothing(self) -> None:
        result = result_of(saying(b'{"data": [{"status": "ok"}]}'))
        assert result == Trouble("ticket_without_id", may_be_accepted=True)

    @pytest.mark.parametrize("name", [b"a\\u0000b", b"\\ud800", b"two words", b"x" * 201, b""])
    def test_a_name_that_cant_be_kept_settles_nothing(self, name: bytes) -> None:
        said = b'{"data": [{"status": "ok", "id": "' + name + b'"}]}'
        assert result_of(saying(said)) == Trouble("ticket_without_id", may_be_accepted=True)

    def test_a_code_is_shown_only_if_it_is_a_word(self) -> None:
        said = b'{"data": [{"status": "error", "details": {"error": "Ana lives at 5"}}]}'
        assert getattr(result_of(saying(said)), "code", None) == "unnamed"

    def test_nobody_is_followed_elsewhere(self) -> None:
        head = b"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\n"
        result = result_of(saying(b"", head))
        assert isinstance(result, Trouble)
        assert result.code != "unreachable"

    def test_a_body_cut_short_settles_nothing(self) -> None:
        cut = HEAD + b"Content-Length: 500\r\n\r\n{"
        result = result_of(lambda connection, _: connection.sendall(cut))
        assert result == Trouble("connection_lost", may_be_accepted=True)
