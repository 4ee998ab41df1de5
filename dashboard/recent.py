"""What was read a moment ago, for all who ask the same: many viewers cost as much as one."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

Value = TypeVar("Value")


class Recent:
    """Values by what they are of, each read again only when it is asked for and too old.

    What they are of is bounded by the code: words of ours, nothing that a URL says. Used from one
    event loop.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing was read yet; `clock` gives seconds that never go back."""
        self._clock = clock
        self._held: dict[str, tuple[object, float]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, of: str, read: Callable[[], Awaitable[Value]], *, life_s: float) -> Value:
        """Give a value that is at most so many seconds old."""
        async with self._locks[of]:
            held = self._held.get(of)
            if held is None or self._clock() >= held[1]:
                held = self._held[of] = (await read(), self._clock() + life_s)
            return cast("Value", held[0])

    def forget(self, of: str) -> None:
        """Have it read anew by whoever asks next: somebody has changed it."""
        self._held.pop(of, None)
