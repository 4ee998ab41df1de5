"""What the benchmark asks of everybody who takes part, us included."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bench.kudos import Kudos

ROOT = Path(__file__).resolve().parent.parent
STOP_TIMEOUT_S = 20
# How much of a log, in characters, an error quotes.
LOG_TAIL = 3_000


class Contestant(Protocol):
    """A system that does kudos jobs."""

    name: str

    def prepare(self) -> None:
        """Makes everything empty and ready, its workers stopped."""

    def enqueue(self, kudos: Sequence[Kudos]) -> None:
        """Puts jobs into the queue, as fast as its users can."""

    def start(self) -> None:
        """Starts two worker processes (and what else it needs)."""

    def stop(self) -> None:
        """Stops what `start` started, and leaves nothing behind."""

    def has_settled(self, jobs: int) -> bool:
        """Whether so many jobs are done and committed; raises an error when that can't be."""

    def settled_at(self) -> list[float]:
        """When each was committed, in Unix seconds."""

    def pids(self) -> list[int]:
        """The processes that `start` started; theirs below them count too."""

    def idle_latency(self, kudos: Sequence[Kudos]) -> list[float]:
        """Milliseconds from published to visible, one at a time, the workers being idle."""


class Processes:
    """Child processes that end together, each in a session of its own."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._log = Path(os.devnull)

    def start(self, command: Sequence[str], environment: Mapping[str, str], *, log: Path) -> None:
        """Starts one; what it prints goes to the end of the log."""
        self._log = log
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)

    def pids(self) -> list[int]:
        """Those started and not stopped."""
        return [process.pid for process in self._running]

    def must_be_alive(self) -> None:
        """Raises an error, with the end of the log, when one has ended though nobody stopped it."""
        for process in self._running:
            if process.poll() is not None:
                said = self._log.read_text(errors="replace")[-LOG_TAIL:]
                raise RuntimeError(f"{process.args!r} ended with {process.returncode}:\n{said}")

    def stop(self) -> None:
        """Asks all to stop, then kills what is left of their sessions."""
        for process in self._running:
            if process.poll() is None:
                process.terminate()
        for process in self._running:
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                sys.stderr.write(f"killed, it would not stop: {process.args!r}\n")
            _kill_session(process.pid)
            process.wait()
        self._running.clear()


def _kill_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
