"""Us: the real relay and worker processes on the run's servers, published to as by any service.

They run in the product's own environment (.venv), where nothing of the peers is installed.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import psycopg

from bench import scene
from bench.contestant import ROOT, Processes
from bench.kudos import Kudos
from bench.measure import commit_times
from bench.servers import Servers

DATABASE = "momento"
# As in the Procfile; the worker forks its processes itself.
PROCESSES = (("-m", "workers.relay"), ("-m", "workers"))
SETTINGS = {"MOMENTO_WORKER_PROCESSES": "2"}

NOTHING_DUE = """
SELECT NOT EXISTS (SELECT FROM outbox)
    AND NOT EXISTS (SELECT FROM deliveries WHERE due_at IS NOT NULL)
"""
# What follows from kudos (looks that are unlocked) is settled too, and isn't counted.
KUDOS = "handler = 'kudos.apply_kudos_given'"
SETTLED = f"SELECT xmin AS xid FROM deliveries WHERE state = 'done' AND {KUDOS}"
# All rules applied means: each one is there, counts, and is in its receiver's sums.
OUTCOME = f"""
SELECT (SELECT count(*) FROM deliveries WHERE state = 'done' AND {KUDOS}),
    (SELECT count(*) FROM attendee_kudos WHERE counts),
    (SELECT sum(kudos.value::integer) FROM user_internal_metrics,
        jsonb_each_text(aggregated_kudos) AS kudos)
"""


class Ours:
    """Momento's workers: two processes, as the peers have."""

    name = "momento"

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._processes = Processes()
        self._dsn = servers.dsn(DATABASE)

    def prepare(self) -> None:
        """A fresh copy of the scene: people who have met and may thank each other."""
        scene.copy(self._servers, DATABASE)

    def enqueue(self, kudos: Sequence[Kudos]) -> None:
        """Publishes them, committed when this returns; nobody is rung."""
        self._publisher("publish", kudos)

    def start(self) -> None:
        """Starts the relay and the worker."""
        log = Path(os.environ["BENCH_LOGS"]) / f"{self.name}.log"
        python = str(scene.PRODUCT_BIN / "python")
        environment = {**scene.environment(self._servers, self._dsn), **SETTINGS}
        for arguments in PROCESSES:
            self._processes.start([python, *arguments], environment, log=log)

    def stop(self) -> None:
        """Stops both."""
        self._processes.stop()

    def pids(self) -> list[int]:
        """The relay's and the worker's."""
        return self._processes.pids()

    def has_settled(self, jobs: int) -> bool:
        """Whether nothing is left to do; raises an error unless all of it was done right."""
        self._processes.must_be_alive()
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            if connection.execute(NOTHING_DUE).fetchone() != (True,):
                return False
            outcome = connection.execute(OUTCOME).fetchone()
        if outcome != (jobs, jobs, jobs):
            raise RuntimeError(f"done, counting and summed should be {jobs}: {outcome}")
        return True

    def settled_at(self) -> list[float]:
        """When each delivery was settled, by its commit."""
        return commit_times(self._dsn, SETTLED)

    def idle_latency(self, kudos: Sequence[Kudos]) -> list[float]:
        """From the publisher's commit to the kudos row, in ms; it rings after each commit."""
        answered: list[float] = json.loads(self._publisher("latency", kudos))
        return answered

    def _publisher(self, what: str, kudos: Sequence[Kudos]) -> str:
        """Runs the part of us that imports the product's code; answers what it prints."""
        return subprocess.run(
            [scene.PRODUCT_BIN / "python", "-m", "bench.publisher", what],
            cwd=ROOT,
            env=scene.environment(self._servers, self._dsn),
            input=json.dumps([asdict(one) for one in kudos]),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
