"""Asks the broker how it is, and gives up soon."""

import time
from typing import Any, Final
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.figures.snapshot import BrokerNow
from domain.lanes import LANES
from workers.broker import NAMESPACE
from workers.connections import check_broker

TIMEOUT_S: Final = 1.0


class BrokerProbe:
    """Asks one broker, of either kind; raises when it doesn't answer."""

    def __init__(self, url: str) -> None:
        """Connect when first asked."""
        self._url = url
        self._client: redis.Redis | None = None

    def look(self) -> BrokerNow:
        """Ask the broker how it is; raises when it doesn't answer."""
        started = time.perf_counter()
        if urlsplit(self._url).scheme.startswith("amqp"):
            check_broker(self._url)
            return BrokerNow("rabbitmq", round(time.perf_counter() - started, 6))
        return self._look_at_redis(started)

    def _look_at_redis(self, started: float) -> BrokerNow:
        if self._client is None:
            self._client = redis.Redis.from_url(
                self._url,
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=TIMEOUT_S,
                retry=Retry(NoBackoff(), 0),
                client_name="momento-collector",
            )
        pipeline = self._client.pipeline(transaction=False)
        pipeline.info("memory")
        for lane in LANES:
            pipeline.llen(f"{NAMESPACE}:{lane}")
        memory, *waiting = pipeline.execute()
        return BrokerNow(
            "redis",
            round(time.perf_counter() - started, 6),
            **_memory(memory),
            bells=dict(zip(LANES, waiting, strict=True)),
        )


def _memory(said: dict[str, Any]) -> dict[str, int | None]:
    return {
        "memory_bytes": said.get("used_memory"),
        "most_memory_bytes": said.get("maxmemory") or None,
    }
