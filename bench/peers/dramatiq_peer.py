"""dramatiq on Redis: two processes of eight threads, prefetch 500."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.kudos import REDIS_VARIABLE, Kudos, apply_one
from bench.peers.peer import Peer

broker = RedisBroker(url=f"unix://{os.environ[REDIS_VARIABLE]}")
dramatiq.set_broker(broker)


@dramatiq.actor
def give_kudos(*row: str) -> None:
    """One kudos job."""
    apply_one(Kudos(*row))


class Dramatiq(Peer):
    """Its idle poll is left at the default (1 s at most): shorter costs CPU all day."""

    name = "dramatiq"

    def commands(self) -> list[list[str]]:
        """One command forks both processes."""
        return [["dramatiq", __name__, "--processes", "2", "--threads", "8"]]

    def environment(self) -> dict[str, str]:
        """The default prefetch is 16: each fetch is a round trip."""
        return {"dramatiq_queue_prefetch": "500"}

    def publish(self, kudos: Kudos) -> None:
        """Redis has it when this returns."""
        give_kudos.send(*kudos.row())


PEER = Dramatiq()
