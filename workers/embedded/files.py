"""Where an embedded server keeps its files, and how to tell whether it runs."""

import contextlib
import fcntl
import importlib.util
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil

from workers.errors import CommandError

# A Unix socket's path has at most 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_BYTES: Final = 103
PRIVATE: Final = 0o700


class EmbeddedError(CommandError):
    """An embedded server could not be started or stopped."""


def package_directory(package: str) -> Path:
    """Where a package is installed, found without importing it.

    Importing the packages that carry the servers has side effects (warnings on the terminal,
    handlers at exit), and we need only the programs inside.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        message = f"The package {package} is not installed. Run `make up`, which installs it."
        raise EmbeddedError(message)
    return Path(spec.origin).parent


def socket_directory(base: Path, *, socket_name: str, owner: tuple[int, int] | None = None) -> Path:
    """A private directory for a server's socket, the same one at every call.

    `base/run`, or where the socket's path would be too long a directory with a random name under
    the temporary directory, which is remembered in `base/run-elsewhere`. `owner` is the user and
    group that the server runs as, where it isn't ours.
    """
    preferred = base / "run"
    if _fits(preferred / socket_name):
        preferred.mkdir(mode=PRIVATE, exist_ok=True)
        give(preferred, owner)
        return preferred
    record = base / "run-elsewhere"
    if record.exists():
        remembered = Path(record.read_text(encoding="utf-8").strip())
        if _is_private(remembered, owner):
            return remembered
    made = _short_directory(socket_name)
    give(made, owner)
    record.write_text(f"{made}\n", encoding="utf-8")
    return made


@contextlib.contextmanager
def only_ours() -> Iterator[None]:
    """Work on directories that must be ours; raises EmbeddedError for one that isn't."""
    try:
        yield
    except PermissionError as error:
        message = f"{error.filename} belongs to another user. Choose another MOMENTO_HOME."
        raise EmbeddedError(message) from error


def give(directory: Path, owner: tuple[int, int] | None) -> None:
    """Make a directory private, and its owner's if that isn't us."""
    directory.chmod(PRIVATE)
    if owner is not None:
        os.chown(directory, *owner)


def find_process(pid_file: Path, *, program: str, directory: Path) -> psutil.Process | None:
    """The running server that wrote `pid_file`; None if there is none.

    The number alone proves nothing, because after a crash it may have been given to a stranger:
    name and working directory must be the server's as well.
    """
    try:
        pid = int(pid_file.read_text(encoding="utf-8").split()[0])
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith(program):
            return None
        return process if Path(process.cwd()).samefile(directory) else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def wait_until(condition: Callable[[], bool], timeout: timedelta) -> bool:
    """Look again every 20 ms until the condition holds; False if it never did."""
    end = time.monotonic() + timeout.total_seconds()
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@contextlib.contextmanager
def one_at_a_time(base: Path) -> Iterator[None]:
    """Hold everyone else back who starts or stops the server in `base`."""
    base.parent.mkdir(parents=True, exist_ok=True)
    with base.with_name(f"{base.name}.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a server's log, on one line, for an error message."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return " | ".join(line.strip() for line in lines[-count:])


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= SOCKET_PATH_BYTES


def _short_directory(socket_name: str) -> Path:
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp makes a private one inside
        made = Path(tempfile.mkdtemp(prefix="momento-", dir=parent))
        if _fits(made / socket_name):
            return made
        made.rmdir()
    message = "No temporary directory has a path short enough for a socket. Set TMPDIR to /tmp."
    raise EmbeddedError(message)


def _is_private(directory: Path, owner: tuple[int, int] | None) -> bool:
    """Whether it is a real directory that only its rightful owner can enter."""
    try:
        found = directory.lstat()
    except OSError:
        return False
    uid = os.geteuid() if owner is None else owner[0]
    return (
        stat.S_ISDIR(found.st_mode)
        and stat.S_IMODE(found.st_mode) == PRIVATE
        and found.st_uid == uid
    )
