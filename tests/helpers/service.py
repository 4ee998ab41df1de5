"""A small HTTP server that speaks as OpenAI's reference documents embeddings and chat completions.

What it answers can be set for a test: another status, other bytes, nothing at all.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Final

from pydantic import SecretStr

from domain.matching.embedding import embed
from workers.providers.http import Service

KEY: Final = "sk-canary-key"
DIMENSIONS: Final = 384


@dataclass(slots=True)
class Reply:
    """What is answered instead of what is right."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    # Called with the connection's file before anything is answered.
    behave: Callable[[Any], object] | None = None


@dataclass(slots=True)
class FakeService:
    """The server's side of it: what it was asked, and what it answers."""

    port: int = 0
    reply: Reply = field(default_factory=Reply)
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    leaving: Event = field(default_factory=Event)

    def service(self, *, key: str | None = KEY, limit_s: float = 10) -> Service:
        """How to reach it."""
        secret = None if key is None else SecretStr(key)
        url = SecretStr(f"http://127.0.0.1:{self.port}/v1/")
        return Service(url, secret, limit=timedelta(seconds=limit_s))

    def answer(self, path: str, said: dict[str, Any]) -> tuple[int, Any]:
        """Answer as documented; (status, what is written as JSON)."""
        if path == "/v1/embeddings":
            return 200, _embeddings(said)
        if path == "/v1/chat/completions":
            return 200, _completion(said)
        return 404, _error("no such path")


def _embeddings(said: dict[str, Any]) -> dict[str, Any]:
    assert said["encoding_format"] == "float"
    # In any order: each says which text it belongs to.
    data = [
        {
            "object": "embedding",
            "index": place,
            "embedding": list(embed(text))[: said["dimensions"]],
        }
        for place, text in enumerate(said["input"])
    ][::-1]
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    return {"object": "list", "data": data, "model": said["model"], "usage": usage}


def _completion(said: dict[str, Any]) -> dict[str, Any]:
    system, user = said["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    content = f"{len(json.loads(user['content']))} comments."
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice]}


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}


@contextmanager
def running_service() -> Iterator[FakeService]:
    """Run a service until the block ends."""
    fake = FakeService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.asked.append((self.path, body, dict(self.headers)))
            if fake.reply.behave is not None:
                fake.reply.behave(self.wfile)
                self.close_connection = True
                return
            status, answer = fake.answer(self.path, body)
            if fake.reply.status != 200:
                status, answer = fake.reply.status, _error("as the test has it")
            self._write(status, json.dumps(answer).encode())

        def _write(self, status: int, answer: bytes) -> None:
            written = answer if fake.reply.body is None else fake.reply.body
            self.send_response(status)
            for name, value in fake.reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.leaving.set()
        server.shutdown()
        server.server_close()
        thread.join()
