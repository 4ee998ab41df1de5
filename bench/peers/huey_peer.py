"""huey on Redis: two consumers of eight threads, blocking on the queue."""

import os

from huey import RedisHuey

from bench.kudos import REDIS_VARIABLE, Kudos, apply_one
from bench.peers.peer import Peer

# No results: nobody asks for them, and storing them is a round trip each.
huey = RedisHuey("bench", url=f"unix://{os.environ[REDIS_VARIABLE]}", results=False)


@huey.task()
def give_kudos(*row: str) -> None:
    """One kudos job."""
    apply_one(Kudos(*row))


class Huey(Peer):
    """It pops a task before it runs: a killed worker loses the ones that it had."""

    name = "huey"

    def commands(self) -> list[list[str]]:
        """Two consumers without its timetable, which the job doesn't need."""
        consumer = ["huey_consumer", f"{__name__}.huey", "--workers", "8", "--worker-type",
                    "thread", "--no-periodic", "--quiet"]  # fmt: skip
        return [consumer, consumer]

    def publish(self, kudos: Kudos) -> None:
        """Redis has it when this returns."""
        give_kudos(*kudos.row())


PEER = Huey()
