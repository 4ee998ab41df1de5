"""Faults to order: what the next requests meet instead of a good answer."""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from threading import Lock
from typing import Final


class Kind(StrEnum):
    """What goes wrong."""

    TOO_MANY = "too_many"  # 429, or 421 in SMTP
    BROKEN = "broken"  # 500, or 451 in SMTP
    HANG = "hang"  # no answer, and the connection stays open
    CLOSE = "close"  # the connection is closed without an answer
    GARBAGE = "garbage"  # an answer that is none: HTML with status 200
    MISCOUNT = "miscount"  # one ticket too few; Expo only
    DRIP = "drip"  # the right answer, a byte at a time
    CONFLICT = "conflict"  # 409, somebody asks with the same key just now; Stripe only
    # Of what Stripe's webhook tells:
    LOSE = "lose"  # an event is never told
    DOUBLE = "double"  # it is told twice
    SWAP = "swap"  # it is told after those that came after it


# A client can't know of these whether the request took effect; unless told otherwise it did.
AFTER: Final = frozenset({Kind.HANG, Kind.CLOSE, Kind.GARBAGE, Kind.MISCOUNT, Kind.DRIP})
# They befall what a provider tells us, not what it is asked.
TELLING: Final = frozenset({Kind.LOSE, Kind.DOUBLE, Kind.SWAP})
STRIPE_ONLY: Final = TELLING | {Kind.CONFLICT}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault for the next `times` requests."""

    kind: Kind
    times: int = 1
    # Whether the request takes effect all the same; None: as is usual for the kind.
    accepts: bool | None = None
    retry_after: timedelta | None = None
    # How long a drip waits before each byte.
    pause: timedelta = timedelta(milliseconds=50)

    @property
    def takes_effect(self) -> bool:
        """Whether what was asked is done before things go wrong."""
        return self.kind in AFTER if self.accepts is None else self.accepts


class Faults:
    """The faults that were ordered of one server, first ordered first met."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: deque[Fault] = deque()

    def order(self, fault: Fault) -> None:
        """Let the next requests meet it."""
        with self._lock:
            self._waiting.extend([fault] * fault.times)

    def take(self) -> Fault | None:
        """What the present request meets."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def forget(self) -> int:
        """Let all be well again; how many requests would have met a fault."""
        with self._lock:
            waiting = len(self._waiting)
            self._waiting.clear()
            return waiting
