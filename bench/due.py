"""What becomes due, timed: a tick with nothing due among a million of each, then 10,000 that are.

Runs in the product's environment on an empty migrated database; `figures.py` starts it. Writes
what the tests count pages on (`tests/factories/standing.py`). Prints JSON: milliseconds of each
idle tick of all kinds, seconds for all that becomes due in an hour, and how much that was.
"""

import json
import os
import sys
import time
from datetime import datetime

from sqlmodel import Session

from scheduler.due import KINDS, publish_due
from tests.factories import standing
from workers.database import make_engine

COUNT = 1_000_000
PEOPLE = 100_000
# Of invitations, duos and badges each.
DUE = 3_334
LIMIT = 1_000
WARM_UPS = 10


def tick(session: Session, now: datetime) -> int:
    """One page, and its commit."""
    with session.begin():
        return sum(publish_due(session, KINDS, now=now, limit=LIMIT).values())


def main() -> None:
    """The first argument says how many idle ticks are timed."""
    samples = int(sys.argv[1])
    standing.load(os.environ["DATABASE_URL"], COUNT, people=PEOPLE, due=DUE)
    engine = make_engine(os.environ["DATABASE_URL"], process="bench", pool_size=1)
    idle = []
    with Session(engine) as session:
        # Reminders of what becomes due later are said first.
        while tick(session, standing.NOW):
            pass
        for _ in range(WARM_UPS + samples):
            started = time.perf_counter()
            assert tick(session, standing.NOW) == 0
            idle.append((time.perf_counter() - started) * 1_000)
        published = 0
        started = time.perf_counter()
        while count := tick(session, standing.NOW + standing.SOON):
            published += count
        taken = time.perf_counter() - started
    json.dump({"idle": idle[WARM_UPS:], "seconds": taken, "published": published}, sys.stdout)


if __name__ == "__main__":
    main()
