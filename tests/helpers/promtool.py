"""Prometheus's own checker: the one that is installed, else Debian's, unpacked beside our Python.

Debian's package is only unpacked, which needs no rights and starts nothing.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

KEPT: Final = Path(sys.prefix) / "bin" / "promtool"
MISSING: Final = (
    "promtool is needed for the tests of ops/. Install Prometheus (Debian: apt-get install"
    " prometheus; macOS: brew install prometheus), so that promtool is found on the PATH."
)


@cache
def promtool() -> str:
    """Give the program; fails with what to install where it can't be had."""
    found = shutil.which("promtool")
    if found is not None:
        return found
    if not KEPT.exists():
        _unpack()
    return str(KEPT)


def run_promtool(*arguments: str, given: bytes | None = None) -> None:
    """Run it; fails with what it says."""
    result = subprocess.run(
        [promtool(), *arguments], input=given, check=False, capture_output=True, timeout=120
    )
    assert result.returncode == 0, (result.stdout + result.stderr).decode()


def _unpack() -> None:
    with TemporaryDirectory(prefix="promtool-") as directory:
        if not _download(directory) and _is_root():
            # A fresh container has no lists of packages.
            _run(directory, "apt-get", "update", "-qq")
            _download(directory)
        archives = list(Path(directory).glob("prometheus_*.deb"))
        if not archives or not _run(directory, "dpkg-deb", "-x", str(archives[0]), "unpacked"):
            raise AssertionError(MISSING)
        # Under a name of its own first: another test process may do the same just now.
        own = KEPT.with_name(f"promtool.{os.getpid()}")
        shutil.copy2(Path(directory, "unpacked/usr/bin/promtool"), own)
        own.replace(KEPT)


def _download(directory: str) -> bool:
    return _run(directory, "apt-get", "download", "-qq", "prometheus")


def _is_root() -> bool:
    return os.geteuid() == 0


def _run(directory: str, *command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    finished = subprocess.run(command, cwd=directory, check=False, capture_output=True, timeout=120)
    return finished.returncode == 0
