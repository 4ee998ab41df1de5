"""A worker that some domain events are poison to, as their ids say: `kills`, `raises` and so on.

As a program, `python -m tests.helpers.poisoned`, it is `python -m workers`, with real handlers
that misbehave; with the name of a lane it applies what is due there and ends when nothing is.
"""

import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from sqlmodel import Session

from domain.batch import DomainEvent
from domain.catalogue import HANDLERS
from domain.sql import execute
from tests.helpers.ledger import behaving
from workers import actors
from workers.__main__ import main
from workers.bells import Bells
from workers.broker import make_broker
from workers.clock import utc_now
from workers.database import make_engine
from workers.desk import WorkDesk
from workers.settings import load_settings
from workers.work import Shift

KILLED: Final = 77
# The variable of the environment that says how long a bell may be answered, if not as long as ours.
TIME_LIMIT: Final = "POISONED_TIME_LIMIT_MS"


def misbehave(session: Session, batch: Sequence[DomainEvent[Any]]) -> None:
    """Do what the ids in a batch say."""
    for each in batch:
        kind, _, _ = each.id.partition(" ")
        if kind == "kills":
            os._exit(KILLED)
        if kind == "raises":
            raise RuntimeError(each.data)
        if kind == "sleeps":
            execute(session, "SELECT pg_sleep(3600)")
        if kind == "loops":
            while True:
                time.sleep(0.02)


POISONED: Final = {name: behaving(handler, misbehave) for name, handler in HANDLERS.items()}


def start() -> actors.Workshop:
    """What dramatiq calls: our own workshop, but for the handlers."""
    workshop = actors.start()
    workshop.handlers = POISONED
    if TIME_LIMIT in os.environ:
        for actor in workshop.broker.actors.values():
            actor.options["time_limit"] = int(os.environ[TIME_LIMIT])
    return workshop


def work(lane: str) -> int:
    """Apply what is due in a lane; the exit code."""
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.broker_url is not None
    engine = make_engine(settings.database_url.get_secret_value(), process="worker", pool_size=2)
    bells = Bells(make_broker(settings.broker_url.get_secret_value()))
    with WorkDesk(engine) as desk:
        Shift(desk, bells, settings.momento_batch_size, utc_now, handlers=POISONED).work(lane)
    return 0


if __name__ == "__main__":
    sys.exit(work(*sys.argv[1:]) if sys.argv[1:] else main("tests.helpers.poisoned:start"))
