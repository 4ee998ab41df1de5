"""`momento publish`: a file is checked whole, and then published whole."""

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from workers.cli import main


def kudos(**changes: Any) -> dict[str, Any]:
    kudos_id = str(uuid4())
    return {
        "specversion": "1.0",
        "id": kudos_id,
        "source": "/services/api",
        "type": "app.momento.kudos.given.v1",
        "subject": kudos_id,
        "time": "2026-01-20T18:00:00Z",
        "data": {
            "kudos_id": kudos_id,
            "event_id": str(uuid4()),
            "giver_id": str(uuid4()),
            "receiver_id": str(uuid4()),
            "kudo": "helpful",
        },
        **changes,
    }


def lines(*said: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in said)


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        found: int = connection.execute(text("SELECT count(*) FROM domain_events")).scalar_one()
    return found


@pytest.fixture(autouse=True)
def configured(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("MOMENTO_HOME", str(tmp_path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


class TestRun:
    def test_a_file_is_published_and_its_repeats_are_counted(
        self, engine: Engine, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        said = [kudos() for _ in range(2_500)]
        file.write_bytes(lines(*said, said[0], said[-1]))
        assert main(["publish", str(file)]) == 0
        assert capsys.readouterr().out == "accepted 2500, duplicates 2\n"
        assert main(["publish", str(file)]) == 0
        assert capsys.readouterr().out == "accepted 0, duplicates 2502\n"
        assert count(engine) == 2_500

    def test_empty_lines_and_a_missing_last_line_end_do_no_harm(
        self, engine: Engine, file: Path
    ) -> None:
        file.write_bytes(b"\n\r\n" + lines(kudos()) + b"  \n" + lines(kudos()).rstrip())
        assert main(["publish", str(file)]) == 0
        assert count(engine) == 2

    def test_an_empty_file_holds_nothing_wrong(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file.touch()
        assert main(["publish", str(file)]) == 0
        assert capsys.readouterr().out == "accepted 0, duplicates 0\n"

    def test_one_wrong_line_keeps_the_whole_file_out(
        self, engine: Engine, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """G11: every fault is named by line and field, and nothing is written."""
        wrong = kudos(time="2026-01-20T18:00:00", subject="x")
        good = [kudos() for _ in range(1_500)]
        broken = b'{"id": "\xff"}\n' + b"[" * 10_000 + b"\n" + b"x" * 3_000_000 + b"\n"
        file.write_bytes(lines(*good, wrong) + b"\n" + broken + lines(*good))
        assert main(["publish", str(file)]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert "line 1501: time: needs an offset" in said.err
        assert "line 1501: subject:" in said.err
        assert "line 1503: body: is not valid JSON" in said.err
        assert "line 1504: body: is not valid JSON" in said.err
        assert "line 1505: line: is longer than" in said.err
        assert "4 lines are wrong" in said.err
        assert "line 1506" not in said.err
        assert count(engine) == 0

    def test_what_only_the_workers_publish_is_refused(
        self, engine: Engine, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file.write_bytes(lines(kudos(type="app.momento.refund.requested.v1")))
        assert main(["publish", str(file)]) == 1
        assert "app.momento.refund.requested.v1" in capsys.readouterr().err
        assert count(engine) == 0

    def test_standard_input_will_do(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines(kudos(), kudos()))))
        assert main(["publish", "-"]) == 0
        assert count(engine) == 2

    def test_so_will_a_real_pipe(self, engine: Engine) -> None:
        program = [sys.executable, "-c", "import workers.cli as c, sys; sys.exit(c.main())"]
        ended = subprocess.run(
            [*program, "publish", "-"], input=lines(kudos()), capture_output=True, check=False
        )
        assert (ended.returncode, ended.stdout) == (0, b"accepted 1, duplicates 0\n")
        assert count(engine) == 1

    def test_a_pipe_that_can_be_read_only_once_will_do(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(lines(kudos(), kudos()),))
        writer.start()
        assert main(["publish", str(pipe)]) == 0
        writer.join(10)
        assert count(engine) == 2

    def test_a_file_that_is_not_there_is_named(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["publish", str(file)]) == 1
        assert capsys.readouterr().err.startswith(f"momento publish: {file} can't be read: No such")

    def test_a_database_that_is_away_is_one_line(
        self,
        file: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        file.write_bytes(lines(kudos()))
        monkeypatch.setenv("DATABASE_URL", f"postgresql://momento@/momento?host={tmp_path}")
        assert main(["publish", str(file)]) == 1
        said = capsys.readouterr().err
        assert said.startswith("momento publish: DATABASE_URL: ")
        assert said.count("\n") == 1

    def test_a_database_that_fails_halfway_says_that_repeating_helps(
        self, engine: Engine, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE outbox ADD CHECK (seq <= 1000)"))
        file.write_bytes(lines(*(kudos() for _ in range(1_500))))
        assert main(["publish", str(file)]) == 1
        assert "after 1000 domain events. Publish the file again" in capsys.readouterr().err
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE outbox DROP CONSTRAINT outbox_seq_check"))
        assert main(["publish", str(file)]) == 0
        assert capsys.readouterr().out == "accepted 500, duplicates 1000\n"
