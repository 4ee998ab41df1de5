"""Who was signed in a moment ago, for while the database can't be asked.

Only what needs no database is shown by it, and nothing is done by it: see `dashboard/guard.py`.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from dashboard.sessions import SignedIn

LIFE_S: Final = 900.0
MOST: Final = 200


class Known:
    """Remembers whose a token was, for a quarter of an hour since that was last true."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nobody yet; `clock` gives seconds that never go back."""
        self._clock = clock
        self._held: OrderedDict[str, tuple[SignedIn, float]] = OrderedDict()

    def note(self, token: str, found: SignedIn | None) -> None:
        """Remember what the database has just said of a token."""
        self._held.pop(token, None)
        if found is not None:
            self._held[token] = (found, self._clock() + LIFE_S)
            if len(self._held) > MOST:
                self._held.popitem(last=False)

    def recall(self, token: str) -> SignedIn | None:
        """Say whose it was; None if that is unknown, or too long ago."""
        found, until = self._held.get(token, (None, 0.0))
        return found if self._clock() < until else None
