"""What was read a moment ago, for all who ask the same: many viewers cost as much as one."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar, cast

Value = TypeVar("Value")
# More than this many at once are asked for by nobody who only looks; the oldest are let go.
MOST: Final = 300


@dataclass(slots=True)
class _Held:
    """One reading: under way, or done and good until then."""

    reading: "asyncio.Task[object]"
    until: float | None = None


class Recent:
    """Values by what they are of, each read again only when it is asked for and too old.

    Who asks while it is being read waits for that one reading, and shares what comes of it, trouble
    included; trouble isn't kept. Only what is the same for everybody belongs here: what was read,
    never what was made of it for one person. Used from one event loop.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing was read yet; `clock` gives seconds that never go back."""
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def get(self, of: str, read: Callable[[], Awaitable[Value]], *, life_s: float) -> Value:
        """Give the value that goes by `of`, at most `life_s` seconds old, else read it now."""
        held = self._held.get(of)
        if held is None or self._is_over(held):
            held = self._begin(of, read, life_s=life_s)
        # Whoever goes away takes the reading from nobody else.
        return cast("Value", await asyncio.shield(held.reading))

    def forget(self) -> None:
        """Have everything read anew by whoever asks next: somebody has changed something.

        What is being read just now may have missed it, and is given to those alone who wait.
        """
        self._held.clear()

    def _is_over(self, held: _Held) -> bool:
        return held.until is not None and self._clock() >= held.until

    def _begin(self, of: str, read: Callable[[], Awaitable[Value]], *, life_s: float) -> _Held:
        async def reading() -> object:
            try:
                value = await read()
            except BaseException:
                held.until = self._clock()
                raise
            held.until = self._clock() + life_s
            return value

        held = _Held(asyncio.ensure_future(reading()))
        self._held[of] = held
        self._held.move_to_end(of)
        if len(self._held) > MOST:
            self._held.popitem(last=False)
        return held
