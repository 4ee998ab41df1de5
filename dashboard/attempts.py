"""How often signing in may fail, so that guessing is hopeless and can't keep us busy."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many tries at once, and one more each so many seconds."""

    tries: int
    refill_s: float


FROM_ONE_ADDRESS: Final = Allowance(10, 30.0)
# Larger, or whoever knows a name could easily lock its owner out.
FOR_ONE_NAME: Final = Allowance(30, 10.0)
# What hashing passwords may cost us at most.
IN_ALL: Final = Allowance(100, 0.5)
FEW: Final = 1_000


class Attempts:
    """Counts the tries to sign in that didn't succeed. Used from one thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nobody has tried; `clock` gives seconds that never go back."""
        self._clock = clock
        # When each allowance will be whole again.
        self._whole_at: dict[tuple[str, str], float] = {}

    def take(self, address: str, name: str) -> int:
        """Take a try, before the password is looked at; 0, or how many seconds to wait for one."""
        now = self._clock()
        allowances = _allowances(address, name)
        wait = max(self._wait(key, allowance, now) for key, allowance in allowances.items())
        if wait > 0:
            return math.ceil(wait)
        self._forget(now)
        for key, allowance in allowances.items():
            self._whole_at[key] = max(now, self._whole_at.get(key, now)) + allowance.refill_s
        return 0

    def give_back(self, address: str, name: str) -> None:
        """Take back the try that was taken: the password was right."""
        for key, allowance in _allowances(address, name).items():
            self._whole_at[key] = self._whole_at.get(key, 0.0) - allowance.refill_s

    def _wait(self, key: tuple[str, str], allowance: Allowance, now: float) -> float:
        spent_s = self._whole_at.get(key, now) - now
        return spent_s - (allowance.tries - 1) * allowance.refill_s

    def _forget(self, now: float) -> None:
        """Drop what is whole again; how much is left is bounded by what all may try."""
        if len(self._whole_at) > FEW:
            self._whole_at = {key: at for key, at in self._whole_at.items() if at > now}


def _allowances(address: str, name: str) -> dict[tuple[str, str], Allowance]:
    return {
        ("address", address): FROM_ONE_ADDRESS,
        ("name", name.lower()): FOR_ONE_NAME,
        ("all", ""): IN_ALL,
    }
