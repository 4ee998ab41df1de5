"""Remembers for a few seconds which keys are good, so that few requests need a look-up."""

import hashlib
from collections.abc import Callable
from typing import Final

from workers.keys import Key

# A key that came to its end is looked up again after this time; whether it may publish is asked
# again in the transaction that does it.
LIFE_S: Final = 3.0
# Wrong keys are remembered too; a stranger who tries many must not fill the memory.
AT_MOST: Final = 10_000


class Keyring:
    """Keys by the hash of their secret. Used from one thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Know no key yet; `clock` gives seconds that never go back."""
        self._clock = clock
        self._known: dict[bytes, tuple[Key | None, float]] = {}

    def find(self, secret: str) -> tuple[bool, Key | None]:
        """Whether it is known what a secret is worth, and the key if it is worth one."""
        key, until = self._known.get(_hash(secret), (None, 0.0))
        return (True, key) if self._clock() < until else (False, None)

    def remember(self, secret: str, key: Key | None, *, asked_at: float) -> None:
        """Note what the database said when it was asked."""
        if len(self._known) >= AT_MOST:
            self._known.clear()
        self._known[_hash(secret)] = (key, asked_at + LIFE_S)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
