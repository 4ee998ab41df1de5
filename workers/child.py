"""One process under `momento up`: started, listened to, and ended with all that it started."""

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil
from honcho.environ import parse_procfile

from workers.embedded.files import wait_until
from workers.errors import CommandError

# Marks whatever runs under a `momento up`; its value is the MOMENTO_HOME.
MARK: Final = "UNDER_MOMENTO_UP"
REMEMBERED_LINES: Final = 8
READ_BYTES: Final = 65_536
GRACE: Final = timedelta(seconds=10)
PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class Program:
    """A line of the Procfile."""

    name: str
    command: str


def read_procfile(path: Path) -> list[Program]:
    """The programs of a Procfile, in its order; raises CommandError if it can't be read."""
    try:
        found = parse_procfile(path.read_text(encoding="utf-8")).processes
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        message = f"{path} can't be read: {reason}."
        raise CommandError(message) from None
    return [Program(name, command) for name, command in found.items()]


class Child:
    """A running program in a process group of its own."""

    def __init__(
        self, program: Program, *, environment: Mapping[str, str], directory: Path
    ) -> None:
        self.started = time.monotonic()
        self.last_lines: deque[str] = deque(maxlen=REMEMBERED_LINES)
        self._unfinished = b""
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {program.command}"],
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C reaches us alone, and we decide who stops when.
            start_new_session=True,
            # Safe because `momento up` has one thread only.
            preexec_fn=functools.partial(_end_with, os.getpid()),  # noqa: PLW1509
        )
        os.set_blocking(self.fileno(), False)

    @property
    def pid(self) -> int:
        """The process's number, which is its group's as well."""
        return self._process.pid

    def fileno(self) -> int:
        """Where its output comes from, for a selector."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def read_lines(self) -> list[str] | None:
        """The lines it has said since the last call; None once it has closed its output."""
        try:
            data = os.read(self.fileno(), READ_BYTES)
        except BlockingIOError:
            return []
        *whole, self._unfinished = (self._unfinished + data).split(b"\n")
        if not data and self._unfinished:
            whole, self._unfinished = [self._unfinished], b""
        lines = [line.decode("utf-8", "replace") for line in whole]
        self.last_lines.extend(lines)
        return lines if data or lines else None

    def exit_code(self) -> int | None:
        """How it ended, negative for a signal's number; None while it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Ask the process alone; what it started is its own to stop."""
        if self.exit_code() is None:
            self._process.terminate()

    def end(self) -> None:
        """Kill what is left of it and of its group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def end_leftovers(home: Path) -> None:
    """End whatever still runs under an earlier `momento up` in `home`, or has left its group."""

    def left() -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if _is_marked(process, home)]

    for end in (psutil.Process.terminate, psutil.Process.kill):
        for process in left():
            with contextlib.suppress(psutil.Error):
                end(process)
        # Not psutil's own wait: it waits for zombies too, which others may never collect.
        if wait_until(lambda: not left(), GRACE):
            return


def _is_marked(process: psutil.Process, home: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == str(home)
    except (psutil.Error, OSError):
        return False


def _end_with(parent: int) -> None:
    """In the new process: have Linux end it when `momento up` is killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
