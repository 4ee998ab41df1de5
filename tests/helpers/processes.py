"""Real processes for tests: started with a log, killed, stopped and continued, and never left."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Final, Self

import psutil

from tests.helpers.ledger import until
from workers import embedded
from workers.embedded.files import wait_until

GRACE: Final = timedelta(seconds=10)
LOOK_EVERY_S: Final = 0.05
RELAY: Final = "workers.relay"
WORKERS: Final = "workers"


@dataclass
class Program:
    """A module of ours, run as a process with a group of its own."""

    module: str
    environment: Mapping[str, str]
    log: Path
    arguments: Sequence[str] = ()
    started: int = 0
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> Self:
        """Start it, anew if it ran before."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.arguments],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.started += 1
        return self

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def family(self) -> list[psutil.Process]:
        """The process and all that it started, itself first."""
        try:
            itself = psutil.Process(self.process.pid)
            return [itself, *itself.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def workers(self) -> list[psutil.Process]:
        """Its processes that apply batches, without multiprocessing's own helper."""
        return [
            child for child in self.family()[1:] if "resource_tracker" not in _command_line(child)
        ]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        if not self.has_ended:
            self.process.send_signal(number)

    def wait(self, patience: timedelta = GRACE) -> int:
        """Wait until it has ended by itself; its exit code."""
        return self.process.wait(patience.total_seconds())

    def end(self) -> None:
        """Kill whatever is left of it and of its group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Crew:
    """Programs that are started again when they end, as a supervisor does."""

    def __init__(self, *programs: Program) -> None:
        self.programs = {program.module: program for program in programs}
        self._leaving = Event()
        self._keeper = Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Self:
        for program in self.programs.values():
            program.start()
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._keeper.join()
        for program in self.programs.values():
            program.end()

    def __getitem__(self, module: str) -> Program:
        return self.programs[module]

    def log(self) -> str:
        """What all of them have said."""
        return "\n".join(
            program.log.read_text(encoding="utf-8", errors="replace")
            for program in self.programs.values()
        )

    def dismiss(self, patience: timedelta = GRACE) -> list[psutil.Process]:
        """Ask all to go, without starting any again; those of them that are still there."""
        self._leaving.set()
        self._keeper.join()
        everybody = [each for program in self.programs.values() for each in program.family()]
        for program in self.programs.values():
            program.signal(signal.SIGTERM)
        wait_until(lambda: all(each.has_ended for each in self.programs.values()), patience)
        # multiprocessing's helper goes a moment after the process that it helps.
        wait_until(lambda: not any(map(is_alive, everybody)), timedelta(seconds=1))
        return [each for each in everybody if is_alive(each)]

    def _keep(self) -> None:
        while not self._leaving.wait(LOOK_EVERY_S):
            for program in self.programs.values():
                if program.has_ended:
                    program.end()
                    program.start()


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and wasn't collected doesn't."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def a_crew(environment: Mapping[str, str], directory: Path, *, workers: str = WORKERS) -> Crew:
    """A relay and worker processes, as `momento up` runs them."""
    return Crew(
        Program(RELAY, environment, directory / "relay.log"),
        Program(workers, environment, directory / "workers.log"),
    )


def crash_postgres(home: Path) -> None:
    """Stop the Postgres in `home` in immediate mode: as a power cut, but for the disk."""
    pid_file = home.resolve() / "postgres" / "data" / "postmaster.pid"
    postmaster = psutil.Process(int(pid_file.read_text(encoding="utf-8").split()[0]))
    postmaster.send_signal(signal.SIGQUIT)
    gone = wait_until(lambda: not embedded.postgres_runs(home), GRACE)
    assert gone, "Postgres doesn't stop"


@contextlib.contextmanager
def stopped(process: psutil.Process, duration: timedelta) -> Iterator[None]:
    """Stop a process as if it were swapped out; when left, wait for the rest and continue it."""
    began = time.monotonic()
    process.suspend()
    try:
        yield
        rest = duration.total_seconds() - (time.monotonic() - began)
        until(
            lambda: time.monotonic() - began >= duration.total_seconds(),
            "the time goes by",
            timedelta(seconds=max(rest, 0) + 1),
        )
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()
