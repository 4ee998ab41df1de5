"""pgqueuer on Postgres: two workers, batch 100, asyncpg for the queue, uvloop."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import psycopg_pool
import uvloop
from pgqueuer import PgQueuer, run
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from bench.kudos import DATABASE_VARIABLE, INTO_COUNTS, INTO_INBOX, INTO_KUDOS, Kudos
from bench.peers.peer import Peer

ENTRYPOINT = "give_kudos"
BATCH = 100
CONNECTIONS = 16


@asynccontextmanager
async def main() -> AsyncIterator[PgQueuer]:
    """What a runner runs: one connection for the queue, sixteen for the jobs."""
    dsn = os.environ[DATABASE_VARIABLE]
    queue = await asyncpg.connect(dsn)
    pool = psycopg_pool.AsyncConnectionPool(
        dsn, min_size=CONNECTIONS, max_size=CONNECTIONS, kwargs={"autocommit": True}, open=False
    )
    async with pool:
        pgqueuer = PgQueuer.from_asyncpg_connection(queue)

        @pgqueuer.entrypoint(ENTRYPOINT)
        async def give_kudos(job: Job) -> None:
            await apply_one(pool, Kudos(*json.loads(job.payload or b"")))

        yield pgqueuer
    await queue.close()


async def apply_one(pool: psycopg_pool.AsyncConnectionPool, kudos: Kudos) -> None:
    """The kudos job: one transaction, three statements."""
    async with pool.connection() as connection, connection.transaction():
        taken = await connection.execute(INTO_INBOX, (kudos.kudos_id,))
        if taken.rowcount:
            await connection.execute(INTO_KUDOS, kudos.row())
            await connection.execute(INTO_COUNTS, (kudos.receiver_id,))


class Pgqueuer(Peer):
    """Its queue is a table in the same Postgres, logged like everybody's rows."""

    name = "pgqueuer"

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._queries: Queries | None = None

    def commands(self) -> list[list[str]]:
        """Two runners; the limit keeps one from picking the whole queue."""
        return [["python", "-m", __name__], ["python", "-m", __name__]]

    def prepare(self) -> None:
        """Makes its tables once, empties them afterwards."""
        super().prepare()
        self._loop.run_until_complete(self._prepare())

    async def _prepare(self) -> None:
        if self._queries is None:
            connection = await asyncpg.connect(os.environ[DATABASE_VARIABLE])
            self._queries = Queries(AsyncpgDriver(connection))
            await self._queries.install()
            # What its `pgq autofac` does, advised for a busy queue.
            await self._queries.optimize_autovacuum()
        await self._queries.clear_queue()
        await self._queries.clear_queue_log()

    def enqueue(self, kudos: Sequence[Kudos]) -> None:
        """In one statement, as it offers."""
        self._loop.run_until_complete(self._enqueue([json.dumps(one.row()) for one in kudos]))

    async def _enqueue(self, payloads: list[str]) -> None:
        assert self._queries is not None
        count = len(payloads)
        encoded: list[bytes | None] = [payload.encode() for payload in payloads]
        await self._queries.enqueue([ENTRYPOINT] * count, encoded, [0] * count)

    def publish(self, kudos: Kudos) -> None:
        """Committed when this returns."""
        self.enqueue([kudos])


PEER = Pgqueuer()

if __name__ == "__main__":
    # What `pgq run` does; the command itself fails with the typer of the lock.
    uvloop.run(run(main, batch_size=BATCH, max_concurrent_tasks=2 * BATCH))
