"""Finds candidates among many people: `.venv/bin/python -m bench.matching [--people 100000]`.

In the product's environment, on a Postgres of its own. Both statements of domain/matching/
statements.py are measured by themselves, and `candidates` as it is called, for events that suit
ever fewer of them.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from statistics import median, quantiles
from uuid import UUID

import psutil
import psycopg
from sqlmodel import Session

from bench.servers import servers
from domain.constants import NEAREST
from domain.matching import candidates
from domain.matching.embedding import embed
from domain.matching.occasion import Occasion, open_occasion
from domain.matching.statements import BY_TASTE, EVERYBODY, SET_UP
from domain.sql import fetch
from workers.commands.migrate import migrate
from workers.database import make_engine

LIMIT = 50
# The last but one is the worst: just too few of the nearest fit, and yet many of all.
LEAST_AGES = {
    "anywhere, anybody": None,
    "in one city": None,
    "in one city, aged 45 and over": 45,
    "in one city, aged 58 and over": 58,
}
CITIES = 20
STYLES = (
    "indoor",
    "vintage",
    "modern",
    "urban",
    "rural",
    "slow",
    "fast",
    "silent",
    "loud",
    "early",
)
PASTIMES = (
    *("bouldering", "jazz", "hiking", "painting", "cooking", "poetry", "chess", "cycling"),
    *("running", "sailing", "surfing", "yoga", "pottery", "theatre", "cinema", "gardening"),
    *("photography", "astronomy", "dancing", "karaoke", "archery", "baking", "juggling"),
    *("birds", "ceramics", "drumming", "fencing", "geology", "history", "skating"),
)
Way = Callable[[Session, Occasion], Sequence[object]]
EVENT = "Bouldering and jazz\nAn evening at the indoor hall, then a band plays. All are welcome."

# Four in five are active; ages 18 to 60; a fifth has said nothing of prices.
PEOPLE = """
INSERT INTO users (id, clerk_id, birth_date, status, min_lead_time_days, distance_preference,
    price_sensitivity, timezone, availability_preferences)
SELECT gen_random_uuid(), 'person ' || n, current_date - (18 * 366 + random() * 42 * 365)::int,
    CASE WHEN random() < 0.8 THEN 'active' ELSE 'paused' END, (random() * 7)::int,
    (ARRAY[5, 10, 25, 25, 25, 50])[1 + floor(random() * 6)::int],
    (ARRAY[NULL, 1, 2, 3, 4])[1 + floor(random() * 5)::int],
    (ARRAY['America/New_York', 'America/Chicago', 'America/Los_Angeles'])
        [1 + floor(random() * 3)::int],
    CASE WHEN random() < 0.5
        THEN '{"fri": "evening", "sat": "any", "mon": "unavailable", "tue": "unavailable"}'::jsonb
    END
FROM generate_series(1, %(people)s) AS n
"""
METRICS = """
INSERT INTO user_internal_metrics (user_id, absentee_rating, outcomes_present)
SELECT id, random(), (random() * 20)::int FROM users
"""
CHOSEN = """
INSERT INTO profile_interests (user_id, interest_id)
SELECT users.id, picked.id FROM users CROSS JOIN LATERAL (
    SELECT 1 + floor(random() * (SELECT count(*) FROM interests))::int AS id, users.id AS of_whom
    FROM generate_series(1, 6)
) AS picked ON CONFLICT DO NOTHING
"""
TASTES = """
INSERT INTO user_interest_vectors (user_id, vector, vector_type)
SELECT chosen.user_id, avg(interests.vector), 'positive_v1'
FROM profile_interests AS chosen JOIN interests ON interests.id = chosen.interest_id
GROUP BY chosen.user_id
"""
DISLIKES = """
INSERT INTO user_interest_vectors (user_id, vector, vector_type)
SELECT user_id, (SELECT vector FROM interests ORDER BY id LIMIT 1), 'negative_v1'
FROM user_interest_vectors WHERE random() < 0.1
"""
# Cities lie two degrees apart; three in ten were at no gathering yet.
PLACES = """
INSERT INTO user_places (user_id, event_id, latitude, longitude)
SELECT id, %(event)s, 30 + 2 * city + (random() - 0.5) * 0.6, -74 + (random() - 0.5) * 0.6
FROM (SELECT id, floor(random() * %(cities)s) AS city FROM users) AS living
WHERE random() < 0.7
"""
DUOS = """
WITH numbered AS (SELECT id, row_number() OVER () AS n FROM users), made AS (
    INSERT INTO duos (id, status, opened_at, open_until)
    SELECT gen_random_uuid(), 'active', now(), now() + interval '7 days'
    FROM generate_series(1, %(people)s / 50) RETURNING id
), counted AS (SELECT id, row_number() OVER () AS n FROM made)
INSERT INTO duo_participants (duo_id, user_id, role)
SELECT counted.id, numbered.id,
    CASE WHEN numbered.n %% 2 = 0 THEN 'initiator' ELSE 'participant' END
FROM counted JOIN numbered ON numbered.n IN (2 * counted.n - 1, 2 * counted.n)
"""
EVENTS = """
INSERT INTO events (id, host_id, title, description, event_vector, status, min_attendees,
    max_attendees, age_min, age_max, confirmation_fee, starts_at, ends_at)
