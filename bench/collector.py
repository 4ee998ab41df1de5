"""The collector, timed: how everything stands, of a ledger with millions of deliveries.

Runs in the product's environment on an empty migrated database; `figures.py` starts it. Ten of
eleven deliveries are settled, one is dead; a backlog is due and as many wait; every handler was
busy in the last minutes. Prints JSON: milliseconds of each look of the collector, of CPU of its
process and of its connection's server process for one on the average, and milliseconds of each
reading of the latest snapshot.
"""

import json
import os
import sys
import time

import psutil
import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.engine import make_url
from sqlmodel import Session

from dashboard.collecting import Collector
from dashboard.probe import BrokerProbe
from domain.catalogue import HANDLERS
from domain.figures.buckets import COUNT
from domain.figures.store import latest_snapshot
from workers.database import make_engine
from workers.log import configure_logging

BACKLOG = 50_000
TOLD = 200_000
WARM_UPS = 3

DELIVERIES = """
INSERT INTO deliveries (seq, handler, lane, received_at, state, due_at, settled_at, error)
SELECT seq, known[1], known[2], now() - interval '30 days', %(state)s, {due_at}, now(), %(error)s
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS seq
CROSS JOIN LATERAL (SELECT %(handlers)s::text[] AS names, %(lanes)s::text[] AS lanes) AS all_of
CROSS JOIN LATERAL (
    SELECT ARRAY[names[1 + seq %% cardinality(names)], lanes[1 + seq %% cardinality(names)]]
) AS one (known)
"""
TOLD_ROWS = """
INSERT INTO notifications (id, user_id, category, template, channel, dedupe_key, status,
    send_after, expires_at, attempts, domain_event_id)
SELECT gen_random_uuid(), gen_random_uuid(), 'push_social', 'kudos', 'push', number::text,
    'delivered', now(), now(), 1, number
FROM generate_series(1, %s) AS number
"""
MEASURED = """
INSERT INTO figures (span, name, at, labels, count, total_s, buckets)
SELECT 'minute', name, date_trunc('minute', now()) - minute * interval '1 minute', labels, 10, 1,
    %(buckets)s::bigint[]
FROM generate_series(0, 60 * 24) AS minute
CROSS JOIN jsonb_to_recordset(%(rows)s) AS measured (name text, labels text[])
"""


def load(dsn: str, settled: int, dead: int) -> None:
    """Write the ledger, and what was measured of it."""
    names = list(HANDLERS)
    common = {"handlers": names, "lanes": [HANDLERS[name].lane for name in names]}
    portions = [
        ("done", settled * 9 // 10, "NULL", None),
        ("rejected", settled // 10, "NULL", None),
        ("dead", dead, "NULL", "KeyError | kudos/handlers.py:88 in apply_kudos_given"),
        ("pending", BACKLOG, "now()", None),
        ("deferred", BACKLOG, "now() + interval '1 day'", None),
    ]
    first = 1
    with psycopg.connect(dsn, autocommit=True) as connection:
        for state, count, due_at, error in portions:
            numbers = {"first": first, "last": first + count - 1, "state": state, "error": error}
            connection.execute(DELIVERIES.format(due_at=due_at), common | numbers)
            first += count
        connection.execute(TOLD_ROWS, (TOLD,))
        connection.execute(MEASURED, {"rows": Jsonb(_measured(names)), "buckets": [1] * COUNT})
        connection.execute("VACUUM ANALYZE")


def _measured(names: list[str]) -> list[dict[str, object]]:
    """A tenth of the handlers was busy in every minute of a day."""
    busy = [(name, HANDLERS[name].lane) for name in names[::10]]
    return [
        *({"name": "deliveries_settled", "labels": [*each, "done"]} for each in busy),
        *({"name": "delivery_wait_seconds", "labels": [*each]} for each in busy),
        *({"name": "batch_run_seconds", "labels": [*each]} for each in busy),
    ]


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def main() -> None:
    """The arguments: how many looks, and how many deliveries are settled and dead."""
    configure_logging("json", process="bench", least="error")
    samples, settled, dead = map(int, sys.argv[1:4])
    dsn = os.environ["DATABASE_URL"]
    plain = make_url(dsn).set(drivername="postgresql").render_as_string(hide_password=False)
    load(plain, settled, dead)
    engine = make_engine(dsn, process="collector", pool_size=1)
    collector = Collector(engine, BrokerProbe(os.environ["BROKER_URL"]).look)
    for _ in range(WARM_UPS):
        collector.look()
    assert collector._connection is not None  # noqa: SLF001 - whose server process is measured
    backend = collector._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()  # noqa: SLF001
    collector._connection.rollback()  # noqa: SLF001
    ours, theirs, looks = _cpu_s(os.getpid()), _cpu_s(backend), []
    for _ in range(samples):
        started = time.perf_counter()
        collector.look()
        looks.append((time.perf_counter() - started) * 1e3)
    cpu_ms = [(_cpu_s(os.getpid()) - ours) * 1e3, (_cpu_s(backend) - theirs) * 1e3]
    reads = []
    with Session(make_engine(dsn, process="dashboard", pool_size=1)) as session:
        for _ in range(samples):
            started = time.perf_counter()
            kept = latest_snapshot(session)
            reads.append((time.perf_counter() - started) * 1e3)
    assert kept is not None
    assert kept.snapshot is not None
    said = {"looks": looks, "cpu_ms": [each / samples for each in cpu_ms], "reads": reads}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
