"""The limit: the same rows, written set-based by hand by two processes, nothing around it.

Bare: the rows of the kudos job alone. With the ledger: a published backlog is routed,
claimed, applied and settled, as our workers do it, without judging anything.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg

from bench import ledger, scene
from bench.kudos import TABLES, WHOLE_BATCH, Kudos, given
from bench.measure import commit_times, rate
from bench.servers import Servers

DATABASE = "limits"
PROCESSES = 2
START_TIMEOUT_S = 30
DRAIN_TIMEOUT_S = 120
PUBLISH_BATCH = 5_000

Rows = Sequence[tuple[str, ...]]


def by_statement(connection: psycopg.Connection, rows: Rows) -> None:
    """One batch of the kudos job's rows as one statement."""
    connection.execute(WHOLE_BATCH, columns(rows))


def by_copy(connection: psycopg.Connection, rows: Rows) -> None:
    """One batch by COPY; the counters, which COPY can't add up, as one statement."""
    with connection.transaction():
        with connection.cursor().copy("COPY inbox (id) FROM STDIN") as copy:
            copy.write("".join(f"{row[0]}\n" for row in rows))
        with connection.cursor().copy("COPY kudos FROM STDIN") as copy:
            copy.write("".join("\t".join(row) + "\n" for row in rows))
        connection.execute(
            "INSERT INTO kudos_counts (receiver_id, kudos)"
            " SELECT r, count(*) FROM unnest(%s::uuid[]) AS r GROUP BY r ORDER BY r"
            " ON CONFLICT (receiver_id) DO UPDATE SET kudos = kudos_counts.kudos + excluded.kudos",
            ([row[3] for row in rows],),
        )


BARE: dict[str, tuple[Callable[[psycopg.Connection, Rows], None], int]] = {
    "bare rows, unnest, batches of 500": (by_statement, 500),
    "bare rows, unnest, batches of 2000": (by_statement, 2_000),
    "bare rows, COPY, batches of 500": (by_copy, 500),
    "bare rows, COPY, batches of 2000": (by_copy, 2_000),
}
WITH_LEDGER: dict[str, int] = {
    "with ledger, batches of 500": 500,
    "with ledger, batches of 2000": 2_000,
}


def rates(servers: Servers, jobs: int) -> dict[str, float]:
    """Rows a second for each way of writing them, by its name."""
    kudos = given(jobs)
    measured = {}
    for name in BARE:
        servers.settle()
        measured[name] = _bare(servers, name, kudos)
    for name, batch in WITH_LEDGER.items():
        servers.settle()
        measured[name] = _with_ledger(servers, batch, kudos)
    return measured


def columns(rows: Rows) -> list[list[str]]:
    """Rows turned on their side, for unnest."""
    return [list(column) for column in zip(*rows, strict=True)]


def _bare(servers: Servers, name: str, kudos: Sequence[Kudos]) -> float:
    dsn = servers.make_database(DATABASE)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(TABLES)
    rows = [one.row() for one in kudos]
    parts = [rows[part::PROCESSES] for part in range(PROCESSES)]
    _in_processes(_write_bare, [{"dsn": dsn, "name": name, "rows": part} for part in parts])
    return rate(commit_times(dsn, "SELECT xmin AS xid FROM kudos"))


def _write_bare(barrier: Barrier, dsn: str, *, name: str, rows: Rows) -> None:
    write, size = BARE[name]
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as connection:
        barrier.wait(START_TIMEOUT_S)
        for batch in batches:
            write(connection, batch)


def _with_ledger(servers: Servers, batch: int, kudos: Sequence[Kudos]) -> float:
    dsn = scene.copy(servers, DATABASE)
    rows = [one.row() for one in kudos]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for start in range(0, len(rows), PUBLISH_BATCH):
            published = columns(rows[start : start + PUBLISH_BATCH])
            connection.execute(ledger.PUBLISH, published)
        connection.execute("ANALYZE")
    _in_processes(_drain_ledger, [{"dsn": dsn, "batch": batch}] * PROCESSES)
    settled = commit_times(dsn, ledger.SETTLED)
    if len(settled) != len(kudos):
        raise RuntimeError(f"{len(settled)} of {len(kudos)} settled: the SQL is wrong")
    return rate(settled)


def _drain_ledger(barrier: Barrier, dsn: str, *, batch: int) -> None:
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as connection:
        barrier.wait(START_TIMEOUT_S)
        while ledger.route(connection, batch) + ledger.apply(connection, batch):
            pass


def _in_processes(work: Callable[..., None], arguments: Sequence[dict[str, Any]]) -> None:
    """Runs the work in one process for each set of arguments, all starting together."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(arguments))
    processes = [
        context.Process(target=work, args=(barrier,), kwargs=one, daemon=True) for one in arguments
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(DRAIN_TIMEOUT_S)
        if process.exitcode != 0:
            process.kill()
            raise RuntimeError(f"a writing process ended with {process.exitcode}")
