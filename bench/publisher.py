"""An API service that publishes kudos.given by our own Python interface.

Runs in the product's environment; `ours.py` starts it. Reads the kudos from standard
input as a JSON list, prints latencies as one.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import psycopg
from sqlmodel import Session

from bench.kudos import Kudos
from bench.measure import idle_latencies
from domain.envelope import Envelope, enclose
from domain.kudos.payloads import KudosGiven
from domain.outbox import publish_many
from workers.bells import Bells
from workers.broker import make_broker
from workers.database import make_engine

SOURCE = "/services/bench"
BATCH = 1_000


def enclosed(kudos: Kudos) -> Envelope:
    """One kudos as a domain event, given a moment ago."""
    payload = KudosGiven.parse(json.dumps(asdict(kudos)))
    return enclose(payload, source=SOURCE, time=datetime.now(UTC), id=kudos.kudos_id)


def publish(session: Session, kudos: Sequence[Kudos]) -> None:
    """Publishes in batches of BATCH, a transaction each; nobody is rung."""
    for start in range(0, len(kudos), BATCH):
        publish_many(session, [enclosed(one) for one in kudos[start : start + BATCH]])
        session.commit()


def latencies(session: Session, kudos: Sequence[Kudos]) -> list[float]:
    """Publishes one at a time, rings, and waits for its row; milliseconds."""
    ring = _bell()

    def publish_one(number: int) -> None:
        publish_many(session, [enclosed(kudos[number])])
        session.commit()
        # The clock starts when this returns, so that ringing isn't counted against the commit.
        ring()

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as reader:
        query = "SELECT FROM attendee_kudos WHERE id = %s"
        return idle_latencies(
            publish_one,
            lambda number: reader.execute(query, (kudos[number].kudos_id,)).rowcount > 0,
            jobs=len(kudos),
        )


def _bell() -> Callable[[], object]:
    """How a publisher that has Redis wakes the workers after its commit."""
    bells = Bells(make_broker(os.environ["BROKER_URL"]))
    return lambda: bells.ring_after_publish([KudosGiven.TYPE])


def main() -> None:
    """`publish` or `latency`, as the first argument says."""
    kudos = [Kudos(**one) for one in json.load(sys.stdin)]
    engine = make_engine(os.environ["DATABASE_URL"], process="bench", pool_size=1)
    with Session(engine) as session:
        if sys.argv[1] == "publish":
            publish(session, kudos)
        else:
            json.dump(latencies(session, kudos), sys.stdout)


if __name__ == "__main__":
    main()
