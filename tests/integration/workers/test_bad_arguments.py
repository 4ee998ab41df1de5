"""Whatever is typed behind `momento`, the answer is a sentence and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.helpers.command import Momento

MOMENTO: Final = Path(sys.executable).with_name("momento")
# What Python makes of the byte FF.
UNDECODABLE: Final = "\udcff"
BAD: Final = [
    pytest.param(UNDECODABLE, id="bytes that are no text"),
    pytest.param("a\x1bb", id="a control character"),
    pytest.param("x" * 100_000, id="very long"),
    pytest.param("9" * 100_000, id="a very long number"),
    pytest.param("", id="nothing"),
]
# `?` is where the bad text goes.
COMMANDS: Final = (
    "trace ?",
    "trace 1 --source ?",
    "dead list --handler ?",
    "dead list --limit ?",
    "dead retry 1 ?",
    "dead retry ? users.apply_user_registered",
    "dead retry --all --handler ?",
    "dead retry --all --error ? --why because --yes",
    "dead discard 1 ? --why because",
    "bulk show ?",
    "dead discard 1 users.apply_user_registered --why ?",
    "keys create ?",
    "keys create service --types ?",
    "keys revoke ?",
    "users create ?",
    "users create ada --role ?",
    "users remove ?",
    "users role ? viewer",
    "audit --of ?",
    "reveal ? --why because",
    "publish ?",
    "schedule run ?",
    "schedule resume ?",
    "schedule pause ? --until 2100-01-01T00:00Z",
    "schedule pause ticks.trim --until ?",
    "schedule pause ticks.trim --until 2100-01-01T00:00Z --reason ?",
    "drain --timeout ?",
    "demo --seed ?",
    "demo --people ?",
    "demo --gatherings ?",
    "up ?",
    "up --procfile ?",
    "?",
)
ERROR_LIMIT: Final = 4_000


def with_bad(command: str, bad: str) -> list[str]:
    return [bad if word == "?" else word for word in command.split()]


class TestBadArguments:
    @pytest.mark.parametrize("bad", BAD)
    @pytest.mark.parametrize("command", COMMANDS)
    def test_are_refused_in_a_few_words(self, momento: Momento, command: str, bad: str) -> None:
        said = momento(*with_bad(command, bad))
        assert said.code in (1, 2)
        assert said.out == ""
        assert said.err.strip()
        assert len(said.err) < ERROR_LIMIT

    @pytest.mark.parametrize("command", ["trace ?", "dead discard 1 a --why ?", "keys create ?"])
    def test_are_refused_by_what_the_database_can_not_keep(
        self, momento: Momento, command: str
    ) -> None:
        """No shell hands over a NUL, but a program that calls us might."""
        said = momento(*with_bad(command, "a\0b"))
        assert said.code == 2
        assert "control character" in said.err

    @pytest.mark.parametrize("command", ["trace ?", "publish ?", "keys create ?", "users remove ?"])
    def test_are_refused_as_the_shell_hands_them_over(
        self, command: str, database_url: str
    ) -> None:
        environ = os.environ | {"DATABASE_URL": database_url}
        result = subprocess.run(
            [MOMENTO, *with_bad(command, os.fsdecode(b"\xff"))],
            env=environ,
            check=False,
            capture_output=True,
        )
        assert result.returncode in (1, 2)
        assert b"Traceback" not in result.stderr

    def test_a_file_whose_name_is_no_text_is_a_file(
        self, tmp_path: Path, database_url: str
    ) -> None:
        file = tmp_path / os.fsdecode(b"\xff.jsonl")
        file.touch()
        environ = os.environ | {"DATABASE_URL": database_url}
        result = subprocess.run(
            [MOMENTO, "publish", file], env=environ, check=False, capture_output=True
        )
        assert (result.returncode, result.stdout) == (0, b"accepted 0, duplicates 0\n")

    def test_a_password_that_is_no_text_is_refused(self, database_url: str) -> None:
        result = subprocess.run(
            [MOMENTO, "users", "create", "ada"],
            env=os.environ | {"DATABASE_URL": database_url, "PYTHONUTF8": "1"},
            input=b"\xff" * 20,
            check=False,
            capture_output=True,
        )
        assert result.returncode == 1
        assert b"not text in UTF-8" in result.stderr

    def test_a_list_of_processes_that_is_no_text_is_refused(
        self, momento: Momento, tmp_path: Path
    ) -> None:
        procfile = tmp_path / "Procfile"
        procfile.write_bytes(b"\xff\xfe\x00")
        said = momento("up", "--procfile", str(procfile))
        assert (said.code, said.out) == (1, "")
        assert "not text in UTF-8" in said.err


class TestBadEnvironment:
    @pytest.mark.parametrize("command", ["status", "up"])
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            pytest.param("DATABASE_URL", b"\xff", id="no URL"),
            pytest.param("DATABASE_URL", b"postgresql://a:b@h\xff/c", id="a host"),
            pytest.param(
                "DATABASE_URL", b"postgresql://a:hunter2\xff@localhost:1/c", id="a password"
            ),
            pytest.param("MOMENTO_HOME", b"/tmp/\xff", id="a path"),
            pytest.param("BROKER_URL", b"redis://\xff", id="a broker"),
            pytest.param("GATEWAY_HOST", b"\xff", id="a host alone"),
            pytest.param("MOMENTO_BATCH_SIZE", b"\xff", id="a number"),
        ],
    )
    def test_bytes_that_are_no_text_get_one_line(
        self, command: str, name: str, value: bytes
    ) -> None:
        others = {key: value for key, value in os.environb.items() if key != b"DATABASE_URL"}
        result = subprocess.run(
            [MOMENTO, command],
            env=others | {name.encode(): value},
            check=False,
            capture_output=True,
        )
        assert result.returncode == 1
        assert len(result.stderr.splitlines()) == 1
        assert b"hunter2" not in result.stderr

    @pytest.mark.parametrize("home", ["/dev/null/x", "/proc/x", "/" + "x" * 300])
    def test_a_home_that_nothing_can_be_kept_in_is_named(self, home: str) -> None:
        result = subprocess.run(
            [MOMENTO, "up"],
            env=os.environ | {"MOMENTO_HOME": home},
            check=False,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"momento up: MOMENTO_HOME: nothing can be kept in {home}: ")
