"""Kinds of failures: what failed, by handler and error without its values. Pure but for a lock."""

import hashlib
import threading
from typing import Final, NamedTuple

from domain.fingerprint import fingerprint_of

# A process remembers no more between two writes; the rest is counted without a name.
_MOST: Final = 200
OTHERS: Final = "more kinds of errors than are told apart"


class Failure(NamedTuple):
    """A kind of failure."""

    handler: str
    error: str

    @property
    def fingerprint(self) -> str:
        """The text by which this kind is known, the same in every process and version."""
        return hashlib.sha256(f"{self.handler}\n{self.error}".encode()).hexdigest()[:16]


def kind_of(handler: str, error: str) -> Failure:
    """Say of which kind a failure is. The error is one of ours, without values (see `describe`)."""
    return Failure(handler, fingerprint_of(error))


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
