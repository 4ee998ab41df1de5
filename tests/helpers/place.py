"""A system of its own for a test: `momento up` with real processes, in a directory."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil

from workers import embedded
from workers.child import MARK
from workers.embedded.files import wait_until
from workers.settings import Settings

SOON: Final = timedelta(seconds=30)
MOMENTO: Final = Path(sys.executable).with_name("momento")
# What a developer's shell may have set is no business of a test.
OURS: Final = frozenset(name.upper() for name in Settings.model_fields)
STEADY: Final = "steady: sleep 600"


@dataclass
class Place:
    """A directory for one system, and whatever was started in it."""

    directory: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def output(self) -> str:
        return (self.directory / "output").read_text(encoding="utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if name not in OURS}
        return others | {"MOMENTO_HOME": str(self.home)} | more

    def up(self, *lines: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start `momento up` on a Procfile of these lines, our own if none, and go on at once."""
        answers = self.directory / "answers"
        answers.mkdir(exist_ok=True)
        (answers / "readyz").write_text("{}", encoding="utf-8")
        procfile = self.directory / "Procfile"
        procfile.write_text("\n".join(lines).format(answers=answers) + "\n", encoding="utf-8")
        options = ["--procfile", str(procfile)] if lines else []
        with (self.directory / "output").open("wb") as output:
            process = subprocess.Popen(
                [MOMENTO, "up", *options],
                env=self.environment(**environ),
                stdout=output,
                stderr=output,
            )
        self.started.append(process)
        return process

    def until_said(self, text: str, times: int = 1) -> None:
        assert wait_until(lambda: self.output.count(text) >= times, SOON), self.output

    def momento(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a subcommand to its end."""
        return subprocess.run(
            [MOMENTO, *arguments],
            env=self.environment(**environ),
            check=False,
            capture_output=True,
            text=True,
            timeout=SOON.total_seconds(),
        )

    def left(self) -> list[str]:
        """What still runs for this place, as command lines."""
        return [found for process in psutil.process_iter() if (found := self._ours(process))]

    def _ours(self, process: psutil.Process) -> str | None:
        try:
            is_ours = process.environ().get(MARK) == str(self.home) or Path(
                process.cwd()
            ).is_relative_to(self.home)
            return " ".join(process.cmdline()) if is_ours else None
        except (psutil.Error, OSError):
            return None


@contextmanager
def a_place(directory: Path) -> Iterator[Place]:
    """A place of which nothing is left afterwards."""
    place = Place(directory.resolve())
    try:
        yield place
    finally:
        for process in place.started:
            if process.poll() is None:
                process.terminate()
                process.wait(SOON.total_seconds())
        embedded.stop(place.home)
        shutil.rmtree(place.home, ignore_errors=True)


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    """The line that a refusal consists of."""
    assert result.returncode == 1, result.stderr
    (line,) = result.stderr.splitlines()
    return line
