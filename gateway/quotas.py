"""How much each key may publish: a bucket of tokens, one for all gateways where they share a Redis.

Where Redis is away, or the broker is none, each gateway counts for itself: a key then gets its
rate from each of them, which beats getting nothing. Nobody waits long for Redis.
"""

import math
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Final, NamedTuple
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.problems import Kind, ProblemError
from workers.keys import Key, Quota
from workers.log import logger

# One round trip on the same network takes a hundredth of it.
ANSWER_WITHIN: Final = timedelta(milliseconds=100)
REST: Final = timedelta(seconds=5)
POLICY: Final = "domain-events"
PREFIX: Final = "momento:quota:"
# A batch that the full bucket can't hold is let in once it is full, and is paid off afterwards.
_TAKE: Final = """
local rate, size, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[4])
if not now then
    local clock = redis.call('TIME')
    now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6
end
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(known[1]) or size, tonumber(known[2]) or now
left = math.min(size, left + math.max(0, now - at) * rate)
local granted = left >= math.min(count, size)
if granted then left = left - count end
redis.call('HSET', KEYS[1], 'left', string.format('%.6f', left),
    'at', string.format('%.6f', math.max(now, at)))
redis.call('EXPIRE', KEYS[1], math.ceil((size - left) / rate) + 60)
return {granted and 1 or 0, string.format('%.6f', left)}
"""


class Standing(NamedTuple):
    """How a key stands after it asked: whether it may, and what is left of its bucket."""

    quota: Quota
    granted: bool
    left: float

    def headers(self) -> dict[str, str]:
        """Say it as draft-ietf-httpapi-ratelimit-headers-10 has it."""
        per_second, burst = self.quota.per_second, self.quota.burst
        full_in = math.ceil((burst - self.left) / per_second)
        window = max(1, math.ceil(burst / per_second))
        return {
            "RateLimit-Policy": f'"{POLICY}";q={burst};qu="{POLICY}";w={window}',
            "RateLimit": f'"{POLICY}";r={max(0, math.floor(self.left))};t={max(0, full_in)}',
        }

    def refusal(self, count: int) -> ProblemError:
        """Refuse, and say when there will be enough."""
        missing = min(count, self.quota.burst) - self.left
        seconds = max(1, math.ceil(missing / self.quota.per_second))
        message = (
            f"This key may publish {self.quota.per_second} domain events a second,"
            f" {self.quota.burst} at once after a pause. Send the same again in {seconds} s."
        )
        headers = {**self.headers(), "Retry-After": str(seconds)}
        members = {"violated-policies": [POLICY]}
        return ProblemError(Kind.TOO_MANY, message, headers=headers, members=members)


class OwnBuckets:
    """Buckets that this process keeps for itself."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """All are full; `clock` gives seconds that never go back."""
        self._clock = clock
        self._known: dict[UUID, tuple[float, float]] = {}
        # Requests take from several threads.
        self._lock = Lock()

    def take(self, key: Key, quota: Quota, *, count: int) -> Standing:
        """Take tokens, or none if there are too few."""
        with self._lock:
            return self._take(key, quota, count=count)

    def _take(self, key: Key, quota: Quota, *, count: int) -> Standing:
        now = self._clock()
        left, at = self._known.get(key.account, (float(quota.burst), now))
        left = min(quota.burst, left + (now - at) * quota.per_second)
        granted = left >= min(count, quota.burst)
        if granted:
            left -= count
        self._known[key.account] = (left, now)
        return Standing(quota, granted, left)


class SharedBuckets:
    """Buckets in Redis, that all gateways take from."""

    def __init__(self, url: str, clock: Callable[[], float] | None = None) -> None:
        """Connect when first asked; the clock is Redis's own unless one is given."""
        self._clock = clock
        within = ANSWER_WITHIN.total_seconds()
        client = redis.Redis.from_url(
            url,
            socket_timeout=within,
            socket_connect_timeout=within,
            retry=Retry(NoBackoff(), 0),
        )
        self._script = client.register_script(_TAKE)

    def take(self, key: Key, quota: Quota, *, count: int) -> Standing:
        """Take tokens, or none if there are too few; raises RedisError where Redis is away."""
        now = "" if self._clock is None else self._clock()
        granted, left = self._script(
            keys=[f"{PREFIX}{key.account}"], args=[quota.per_second, quota.burst, count, now]
        )
        return Standing(quota, granted == 1, float(left))


class Quotas:
    """What keys may publish, counted together where that can be and alone where not."""

    def __init__(
        self, shared: SharedBuckets | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Count alone without `shared`; `clock` gives seconds that never go back."""
        self._shared = shared
        self._own = OwnBuckets(clock)
        self._clock = clock
        self._rests_until = -math.inf
        self._log = logger("gateway")

    def take(self, key: Key, count: int) -> Standing | None:
        """Use up a key's quota; None if it has none.

        Raises ProblemError (429), which says when to come again; then nothing was used up.
        """
        if key.quota is None:
            return None
        standing = self._ask(key, key.quota, count=count)
        if not standing.granted:
            raise standing.refusal(count)
        return standing

    def _ask(self, key: Key, quota: Quota, *, count: int) -> Standing:
        if self._shared is not None and self._clock() >= self._rests_until:
            try:
                return self._shared.take(key, quota, count=count)
            except redis.RedisError as error:
                self._rests_until = self._clock() + REST.total_seconds()
                self._log.warning("quotas.alone", error=type(error).__name__)
        return self._own.take(key, quota, count=count)
