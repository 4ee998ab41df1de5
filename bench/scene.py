"""A database of our own tables in which the people have met: what kudos need in order to count.

Made once a run by `momento migrate` and copied for each measurement.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from bench.contestant import ROOT
from bench.kudos import GATHERINGS, PEOPLE, gathering_id, person_id, seats
from bench.servers import Servers

TEMPLATE = "scene"
PRODUCT_BIN = ROOT / ".venv" / "bin"

# Everybody attended five completed gatherings that ended an hour ago; the host is a guest of
# others. Parameters: people; gatherings; then who was where, one entry a seat.
PEOPLE_MET = """
WITH people AS (
    INSERT INTO users (id, clerk_id, birth_date, status)
    SELECT id, 'bench_' || id, date '1990-01-01', 'active' FROM unnest(%(people)s::uuid[]) AS id
), metrics AS (
    INSERT INTO user_internal_metrics (user_id, outcomes_present)
    SELECT id, 5 FROM unnest(%(people)s::uuid[]) AS id
), evenings AS (
    INSERT INTO events (id, host_id, title, description, status, min_attendees, max_attendees,
        confirmation_fee, starts_at, ends_at, completed_at)
    SELECT id, host_id, 'Evening', 'Of the benchmark', 'completed', 2, 50, 0,
        now() - interval '3 hours', now() - interval '1 hour', now() - interval '1 hour'
    FROM unnest(%(gatherings)s::uuid[], %(hosts)s::uuid[]) AS g (id, host_id)
), seats AS (
    SELECT gen_random_uuid() AS id, event_id, user_id
    FROM unnest(%(seat_gatherings)s::uuid[], %(seat_people)s::uuid[]) AS s (event_id, user_id)
), invited AS (
    INSERT INTO invitations (id, event_id, user_id, status, confirmed_at)
    SELECT id, event_id, user_id, 'confirmed', now() - interval '1 day' FROM seats
)
INSERT INTO attendance (id, event_id, user_id, status, checked_in_at)
SELECT id, event_id, user_id, 'attended', now() - interval '3 hours' FROM seats
"""


def copy(servers: Servers, database: str) -> str:
    """Makes a fresh copy of the scene, making the scene first if need be; answers its URL."""
    if not servers.has_database(TEMPLATE):
        _make(servers)
    return servers.make_database(database, template=TEMPLATE)


def environment(servers: Servers, dsn: str) -> dict[str, str]:
    """What our own processes need to run on this database and this run's Redis."""
    return {
        **os.environ,
        "DATABASE_URL": dsn,
        "BROKER_URL": servers.redis_url,
        "MOMENTO_HOME": str(Path(os.environ["BENCH_LOGS"]) / "momento"),
        "LOG_FORMAT": "json",
    }


def migrate(servers: Servers, dsn: str) -> None:
    """Makes our own tables in an empty database."""
    command = [str(PRODUCT_BIN / "momento"), "migrate"]
    subprocess.run(command, env=environment(servers, dsn), check=True, stdout=subprocess.DEVNULL)


def ask(servers: Servers, samples: int) -> dict[str, list[float]]:
    """How many milliseconds each question took each time, among a crowd of a million rows."""
    taken: dict[str, list[float]] = _said(servers, "questions", samples)
    return taken


def ring(servers: Servers, samples: int) -> dict[str, Any]:
    """What idle ticks took, and publishing what became due, among a million of each kind."""
    taken: dict[str, Any] = _said(servers, "due", samples)
    return taken


def show(servers: Servers, *numbers: int) -> dict[str, Any]:
    """What the dashboard's pages took: rounds, deliveries, how many are dead, and viewers."""
    taken: dict[str, Any] = _said(servers, "board", *numbers)
    return taken


def _make(servers: Servers) -> None:
    dsn = servers.make_database(TEMPLATE)
    migrate(servers, dsn)
    taken = [(gathering, person) for gathering in range(GATHERINGS) for person in seats(gathering)]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            PEOPLE_MET,
            {
                "people": [person_id(number) for number in range(PEOPLE)],
                "gatherings": [gathering_id(number) for number in range(GATHERINGS)],
                # A host takes part without a seat: nobody's kudos depend on it.
                "hosts": [person_id(number) for number in range(GATHERINGS)],
                "seat_gatherings": [gathering_id(gathering) for gathering, _ in taken],
                "seat_people": [person_id(person) for _, person in taken],
            },
        )
        connection.execute("VACUUM ANALYZE")


def tell(servers: Servers, samples: int, pushes: int) -> dict[str, Any]:
    """What lining up a thousand guests took, and how a fan-out of so many pushes left."""
    taken: dict[str, Any] = _said(servers, "telling", samples, pushes)
    return taken


def ingest(servers: Servers, runs: int, jobs: int) -> dict[str, list[float]]:
    """Domain events a second, each time: through the gateway, and by COPY alone."""
    taken: dict[str, list[float]] = _said(servers, "ingest", runs, jobs)
    return taken


def watch(servers: Servers, samples: int, settled: int, dead: int) -> dict[str, Any]:
    """What the collector took for each look, in time and CPU, and reading what it wrote."""
    taken: dict[str, Any] = _said(servers, "collector", samples, settled, dead)
    return taken


def _said(servers: Servers, module: str, *numbers: int) -> Any:
    """What a module of ours prints, run in the product's environment on an empty database."""
    dsn = servers.make_database(module)
    migrate(servers, dsn)
    command = [str(PRODUCT_BIN / "python"), "-m", f"bench.{module}", *map(str, numbers)]
    said = subprocess.run(
        command, cwd=ROOT, env=environment(servers, dsn), stdout=subprocess.PIPE, check=True
    ).stdout
    # What was logged on the way stands before it.
    *logged, answer = said.splitlines()
    for line in logged[:10]:
        print(line[:500], file=sys.stderr)
    return json.loads(answer)
