"""What reached the sandbox and what it answered: a file of JSON Lines that is only added to.

A line is written before its answer is sent, so that the journal knows all that a client may know.
It holds what people would have been told and where, so only its owner can read it; it holds no
credentials.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

from workers.running import JOURNAL

OWNER_ALONE: Final = 0o600
PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, or something that a server did by itself (a callback)."""

    at: datetime
    provider: str
    # What it was about: the path, or the command.
    what: str
    asked: Any
    # Null where nothing was answered.
    status: int | None
    answered: Any
    # What took effect: with `id`, `to`, and `about`, the notification that it belongs to.
    accepted: list[dict[str, Any]] = field(default_factory=list)
    fault: str | None = None

    def said(self) -> dict[str, Any]:
        """Give what JSON can hold of it."""
        return asdict(self) | {"at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and where the next begin."""

    entries: list[Entry]
    next: int


class Journal:
    """Writes entries to a file, and reads them."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / JOURNAL.name
        self._lock = Lock()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(self.path, flags, OWNER_ALONE)
        if not _is_whole(self.path):
            # Whoever wrote before was cut short; what we write begins on a line of its own.
            os.write(self._file, b"\n")

    def write(self, entry: Entry) -> None:
        """Add a line; it outlives the death of this process."""
        line = f"{json.dumps(entry.said(), separators=(',', ':'))}\n".encode()
        with self._lock:
            while line:
                line = line[os.write(self._file, line) :]

    def read(self, provider: str | None = None) -> list[Entry]:
        """All entries, or those of one provider, oldest first."""
        return read_journal(self.path, provider)

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)


def read_journal(path: Path, provider: str | None = None) -> list[Entry]:
    """The entries of a journal that somebody may be writing; a line cut short is left out."""
    with path.open("rb") as lines:
        entries = [entry for line in lines if (entry := _entry(line))]
    return [entry for entry in entries if provider in (None, entry.provider)]


def page_of(path: Path, *, after: int = 0, most: int = PAGE) -> Page:
    """At most so many of the entries that begin `after` so many bytes; none if there are no more.

    What is still being written is left for the next time. A journal that was taken away or made
    shorter begins anew.
    """
    entries: list[Entry] = []
    if not path.exists():
        return Page(entries, 0)
    after = after if after <= path.stat().st_size else 0
    with path.open("rb") as lines:
        # Somebody may have counted wrongly: go on at the beginning of a line.
        lines.seek(max(after - 1, 0))
        place = max(after - 1, 0) + (len(lines.readline()) if after else 0)
        while len(entries) < most and (line := lines.readline()).endswith(b"\n"):
            place += len(line)
            entries += [entry] if (entry := _entry(line)) else []
    return Page(entries, place)


def _is_whole(path: Path) -> bool:
    """Whether the last line has an end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return file.read() in {b"", b"\n"}


def _entry(line: bytes) -> Entry | None:
    """Read a line; None for one that was cut short."""
    try:
        said = json.loads(line)
        return Entry(**said | {"at": datetime.fromisoformat(said["at"])})
    except (ValueError, TypeError, KeyError):
        return None
