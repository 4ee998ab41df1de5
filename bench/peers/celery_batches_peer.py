"""celery-batches on Redis: two workers that gather tasks and write a batch in one transaction."""

import os

from celery import Celery
from celery_batches import Batches, SimpleRequest

from bench.kudos import REDIS_VARIABLE, Kudos, apply_batch
from bench.peers.peer import Peer

FLUSH_EVERY = 500
# Bounds the latency; shorter makes batches small, longer lets a worker wait for a full one.
FLUSH_INTERVAL_S = 0.05

app = Celery(broker=f"redis+socket://{os.environ[REDIS_VARIABLE]}", set_as_current=False)
app.conf.update(
    task_ignore_result=True,
    # Below a batch's size no batch would ever fill; at it, gathering would wait for writing.
    worker_prefetch_multiplier=4 * FLUSH_EVERY,
    # Acknowledge once committed: else a killed worker loses its whole batch.
    task_acks_late=True,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    worker_send_task_events=False,
)


@app.task(
    base=Batches,
    name="give_kudos",
    flush_every=FLUSH_EVERY,
    flush_interval=FLUSH_INTERVAL_S,
    acks_late=True,
)
def give_kudos(requests: list[SimpleRequest]) -> None:
    """Up to FLUSH_EVERY kudos jobs in one transaction."""
    apply_batch([Kudos(*request.args) for request in requests])


class CeleryBatches(Peer):
    """A worker gathers in one process and writes in another (prefork, as is its default)."""

    name = "celery-batches"

    def commands(self) -> list[list[str]]:
        """Two workers that don't talk to each other: gossip only costs."""
        return [
            ["celery", "--app", __name__, "worker", "--pool", "prefork", "--concurrency", "1",
             "--hostname", f"{n}@bench", "--without-gossip", "--without-mingle",
             "--without-heartbeat", "--loglevel", "ERROR"]
            for n in (1, 2)
        ]  # fmt: skip

    def publish(self, kudos: Kudos) -> None:
        """Redis has it when this returns."""
        give_kudos.apply_async(kudos.row())


PEER = CeleryBatches()