SELECT id, (SELECT id FROM users LIMIT 1), 'Evening', 'Of the benchmark', %(vector)s::vector,
    'published', 2, 20, age_min, age_max, 500, %(starts)s, %(starts)s::timestamptz
        + interval '3 hours'
FROM unnest(%(ids)s::uuid[], %(lows)s::int[], %(highs)s::int[]) AS e (id, age_min, age_max)
"""
STOPS = """
INSERT INTO event_itinerary_stops (id, event_id, location_id, "order", title, description,
    start_time, end_time)
SELECT gen_random_uuid(), unnest(%(ids)s::uuid[]), %(place)s, 1, 'Hall', '', now(), now()
"""


@dataclass(frozen=True)
class Scene:
    """Events for which candidates are looked for, by what is special about them."""

    dsn: str
    events: dict[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes the people, measures, prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.matching", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=20)
    chosen = parser.parse_args(arguments)
    with servers() as running:
        scene = _make(running.make_database("matching"), chosen.people)
        print(f"{chosen.people:,} people, the best {LIMIT}; milliseconds a call")
        print(f"  {'event':32} {'way':11} {'median':>8} {'p95':>8} {'CPU':>8} {'found':>6}")
        for name, event in scene.events.items():
            for what, taken in _measured(scene.dsn, event, chosen.runs):
                p95 = quantiles(taken.times, n=20)[-1]
                numbers = f"{median(taken.times):8.1f} {p95:8.1f} {taken.cpu:8.1f} {taken.found:6}"
                print(f"  {name:32} {what:11} {numbers}")
    return 0


@dataclass(frozen=True)
class Taken:
    """How long each call took, what the server's CPU spent on one, and how many it found."""

    times: list[float]
    cpu: float
    found: int


def _make(dsn: str, people: int) -> Scene:
    migrate(dsn)
    started = time.monotonic()
    draw = Random(1)
    ids = {name: str(UUID(int=draw.getrandbits(128))) for name in LEAST_AGES}
    with psycopg.connect(dsn, autocommit=True) as connection:
        _fill(connection, people, list(ids.values()))
    sys.stderr.write(f"made in {time.monotonic() - started:.0f} s\n")
    return Scene(dsn, ids)


def _fill(connection: psycopg.Connection, people: int, ids: Sequence[str]) -> None:
    """Makes everybody; the index is built over what is there, which is faster."""
    run = connection.execute
    run("SET maintenance_work_mem = '512MB'")
    run("DROP INDEX user_interest_vectors_positive_idx")
    names = [" ".join(pair) for pair in product(STYLES, PASTIMES)]
    run(
        "INSERT INTO interests (name, vector) SELECT * FROM unnest(%s::text[], %s::vector[])",
        (names, [_literal(name) for name in names]),
    )
    run(PEOPLE, {"people": people})
    for statement in (METRICS, CHOSEN, TASTES, DISLIKES):
        run(statement)
    run(DUOS, {"people": people})
    starts = datetime.now(UTC).replace(hour=23) + timedelta(days=9)
    lows = list(LEAST_AGES.values())
    asked = {"ids": list(ids), "lows": lows, "highs": [None] * len(lows), "starts": starts}
    run(EVENTS, {**asked, "vector": _literal(EVENT)})
    place = str(UUID(int=1))
    run(
        "INSERT INTO locations (id, name, latitude, longitude) VALUES (%s, 'Hall', 40, -74)",
        (place,),
    )
    run(STOPS, {"ids": list(ids)[1:], "place": place})
    run(PLACES, {"event": ids[0], "cities": CITIES})
    run(
        "CREATE INDEX user_interest_vectors_positive_idx ON user_interest_vectors"
        " USING hnsw (vector vector_cosine_ops) WHERE vector_type = 'positive_v1'"
    )
    run("VACUUM ANALYZE")


def _literal(text: str) -> str:
    return "[" + ",".join(map(repr, embed(text))) + "]"


def _measured(dsn: str, event: str, runs: int) -> Iterator[tuple[str, Taken]]:
    """(what, how long): each statement alone, then both as they are called."""
    now = datetime.now(UTC)

    def statement(text: str) -> Way:
        return lambda session, occasion: fetch(
            session,
            text,
            **occasion.parameters(now),
            now=now,
            nearest=NEAREST,
            rows=LIMIT,
        )

    ways: dict[str, Way] = {
        "by taste": statement(BY_TASTE),
        "everybody": statement(EVERYBODY),
        "candidates": lambda session, occasion: candidates(
            session, occasion.id, limit=LIMIT, now=now
        ),
    }
    for what, way in ways.items():
        with _one_session(dsn) as session:
            occasion = open_occasion(session, event, now=now)
            fetch(session, SET_UP)
            yield what, _taken(way, session, occasion, runs)


def _taken(way: Way, session: Session, occasion: Occasion, runs: int) -> Taken:
    ((pid,),) = fetch(session, "SELECT pg_backend_pid()")
    server = psutil.Process(pid)
    found = len(way(session, occasion))
    before = sum(server.cpu_times()[:2])
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        way(session, occasion)
        times.append((time.perf_counter() - started) * 1e3)
    return Taken(times, (sum(server.cpu_times()[:2]) - before) / runs * 1e3, found)


@contextmanager
def _one_session(dsn: str) -> Iterator[Session]:
    engine = make_engine(dsn, process="bench", pool_size=1)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
