"""Secrets that `momento up` leaves in files for whoever owns the machine."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlmodel import Session

from workers.database import make_engine

OWNER_ALONE: Final = 0o600


def ensure_secret(
    database_url: str,
    path: Path,
    *,
    works: Callable[[Session, str], bool],
    make: Callable[[Session], str],
) -> None:
    """See to it that the file holds a secret that works; only its owner can read it.

    `make` makes a new one, which takes the place of what was there before.
    """
    engine = make_engine(database_url, process="up", pool_size=1)
    try:
        with Session(engine) as session:
            if works(session, _read(path)):
                path.chmod(OWNER_ALONE)
                return
            secret = make(session)
            session.commit()
    finally:
        engine.dispose()
    write_secret(path, secret)


def _read(path: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="ascii").strip()
    return ""


def write_secret(path: Path, secret: str) -> None:
    """Write a file for its owner: aside, and moved into place, so that nobody reads half of it."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{secret}\n")
    aside.replace(path)
