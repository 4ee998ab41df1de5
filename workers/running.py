"""What `momento up` leaves in MOMENTO_HOME for others: lock, environment, and where things are."""

import contextlib
import fcntl
import os
import shlex
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TextIO

from workers.errors import CommandError

LOCK: Final = "lock"
ENVIRONMENT: Final = "env"
# Where the sandbox writes what people would have been told.
JOURNAL: Final = Path("sandbox", "journal.jsonl")
# `is_running` holds the lock for an instant, so one refusal proves nothing.
TRIES: Final = 5


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the lock that makes this the one running system in `home`.

    Raises CommandError if there is one already. The lock goes with the process, however it ends.
    """
    with _lock_file(home) as file:
        if not _lock(file.fileno(), tries=TRIES):
            file.seek(0)
            message = (
                f"Momento is already running in {home} (process {file.read().strip() or '?'})."
                " Stop it first, or set MOMENTO_HOME to another directory."
            )
            raise CommandError(message)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _lock_file(home: Path) -> TextIO:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return (home / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        message = f"MOMENTO_HOME: nothing can be kept in {home}: {error.strerror}. Choose another."
        raise CommandError(message) from None


def is_running(home: Path) -> bool:
    """Whether a `momento up` holds the lock."""
    try:
        with (home / LOCK).open("r", encoding="utf-8") as file:
            return not _lock(file.fileno(), tries=1)
    except OSError:
        return False


@contextlib.contextmanager
def published_environment(home: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """Keep the running system's variables in a file that only its owner can read."""
    path = home / ENVIRONMENT
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"export {k}={shlex.quote(v)}\n" for k, v in variables.items())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def environment_script(home: Path) -> str | None:
    """The running system's variables as lines for a shell; None if it doesn't run."""
    try:
        return (home / ENVIRONMENT).read_text(encoding="utf-8") if is_running(home) else None
    except OSError:
        return None


def running_environment(home: Path) -> dict[str, str]:
    """The running system's variables; none if it doesn't run."""
    words = shlex.split(environment_script(home) or "")
    pairs = (word.partition("=") for word in words if word != "export")
    return {name: value for name, _, value in pairs}


def _lock(descriptor: int, *, tries: int) -> bool:
    for attempt in range(tries):
        if attempt:
            time.sleep(0.1)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False
