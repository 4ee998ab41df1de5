"""Rings lanes after a commit, beside the request: a bell never delays or fails one."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from workers.log import logger

# Is given the types that were published.
Ring = Callable[[Iterable[str]], None]


def no_ring(_types: Iterable[str]) -> None:
    """Leave it to the relay, which looks for itself."""


class Ringer:
    """Rings from a thread of its own; what is published while it rings is rung for at once."""

    def __init__(self, ring: Ring) -> None:
        """Use this bell."""
        self._ring = ring
        self._log = logger("gateway")
        self._lock = threading.Lock()
        self._wanted: set[str] = set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ringer")

    def ring(self, types: Iterable[str]) -> None:
        """Ring soon; returns at once."""
        with self._lock:
            was_idle = not self._wanted
            self._wanted.update(types)
        if was_idle:
            self._thread.submit(self._ring_wanted)

    def close(self) -> None:
        """Ring for what is still wanted, and then no more; call it when no request is in hand."""
        self._thread.shutdown(wait=False)

    def _ring_wanted(self) -> None:
        with self._lock:
            wanted, self._wanted = self._wanted, set()
        try:
            self._ring(wanted)
        except Exception as error:  # noqa: BLE001 - the relay finds what no bell was rung for
            self._log.debug("bell.failed", error=type(error).__name__)
