"""How much the gateway takes on at once, so that a flood is turned away and not kept in memory."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from gateway.problems import Kind, retry_later
from gateway.quotas import Quotas


@dataclass(frozen=True, slots=True)
class Limits:
    """Generous for services, hopeless for floods."""

    # Data may be 64 KiB, and JSON written in ASCII alone takes up to three times as much.
    single_bytes: int = 256 * 1024
    batch_bytes: int = 16 * 1024 * 1024
    # What Twilio or a mail program sends is a form of a few hundred bytes.
    form_bytes: int = 64 * 1024
    # An event of Stripe's holds a whole object, an invoice with its first lines for one.
    webhook_bytes: int = 1024 * 1024
    body_seconds: float = 30.0
    requests_at_once: int = 256
    # The bodies of all requests in hand.
    bytes_at_once: int = 128 * 1024 * 1024
    # Of each provider's webhooks, which count among all requests: these wait for a turn, more are
    # told to come again, so that services can publish whatever holds webhooks up.
    hooks_waiting: int = 32
    # For each key; what was not used is saved up for this many seconds.
    requests_per_second: float = 1_000.0
    saved_up_seconds: float = 2.0
    # What each key is allowed besides.
    quotas: Quotas = field(default_factory=Quotas)


class Admission:
    """Counts the requests in hand and the bytes that they hold. Used from one thread."""

    def __init__(self, limits: Limits) -> None:
        """Nothing is in hand yet."""
        self._limits = limits
        self._requests = 0
        self._bytes = 0

    @contextmanager
    def request(self) -> Iterator["Load"]:
        """Take on a request; raises ProblemError (429) when there are too many."""
        if self._requests >= self._limits.requests_at_once:
            raise retry_later(Kind.TOO_MANY, "Too many requests are in hand.", seconds=1)
        self._requests += 1
        load = Load(self)
        try:
            yield load
        finally:
            self._requests -= 1
            self._bytes -= load.bytes

    def add(self, count: int) -> None:
        """Take on more bytes; raises ProblemError (429) when there are too many."""
        if self._bytes + count > self._limits.bytes_at_once:
            raise retry_later(Kind.TOO_MANY, "Too many large bodies are in hand.", seconds=1)
        self._bytes += count


class Load:
    """What one request holds."""

    def __init__(self, admission: Admission) -> None:
        """Hold nothing yet."""
        self._admission = admission
        self.bytes = 0

    def add(self, count: int) -> None:
        """Hold more bytes; raises ProblemError (429) when all requests together hold too many."""
        self._admission.add(count)
        self.bytes += count


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Turns:
    """Lets so many at once do something, and so many wait for it. Used from one thread."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        """Nobody does it yet."""
        self._turns = asyncio.Semaphore(at_once)
        self._room = waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn; raises ProblemError (503) when too many do, or the process ends."""
        if self._turns.locked() and self._room <= 0:
            raise retry_later(Kind.UNAVAILABLE, "Too many of these wait already.", seconds=5)
        self._room -= 1
        try:
            await self._turns.acquire()
        except asyncio.CancelledError:
            # Only the end of the process cuts a request short.
            raise retry_later(Kind.UNAVAILABLE, "Stopping; nothing was done.", seconds=1) from None
        finally:
            self._room += 1
        try:
            yield
        finally:
            self._turns.release()


class Rate:
    """A bucket of tokens for each key, filled as time passes. Used from one thread."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        """All buckets are full; `clock` gives seconds that never go back."""
        self._per_second = limits.requests_per_second
        self._size = max(1.0, limits.requests_per_second * limits.saved_up_seconds)
        self._clock = clock
        self._buckets: dict[UUID, _Bucket] = {}

    def take(self, key: UUID) -> None:
        """Take a token; raises ProblemError (429) that says when there will be one."""
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(self._size, now))
        bucket.left = min(self._size, bucket.left + (now - bucket.at) * self._per_second)
        bucket.at = now
        if bucket.left < 1:
            seconds = math.ceil((1 - bucket.left) / self._per_second)
            raise retry_later(Kind.TOO_MANY, "This key sends too many requests.", seconds=seconds)
        bucket.left -= 1
