"""Telling many, timed: a thousand guests become rows; a fan-out leaves through the sandbox.

Runs in the product's environment on an empty migrated database; `figures.py` starts it. Writes the
same audience as the tests (`tests/factories/audience.py`). Prints JSON: seconds for the rows of a
thousand guests, on push and SMS, each time; and of the fan-out how many left in how many requests,
in how many seconds, at most how many in any one, and how much the sender's memory grew.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.gatherings.payloads import EventSettled
from domain.notifications.telling import tell
from domain.tables.notifications import Channel, Template
from tests.factories.audience import gather, line_up
from tests.factories.rows import START, Rows
from tests.helpers.evening import an_id
from workers.database import make_engine
from workers.sandbox import running_sandbox
from workers.sandbox.journal import Entry

GUESTS = 1_000
SECOND = timedelta(seconds=1)
# Before that, imports and pools still grow.
WARM = 0.2
LEFT = "SELECT count(*) FROM notifications WHERE status IN ('scheduled', 'sending')"
FORGET = "DELETE FROM notifications"
GUEST = """
WITH guests AS (
    INSERT INTO users (id, clerk_id, birth_date, status)
    SELECT gen_random_uuid(), 'guest ' || n, '1990-05-01', 'active'
    FROM generate_series(1, :guests) AS n RETURNING id
)
INSERT INTO invitations (id, event_id, user_id, status, confirmed_at)
SELECT gen_random_uuid(), :event, id, 'cancelled', now() FROM guests
"""


def cancel(engine: Engine, samples: int) -> list[float]:
    """Tell a thousand guests again and again that their event is cancelled; the seconds of each."""
    event = an_id("drinks")
    with Session(engine) as session, session.begin():
        town = Rows(session)
        town.person("Hanna")
        town.event("drinks", host="Hanna", status="cancelled", max_attendees=GUESTS)
        session.execute(text(GUEST), {"guests": GUESTS, "event": event})
    said = DomainEvent(1, "id", "/bench", START, EventSettled(event_id=event), "{}")
    taken = []
    for _ in range(samples):
        started = time.perf_counter()
        with Session(engine) as session, session.begin():
            made = tell(session, [Template.EVENT_CANCELLED], [said], now=START - timedelta(hours=3))
        taken.append(time.perf_counter() - started)
        assert made == 2 * GUESTS
        with engine.begin() as connection:
            connection.execute(text(FORGET))
    return taken


def fan_out(engine: Engine, count: int) -> dict[str, float]:
    """Send so many pushes with the real sender, and read the provider's journal."""
    now = datetime.now(UTC)
    gather(engine, count, now=now)
    line_up(engine, Channel.PUSH, count=count, now=now)
    with TemporaryDirectory() as home, running_sandbox(Path(home)) as sandbox:
        environment = os.environ | {"EXPO_URL": sandbox.expo_server.url, "LOG_LEVEL": "warning"}
        sender = subprocess.Popen(
            [sys.executable, "-m", "workers.sending"], env=environment, stdout=sys.stderr
        )
        try:
            memory = _watch(engine, psutil.Process(sender.pid), count)
        finally:
            sender.terminate()
            sender.wait()
        sent = [entry for entry in sandbox.journal.read("expo") if entry.accepted]
    moments = [entry.at for entry in sent]
    return {
        "pushes": sum(len(entry.accepted) for entry in sent),
        "requests": len(sent),
        "seconds": (moments[-1] - moments[0]).total_seconds(),
        "most_in_a_second": most_in_a_second(sent),
        "memory_grew_mib": memory / 2**20,
    }


def _watch(engine: Engine, sender: psutil.Process, count: int) -> int:
    """Wait until all has left; by how many bytes the sender grew once it was warm."""
    warm = most = 0
    while True:
        with engine.connect() as connection:
            left = connection.execute(text(LEFT)).scalar_one()
        used = sender.memory_info().rss
        most = max(most, used)
        if not warm and left < count * (1 - WARM):
            warm = most = used
        if not left:
            return most - warm
        time.sleep(0.5)


def most_in_a_second(sent: Sequence[Entry]) -> int:
    """Count the pushes of the second in which most came."""
    most = since = within = 0
    for entry in sent:
        within += len(entry.accepted)
        while sent[since].at <= entry.at - SECOND:
            within -= len(sent[since].accepted)
            since += 1
        most = max(most, within)
    return most


def main() -> None:
    """The first argument says how often the rows are timed, the second how many are pushed to."""
    samples, pushes = int(sys.argv[1]), int(sys.argv[2])
    engine = make_engine(os.environ["DATABASE_URL"], process="bench", pool_size=2)
    json.dump({"rows": cancel(engine, samples), "fan_out": fan_out(engine, pushes)}, sys.stdout)


if __name__ == "__main__":
    main()
