"""Ingest, timed: batches of a thousand over HTTP into one gateway process, beside bare COPY.

Runs in the product's environment on an empty migrated database; `figures.py` starts it. Batches
are written as JSON, and rows for COPY as text, before the clock starts: what a service does with
its own time is its affair. The limit writes the same rows into the same tables by COPY, over as
many connections, each batch committed: no JSON is read, nothing is checked, nothing is found to be
a duplicate. Prints domain events a second, one after the other: {"ours": [...], "limit": [...]}.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlmodel import Session

from bench.kudos import Kudos, given
from domain.kudos.payloads import KudosGiven
from workers.database import make_engine
from workers.keys import create_key

BATCH = 1_000
# Services that publish at the same time, each on a connection of its own.
CLIENTS = 4
SOURCE = "/services/bench"
EMPTY = "TRUNCATE domain_events, domain_event_keys, outbox"
HELD = (
    "SELECT count(*) FROM domain_events JOIN domain_event_keys USING (seq) JOIN outbox USING (seq)"
)
READY_WITHIN_S = 60
COPIES = {
    "domain_event_keys": ("source", "id", "seq", "received_at"),
    "domain_events": (
        *("seq", "received_at", "source", "id", "type", "subject", "time", "data"),
        *("traceparent", "tracestate", "actor", "cause", "attributes"),
    ),
    "outbox": ("seq", "received_at", "type"),
}
NOTHING = "\\N"

# Sends some batches.
Send = Callable[[Sequence[Any]], None]


def bodies(kudos: Sequence[Kudos]) -> list[bytes]:
    """Batches as a service sends them."""
    moment = datetime.now(UTC).isoformat()
    said = [
        {
            "specversion": "1.0",
            "id": each.kudos_id,
            "source": SOURCE,
            "type": KudosGiven.TYPE,
            "subject": each.kudos_id,
            "time": moment,
            "data": asdict(each),
        }
        for each in kudos
    ]
    return [
        json.dumps(said[start : start + BATCH]).encode() for start in range(0, len(said), BATCH)
    ]


def texts(kudos: Sequence[Kudos]) -> list[dict[str, str]]:
    """Batches as COPY takes them, by table; numbered beforehand."""
    moment = datetime.now(UTC).isoformat()
    made = []
    for start in range(0, len(kudos), BATCH):
        lines: dict[str, list[str]] = {table: [] for table in COPIES}
        for seq, each in enumerate(kudos[start : start + BATCH], start):
            row = {
                "seq": str(seq),
                "received_at": moment,
                "source": SOURCE,
                "id": each.kudos_id,
                "type": KudosGiven.TYPE,
                "subject": each.kudos_id,
                "time": moment,
                "data": json.dumps(asdict(each)),
            }
            for table, columns in COPIES.items():
                values = (row.get(name, NOTHING) for name in columns)
                lines[table].append("\t".join(values) + "\n")
        made.append({table: "".join(each) for table, each in lines.items()})
    return made


def by_http(port: int, key: str) -> Send:
    """Publish as a service does: one request after the other on one connection."""
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/cloudevents-batch+json",
    }

    def send(mine: Sequence[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for body in mine:
            connection.request("POST", "/v1/events", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 202 or json.loads(said)["accepted"] != BATCH:
                raise RuntimeError(f"{answer.status}: {said[:500]!r}")
        connection.close()

    return send


def by_copy(dsn: str) -> Send:
    """Write the same rows with nothing around them."""

    def send(mine: Sequence[dict[str, str]]) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for batch in mine:
                with connection.transaction():
                    for table, columns in COPIES.items():
                        into = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
                        with connection.cursor().copy(into) as copy:
                            copy.write(batch[table])

    return send


def rate(dsn: str, send: Send, parts: Sequence[Any]) -> float:
    """Send all batches from CLIENTS at once; domain events a second."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(EMPTY)
        connection.execute("CHECKPOINT")
    shares = [parts[number::CLIENTS] for number in range(CLIENTS)]
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(send, shares))
    taken = time.perf_counter() - started
    with psycopg.connect(dsn, autocommit=True) as connection:
        (held,) = connection.execute(HELD).fetchone() or (0,)
    if held != len(parts) * BATCH:
        raise RuntimeError(f"{held} are held of {len(parts) * BATCH}")
    return held / taken


@contextmanager
def a_gateway() -> Iterator[int]:
    """The gateway's own process; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    environment = os.environ | {"GATEWAY_PORT": str(port), "LOG_LEVEL": "warning"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway"], env=environment, stdout=sys.stderr
    )
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    ends = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            if time.monotonic() > ends:
                raise
        time.sleep(0.1)


def main() -> None:
    """The first argument says how often, the second how many domain events each time."""
    runs, total = int(sys.argv[1]), int(sys.argv[2]) // BATCH * BATCH
    dsn = os.environ["DATABASE_URL"]
    engine = make_engine(dsn, process="bench", pool_size=1)
    with Session(engine) as session, session.begin():
        _, key = create_key(session, "bench", types=["*"])
    taken: dict[str, list[float]] = {"ours": [], "limit": []}
    kudos = given(total)
    said, written = bodies(kudos), texts(kudos)
    with a_gateway() as port:
        by_http(port, key)(bodies(given(BATCH, seed=1)))
        for _ in range(runs):
            taken["ours"].append(rate(dsn, by_http(port, key), said))
            taken["limit"].append(rate(dsn, by_copy(dsn), written))
    json.dump(taken, sys.stdout)


if __name__ == "__main__":
    main()
