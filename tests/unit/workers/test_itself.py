"""The command that we tell people to type."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.itself import own_command


def a_program(path: Path) -> Path:
    """A `momento` that says its name."""
    path.parent.mkdir(parents=True)
    path.write_text('#!/bin/sh\necho "I am $0"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def pasted(command: str, directory: Path) -> str:
    """What a shell says to it."""
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=directory, check=True, capture_output=True, text=True
    ).stdout


class TestOwnCommand:
    @pytest.mark.parametrize(
        ("place", "started_as", "command"),
        [
            pytest.param(".venv/bin", ".venv/bin/momento", ".venv/bin/momento", id="as typed"),
            pytest.param(".venv/bin", "./.venv/bin/momento", ".venv/bin/momento", id="with a dot"),
            pytest.param(".", "./momento", "./momento", id="in the directory itself"),
            pytest.param("my env", "my env/momento", "'my env/momento'", id="with a blank"),
            pytest.param("../beside", "../beside/momento", "../beside/momento", id="beside it"),
        ],
    )
    def test_a_program_is_called_as_it_was(
        self, tmp_path: Path, place: str, started_as: str, command: str
    ) -> None:
        here = tmp_path / "here"
        here.mkdir()
        a_program(here / place / "momento" if place != "." else here / "bin" / "momento")
        if place == ".":
            (here / "bin" / "momento").rename(here / "momento")
        assert own_command(started_as, directory=here) == command
        assert pasted(command, here).startswith("I am ")

    def test_below_the_directory_it_is_relative_however_it_was_called(self, tmp_path: Path) -> None:
        program = a_program(tmp_path / ".venv" / "bin" / "momento")
        assert own_command(str(program), directory=tmp_path) == ".venv/bin/momento"

    def test_elsewhere_its_name_will_do_where_the_shell_finds_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = a_program(tmp_path / "bin" / "momento")
        here = tmp_path / "here"
        here.mkdir()
        assert own_command(str(program), directory=here) == str(program)
        monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
        assert own_command(str(program), directory=here) == "momento"

    def test_another_one_of_that_name_is_not_meant(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ours = a_program(tmp_path / "ours" / "momento")
        theirs = a_program(tmp_path / "theirs" / "momento")
        monkeypatch.setenv("PATH", str(theirs.parent), prepend=os.pathsep)
        assert own_command(str(ours), directory=tmp_path / "theirs") == str(ours)

    def test_run_by_another_program_it_is_the_one_beside_our_interpreter(self) -> None:
        beside = Path(sys.executable).with_name("momento")
        assert own_command("/usr/bin/pytest", directory=Path("/")) == str(beside).lstrip("/")
