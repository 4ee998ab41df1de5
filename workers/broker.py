"""The dramatiq broker and its middleware, in order, with the reason for each.

A message is a bell: it says that a lane has work, and nothing else. Retries and delays are rows
in Postgres, so there is no delay queue, no retry and no result here, and nothing in the broker
is worth keeping.
"""

import time
from collections.abc import Iterable
from typing import Final

import dramatiq
import redis
from dramatiq.broker import Broker, MessageProxy
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.encoder import JSONEncoder
from dramatiq.errors import ConnectionClosed
from dramatiq.message import Message
from dramatiq.middleware import Middleware, Retries, TimeLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

NAMESPACE: Final = "momento"
# How long a consumer blocks on its queue before it looks whether it is to stop.
BLOCK_S: Final = 2.0
SOCKET_TIMEOUT_S: Final = 5.0
BUSY_PAUSE_S: Final = 0.005
HEARTBEAT_TIMEOUT_MS: Final = 15_000
# Bells of dead processes are swept up in one of a hundred fetches; the relay rings long before.
MAINTENANCE_CHANCE: Final = 10_000
DEAD_BELL_TTL_MS: Final = 3_600_000
# A slice and a batch. By then Postgres has long ended the transaction of a batch that hangs, and
# given it to another; but its thread, of which each process has one a lane, is still lost.
TIME_LIMIT_MS: Final = 20_000


def make_broker(url: str, *, middleware: Iterable[Middleware] = ()) -> Broker:
    """A broker for Redis or RabbitMQ, as the URL says; it connects when first used."""
    # JSON can't carry code, whoever writes into the broker.
    dramatiq.set_encoder(JSONEncoder())
    layers = [
        # Stops an actor that hangs in Python; what hangs in SQL ends by statement_timeout.
        TimeLimit(time_limit=TIME_LIMIT_MS, interval=1_000),
        # Never retries; without it dramatiq would take a failure for a success.
        Retries(max_retries=0),
        *middleware,
    ]
    if url.startswith("amqp"):
        return RabbitmqBroker(url=url, middleware=layers, confirm_delivery=False)
    return BellBroker(make_redis(url), middleware=layers)


def make_redis(url: str) -> redis.Redis:
    """A client that never repeats a command by itself: only the answer may have been lost."""
    return redis.Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=2.0,
        health_check_interval=15,
        client_name="momento",
    )


class BellBroker(RedisBroker):
    """dramatiq's Redis broker without its delay queues, and with consumers that block."""

    def __init__(self, client: redis.Redis, *, middleware: list[Middleware]) -> None:
        """Use this client and these middleware, and no defaults."""
        super().__init__(  # type: ignore[no-untyped-call]
            client=client,
            middleware=middleware,
            namespace=NAMESPACE,
            maintenance_chance=MAINTENANCE_CHANCE,
            heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
            dead_message_ttl=DEAD_BELL_TTL_MS,
        )

    @property
    def consumer_class(self) -> type["BellConsumer"]:
        """What takes bells from a queue."""
        return BellConsumer

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> "BellConsumer":
        """Take bells one at a time, so that a second process hears the next one."""
        del prefetch
        return self.consumer_class(self, queue_name, 1, timeout)

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue without a delay queue beside it."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def waiting(self, queue_names: Iterable[str]) -> dict[str, int]:
        """How many bells lie unheard in each queue."""
        names = list(queue_names)
        pipeline = self.client.pipeline(transaction=False)
        for name in names:
            pipeline.llen(f"{self.namespace}:{name}")
        return dict(zip(names, pipeline.execute(), strict=True))


class BellConsumer(_RedisConsumer):
    """Waits for a bell on Redis itself instead of polling: heard within a millisecond.

    Every error of Redis means a lost connection here: dramatiq then makes a new consumer, and a
    bell that was lost on the way is rung again by the relay.
    """

    def __next__(self) -> MessageProxy | None:
        """Give the next bell, or None when none came."""
        try:
            return self._next_bell()
        except redis.RedisError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]

    def _next_bell(self) -> MessageProxy | None:
        if self.queued_message_ids:
            # The bell in hand is still being answered.
            time.sleep(BUSY_PAUSE_S)
            return None
        fetched = self.broker.do_fetch(self.queue_name, 1)
        if not fetched or fetched[0] is None:
            self._wait()
            return None
        message = Message.decode(fetched[0])
        self.queued_message_ids.add(message.message_id)
        return MessageProxy(message)

    def _wait(self) -> None:
        """Block until the queue has an entry: moving its head onto itself changes nothing."""
        key = f"{self.broker.namespace}:{self.queue_name}"
        self.broker.client.blmove(key, key, BLOCK_S, src="LEFT", dest="LEFT")

    def ack(self, message: MessageProxy) -> None:
        """Drop an answered bell; if Redis is away it is gone or rung again, both harmless."""
        self._settle("ack", message)

    def nack(self, message: MessageProxy) -> None:
        """Drop a bell whose actor failed: what is due is still due in Postgres."""
        self._settle("ack", message)

    def _settle(self, command: str, message: MessageProxy) -> None:
        try:
            getattr(self.broker, f"do_{command}")(
                self.queue_name, message.options["redis_message_id"]
            )
        except redis.RedisError as error:
            self.logger.warning("A bell could not be put away: %s", type(error).__name__)
        finally:
            self.queued_message_ids.discard(message.message_id)
