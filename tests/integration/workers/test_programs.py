"""Programs that are run to their end, and end as a whole when somebody interrupts."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from workers.embedded.files import EmbeddedError, wait_until
from workers.embedded.programs import run_to_end, undisturbed

SOON = timedelta(seconds=10)
MAIN = threading.main_thread().ident or 0
# A shell that waits for another one, whose own program is not its child any more.
FAMILY = "sh -c 'sleep 604 & echo $! >> pids; echo $$ >> pids; wait' & echo $! >> pids; wait"
DEAF = "trap '' INT; sleep 605 & echo $! >> pids; echo $$ >> pids; wait"
# What `pg_ctl` does: a server with a session of its own, stopped before pg_ctl goes itself.
STARTER = """
import os, signal, subprocess, sys
server = subprocess.Popen(["sleep", "606"], start_new_session=True)
def stop(*_):
    server.terminate()
    sys.exit(1)
signal.signal(signal.SIGINT, stop)
open("pids", "w").write(f"{server.pid}\\n{os.getpid()}\\n")
signal.pause()
"""


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """A shell that runs the tests in the background has them ignore Ctrl-C: not these."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pids_in(directory: Path) -> list[int]:
    file = directory / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


@contextmanager
def interrupted_once_started(directory: Path, *, pids: int) -> Iterator[None]:
    """Send Ctrl-C to this process as soon as the program says that all its processes run."""

    def interrupt() -> None:
        assert wait_until(lambda: len(pids_in(directory)) == pids, SOON)
        signal.pthread_kill(MAIN, signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(interrupt)
        yield
        sent.result()


class TestRunToEnd:
    def test_it_gives_the_exit_code(self, tmp_path: Path) -> None:
        assert run_to_end(["sh", "-c", "exit 3"], cwd=tmp_path) == 3

    def test_a_program_that_is_not_there_is_named(self) -> None:
        with pytest.raises(EmbeddedError, match="nonesuch can't be run: No such file"):
            run_to_end(["/nonesuch"])

    @pytest.mark.parametrize(
        ("command", "pids"),
        [
            pytest.param(["sh", "-c", FAMILY], 3, id="grandchildren"),
            pytest.param(["sh", "-c", DEAF], 2, id="deaf"),
            pytest.param([sys.executable, "-c", STARTER], 2, id="in a session of its own"),
        ],
    )
    def test_interrupted_it_leaves_nothing_of_the_program(
        self, tmp_path: Path, command: list[str], pids: int
    ) -> None:
        with interrupted_once_started(tmp_path, pids=pids), pytest.raises(KeyboardInterrupt):
            run_to_end(command, cwd=tmp_path)
        assert not [pid for pid in pids_in(tmp_path) if runs(pid)]


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class TestUndisturbed:
    def test_an_interruption_comes_through_once_the_block_is_left(self) -> None:
        done = []

        def work() -> None:
            with undisturbed():
                signal.raise_signal(signal.SIGINT)
                done.append("all of it")

        with pytest.raises(KeyboardInterrupt):
            work()
        assert done == ["all of it"]

    def test_the_handlers_are_those_of_before(self) -> None:
        before = signal.getsignal(signal.SIGTERM)
        with undisturbed():
            assert signal.getsignal(signal.SIGTERM) != before
        assert signal.getsignal(signal.SIGTERM) == before

    def test_a_program_started_inside_can_be_interrupted(self, tmp_path: Path) -> None:
        with undisturbed():
            process = subprocess.Popen(["sleep", "607"], cwd=tmp_path)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(SOON.total_seconds()) == -signal.SIGINT

    def test_a_thread_has_no_signals_to_put_off(self) -> None:
        def number() -> int:
            with undisturbed():
                return run_to_end(["true"])

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(number).result() == 0
