"""Kinds of failures: what failed, by handler and error without its values. Pure but for a lock."""

import hashlib
import re
import threading
from typing import Final, NamedTuple

# Where in a file it was raised moves with every version, and ids and numbers with every row.
_LINE: Final = re.compile(r":\d+(?= in )")
_ID: Final = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<!SQLSTATE )\b\d{4,}")
_LONGEST: Final = 400
# A process remembers no more between two writes; the rest is counted without a name.
_MOST: Final = 200
OTHERS: Final = "more kinds of errors than are told apart"


class Failure(NamedTuple):
    """A kind of failure."""

    handler: str
    error: str

    @property
    def fingerprint(self) -> str:
        """By which it is known, in every process and version."""
        return hashlib.sha256(f"{self.handler}\n{self.error}".encode()).hexdigest()[:16]


def kind_of(handler: str, error: str) -> Failure:
    """Say of which kind a failure is. The error is one of ours, without values (see `describe`)."""
    text = _ID.sub("…", _LINE.sub("", error))
    return Failure(handler, _NUMBER.sub("…", text)[:_LONGEST])


class Failures:
    """How often each kind was met since it was last taken. For any number of threads."""

    def __init__(self) -> None:
        """None were met yet."""
        self._lock = threading.Lock()
        self._counts: dict[Failure, int] = {}

    def add(self, handler: str, error: str, *, by: int = 1) -> None:
        """Count a failure."""
        failure = kind_of(handler, error)
        with self._lock:
            if failure not in self._counts and len(self._counts) >= _MOST:
                failure = Failure(handler, OTHERS)
            self._counts[failure] = self._counts.get(failure, 0) + by

    def take(self) -> dict[Failure, int]:
        """Give what was met since the last time."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def put_back(self, taken: dict[Failure, int]) -> None:
        """Keep what could not be written for the next time."""
        with self._lock:
            for failure, count in taken.items():
                self._counts[failure] = self._counts.get(failure, 0) + count
