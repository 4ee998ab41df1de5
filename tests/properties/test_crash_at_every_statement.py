"""A connection that breaks at whatever statement leaves nothing lost, doubled or half done."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.catalogue import HANDLERS, PUBLIC_TYPES
from domain.envelope import Envelope
from domain.routing import due_handlers
from tests.factories.untold import with_untold
from tests.helpers.apply import NEXT_TICK, Application, unsettled
from tests.helpers.fuse import Fuse
from tests.helpers.state import State, differences, snapshot
from workers.city import history

SEEDS = 100
PORTIONS = 4
# More statements than any step has, so that a fuse that never stops blowing is noticed.
TOO_MANY = 200

Step = Callable[[], object]


@pytest.fixture
def played(make_engine_of_its_own: Callable[[], Engine]) -> tuple[list[Envelope], State]:
    """The first small city in which every handler has something to do, and what comes of it."""
    now = datetime.now(UTC)
    for seed in range(SEEDS):
        told = with_untold(history(seed, now=now, people=14, gatherings=6, contested=False), seed)
        if {said.type for said in told} >= PUBLIC_TYPES.keys():
            engine = make_engine_of_its_own()
            application = Application(engine)
            application.run(told)
            if application.busy == HANDLERS.keys():
                return told, snapshot(engine)
    message = "something happens in no city of this size: does each type have its generator?"
    raise AssertionError(message)


class Crashes:
    """Steps, each broken at its first statement, at its second, ..., until it gets through."""

    def __init__(self, fuse: Fuse) -> None:
        self._fuse = fuse
        self.counted: Counter[str] = Counter()

    def survive(self, name: str, step: Step) -> None:
        """Take a step; one of each name is broken, the others are taken undisturbed."""
        if name in self.counted:
            step()
            return
        for number in range(1, TOO_MANY):
            self._fuse.arm(number)
            with suppress(DBAPIError, psycopg.Error):
                step()
            self._fuse.disarm()
            if not self._fuse.has_blown:
                return
            self.counted[name] += 1
        message = f"{name} never gets through"
        raise AssertionError(message)


def test_a_crash_at_every_statement_of_every_handler_changes_nothing(
    fused: Engine, engine: Engine, fuse: Fuse, played: tuple[list[Envelope], State]
) -> None:
    """G1, G3, G7: publishing, routing, a batch of each handler, the chores: broken everywhere.

    What was broken is repeated, as a publisher and a worker would, also where it was done and only
    the answer to COMMIT was lost.
    """
    story, undisturbed = played
    application = Application(fused)
    crashes = Crashes(fuse)
    size = len(story) // PORTIONS + 1
    for start in range(0, len(story), size):
        crashes.survive("publish", partial(application.publish, story[start : start + size]))
        crashes.survive("route", partial(application.route, 1_000))
        for name in due(engine, application.now):
            crashes.survive(name, partial(application.apply, HANDLERS[name]))
        crashes.survive("chores", partial(do_chores_later, application))
    settle_with_crashes(application, crashes, engine)
    application.run([])
    assert unsettled(fused) == []
    assert application.healed == 0
    assert differences(undisturbed, snapshot(fused)) == []
    assert crashes.counted.keys() == {"publish", "route", "chores", *HANDLERS}


def do_chores_later(application: Application) -> None:
    """Let the chores have a turn once the lease of whoever crashed is over."""
    application.now += NEXT_TICK
    application.do_chores()


def settle_with_crashes(application: Application, crashes: Crashes, engine: Engine) -> None:
    """Apply all that follows, since some handlers take nothing else."""
    while application.route(1_000) or due(engine, application.now):
        for name in due(engine, application.now):
            crashes.survive(name, partial(application.apply, HANDLERS[name]))


def due(engine: Engine, now: datetime) -> list[str]:
    """Give the handlers that have something to do, in the catalogue's order."""
    with Session(engine) as session:
        found = due_handlers(session, HANDLERS.values(), now=now)
    return [name for name, handler in HANDLERS.items() if handler in found]
