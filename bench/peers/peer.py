"""What all peers have in common: the kudos tables, two processes, a way to publish one."""

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import psycopg

from bench.contestant import Processes
from bench.kudos import DATABASE_VARIABLE, TABLES, Kudos, connection
from bench.measure import commit_times, idle_latencies

BIN = Path(sys.executable).parent


class Peer(ABC):
    """A task queue that does one kudos job for each task."""

    name: str

    def __init__(self) -> None:
        self._processes = Processes()

    @abstractmethod
    def commands(self) -> list[list[str]]:
        """What to run for two worker processes, by its own command line."""

    @abstractmethod
    def publish(self, kudos: Kudos) -> None:
        """Enqueues one job."""

    def environment(self) -> dict[str, str]:
        """Settings that this peer takes from the environment."""
        return {}

    def enqueue(self, kudos: Sequence[Kudos]) -> None:
        """Enqueues many; one by one where the peer has no better way."""
        for one in kudos:
            self.publish(one)

    def prepare(self) -> None:
        """Empties the tables of the kudos job."""
        connection().execute(TABLES)

    def start(self) -> None:
        """Starts the workers."""
        log = Path(os.environ["BENCH_LOGS"]) / f"{self.name}.log"
        for command in self.commands():
            self._processes.start(
                [str(BIN / command[0]), *command[1:]], self.environment(), log=log
            )

    def stop(self) -> None:
        """Stops the workers."""
        self._processes.stop()

    def pids(self) -> list[int]:
        """The workers' processes."""
        return self._processes.pids()

    def has_settled(self, jobs: int) -> bool:
        """Whether that many kudos are there; raises an error when a worker has died."""
        self._processes.must_be_alive()
        return connection().execute("SELECT count(*) FROM kudos").fetchone() == (jobs,)

    def settled_at(self) -> list[float]:
        """When each kudos was committed."""
        return commit_times(os.environ[DATABASE_VARIABLE], "SELECT xmin AS xid FROM kudos")

    def idle_latency(self, kudos: Sequence[Kudos]) -> list[float]:
        """Publishes one at a time and polls for its kudos row."""
        query = "SELECT FROM kudos WHERE id = %s"
        with psycopg.connect(os.environ[DATABASE_VARIABLE], autocommit=True) as reader:
            return idle_latencies(
                lambda number: self.publish(kudos[number]),
                lambda number: reader.execute(query, (kudos[number].kudos_id,)).rowcount > 0,
                jobs=len(kudos),
            )
