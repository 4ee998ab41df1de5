"""Runs a program of a server's to its end, and ends all of it when that is interrupted."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final

import psutil

from workers.embedded.files import EmbeddedError, wait_until

INTERRUPTIONS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# initdb hears of an interruption only once it has synced its files to disk.
GRACE: Final = timedelta(seconds=5)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Put off what signals raise until the block is left.

    A program that is started here can't escape its starter between the fork and the moment when
    there is a variable for it.
    """
    if threading.current_thread() is not threading.main_thread():
        # Signals are the main thread's: they disturb nobody here.
        yield
        return
    noted: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        noted.append(number)

    handlers = {number: signal.signal(number, note) for number in INTERRUPTIONS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for missed in noted:
            signal.raise_signal(missed)


def run_to_end(command: Sequence[str | Path], **options: Any) -> int:
    """Run a program in a session of its own, as `subprocess.run` does; its exit code.

    When that is interrupted, the program and whatever it has started have ended before this is
    left. Raises EmbeddedError if it can't be started.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        with undisturbed():
            process = subprocess.Popen(command, start_new_session=True, **options)
        return process.wait()
    except OSError as error:
        message = f"{Path(command[0]).name} can't be run: {error.strerror}."
        raise EmbeddedError(message) from error
    except BaseException:
        if process is not None:
            with undisturbed():
                _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a program's group as Ctrl-C does, kill what is left, and wait for all of it.

    What it has started outside of its group, a server for one, is its own to stop, and is waited
    for as well.
    """
    started = _descendants(process.pid)

    def left() -> list[psutil.Process]:
        process.poll()
        return [each for each in {*started, *_group(process.pid)} if _lives(each)]

    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGINT)
    if not wait_until(lambda: not left(), GRACE):
        for each in left():
            with contextlib.suppress(psutil.Error):
                each.kill()
        wait_until(lambda: not left(), GRACE)
    # It may have ended just after it was asked, and is to be heard of all the same.
    process.poll()


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _group(pid: int) -> list[psutil.Process]:
    """Whatever is in a process group, whoever its parent is by now."""
    return [each for each in psutil.process_iter() if _group_of(each.pid) == pid]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _lives(process: psutil.Process) -> bool:
    """Whether it still runs: a zombie doesn't, and may never be collected."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
