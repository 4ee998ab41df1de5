"""The kudos job: what every peer does for each task, and the tables that it writes.

One job is one psycopg transaction of three statements: insert-or-ignore into an
inbox, a kudos row, a counter upsert. The rows' commit times tell how fast it went.
"""

import os
import random
import threading
import uuid
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import psycopg

DATABASE_VARIABLE = "BENCH_DATABASE"
REDIS_VARIABLE = "BENCH_REDIS"

PEOPLE = 1_000
GATHERINGS = 100
SEATS = 50
KUDOS_NAMES = (
    "great_listener",
    "welcoming_vibe",
    "great_conversation",
    "made_me_laugh",
    "inspiring",
    "thoughtful",
    "great_energy",
    "helpful",
)

TABLES = """
CREATE TABLE IF NOT EXISTS inbox (id uuid PRIMARY KEY);
CREATE TABLE IF NOT EXISTS kudos (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    giver_id uuid NOT NULL,
    receiver_id uuid NOT NULL,
    kudo text NOT NULL
);
CREATE TABLE IF NOT EXISTS kudos_counts (
    receiver_id uuid PRIMARY KEY,
    kudos bigint NOT NULL
);
TRUNCATE inbox, kudos, kudos_counts;
"""

INTO_INBOX = "INSERT INTO inbox (id) VALUES (%s) ON CONFLICT DO NOTHING"
INTO_KUDOS = (
    "INSERT INTO kudos (id, event_id, giver_id, receiver_id, kudo) VALUES (%s, %s, %s, %s, %s)"
)
INTO_COUNTS = (
    "INSERT INTO kudos_counts (receiver_id, kudos) VALUES (%s, 1)"
    " ON CONFLICT (receiver_id) DO UPDATE SET kudos = kudos_counts.kudos + 1"
)

# The same three statements for a batch in one: what is new in the inbox decides
# the rest. Receivers are locked in key order, so that two batches can't deadlock.
WHOLE_BATCH = """
WITH given AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[])
        AS g (id, event_id, giver_id, receiver_id, kudo)
), fresh AS (
    INSERT INTO inbox (id) SELECT id FROM given ON CONFLICT DO NOTHING RETURNING id
), kept AS (
    INSERT INTO kudos (id, event_id, giver_id, receiver_id, kudo)
    SELECT id, event_id, giver_id, receiver_id, kudo FROM given JOIN fresh USING (id)
    RETURNING receiver_id
)
INSERT INTO kudos_counts (receiver_id, kudos)
SELECT receiver_id, count(*) FROM kept GROUP BY receiver_id ORDER BY receiver_id
ON CONFLICT (receiver_id) DO UPDATE SET kudos = kudos_counts.kudos + excluded.kudos
"""


@dataclass(frozen=True, slots=True)
class Kudos:
    """One kudos.given as it travels in a queue: ids as text, as JSON would have them."""

    kudos_id: str
    event_id: str
    giver_id: str
    receiver_id: str
    kudo: str

    def row(self) -> tuple[str, ...]:
        """The columns of the kudos table, in order."""
        return astuple(self)


def person_id(number: int) -> str:
    """The id of one of the PEOPLE."""
    return str(uuid.UUID(int=(1 << 64) + number))


def gathering_id(number: int) -> str:
    """The id of one of the GATHERINGS."""
    return str(uuid.UUID(int=(2 << 64) + number))


def seats(gathering: int) -> range:
    """The numbers of the people at one gathering; each person is at five of them."""
    first = (gathering % (PEOPLE // SEATS)) * SEATS
    return range(first, first + SEATS)


def given(count: int, seed: int = 0) -> list[Kudos]:
    """That many kudos, no two alike in all of (gathering, giver, receiver, kudo).

    Everybody receives about equally often; the order is random, so that a batch
    meets many receivers, as on an evening when many gatherings end together.
    """
    chance = random.Random(seed)
    taken: set[tuple[int, int, int, str]] = set()
    while len(taken) < count:
        gathering = chance.randrange(GATHERINGS)
        giver, receiver = chance.sample(seats(gathering), 2)
        taken.add((gathering, giver, receiver, chance.choice(KUDOS_NAMES)))
    ordered = sorted(taken)
    chance.shuffle(ordered)
    return [
        Kudos(
            str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            gathering_id(gathering),
            person_id(giver),
            person_id(receiver),
            kudo,
        )
        for gathering, giver, receiver, kudo in ordered
    ]


_of_thread = threading.local()


def connection() -> psycopg.Connection:
    """This thread's connection, kept open: what a tuned worker does."""
    if not hasattr(_of_thread, "connection"):
        _of_thread.connection = psycopg.connect(os.environ[DATABASE_VARIABLE], autocommit=True)
    kept: psycopg.Connection = _of_thread.connection
    return kept


def apply_one(kudos: Kudos) -> None:
    """The kudos job: one transaction, three statements."""
    with connection().transaction(), connection().cursor() as cursor:
        cursor.execute(INTO_INBOX, (kudos.kudos_id,))
        if cursor.rowcount:
            cursor.execute(INTO_KUDOS, kudos.row())
            cursor.execute(INTO_COUNTS, (kudos.receiver_id,))


def apply_batch(batch: Sequence[Kudos]) -> None:
    """The same for a batch: one transaction, one statement."""
    columns = [list(column) for column in zip(*(kudos.row() for kudos in batch), strict=True)]
    with connection().transaction():
        connection().execute(WHOLE_BATCH, columns)
