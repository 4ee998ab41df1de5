"""The relay: routes what publishers left in the outbox, rings lanes, and sweeps.

Any number may run; none leads. A bell from a publisher or a worker is faster, but nothing depends
on one: what this process sees in Postgres is enough.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.catalogue import HANDLERS
from domain.deaths import count_deaths_by_handler
from domain.dispatch import describe, is_passing
from domain.routing import due_handlers, route
from workers.bells import Bells
from workers.broker import make_broker
from workers.clock import utc_now
from workers.database import make_engine
from workers.desk import WorkDesk
from workers.exposition import serve_figures
from workers.lifetime import begin, finish
from workers.log import logger
from workers.measuring import MEASURES
from workers.reporting import Presence, make_reporter

ROUTE_EVERY_S: Final = 0.05
ROUTE_LIMIT: Final = 2_000
RING_EVERY_S: Final = 0.5
SWEEP_EVERY_S: Final = 1.0
AFTER_TROUBLE_S: Final = 0.5


@dataclass(slots=True)
class Chore:
    """Something that the relay does again and again."""

    every_s: float
    run: Callable[[], bool]
    due: float = 0.0


class Relay:
    """Runs its chores until stopped; trouble of the database ends a round, not the process."""

    def __init__(self, desk: WorkDesk, bells: Bells) -> None:
        """Work at this desk and ring these bells."""
        self._desk = desk
        self._bells = bells
        self._log = logger("relay")
        self._stopping = threading.Event()
        self._is_away = False
        self._chores = [
            Chore(ROUTE_EVERY_S, self.route),
            Chore(RING_EVERY_S, self.ring_due),
            Chore(SWEEP_EVERY_S, self.sweep),
        ]

    def stop(self) -> None:
        """Finish the chore in hand and go."""
        self._stopping.set()

    def run(self) -> None:
        """Do what is due, then sleep until something is."""
        while not self._stopping.is_set():
            try:
                pause = self._round()
            except Exception as error:  # noqa: BLE001 - the next round tries again
                self._note_trouble(error)
                pause = AFTER_TROUBLE_S
            self._stopping.wait(pause)
        self._desk.close()

    def _round(self) -> float:
        """Run the chores that are due; give the seconds until the next is."""
        for chore in self._chores:
            if chore.due <= time.monotonic():
                has_more = chore.run()
                chore.due = time.monotonic() + (0 if has_more else chore.every_s)
        if self._is_away:
            self._log.info("database.back")
            self._is_away = False
        return max(0.0, min(chore.due for chore in self._chores) - time.monotonic())

    def route(self) -> bool:
        """Turn outbox rows into deliveries and ring their lanes; say whether there may be more."""
        with self._desk.quick() as session:
            routed = route(session, limit=ROUTE_LIMIT, now=utc_now())
        self._bells.ring(routed.lanes)
        MEASURES.routed(routed.number, routed.oldest, now=utc_now())
        return routed.number == ROUTE_LIMIT

    def ring_due(self) -> bool:
        """Ring the lanes that have something due: retries, second looks, and lost bells."""
        with self._desk.quick() as session:
            due = due_handlers(session, HANDLERS.values(), now=utc_now())
        self._bells.ring({handler.lane for handler in due})
        return False

    def sweep(self) -> bool:
        """Count deaths: what was in hand when a worker's connection ended is tried with care."""
        with self._desk.transaction() as session:
            deaths = count_deaths_by_handler(session, utc_now())
        if deaths:
            self._log.warning("deliveries.interrupted", count=sum(deaths.values()))
            MEASURES.interrupted(deaths)
        return False

    def _note_trouble(self, error: Exception) -> None:
        """Say once that the database is away, not once a round; anything else is a bug."""
        if not is_passing(error):
            self._log.error("chore.failed", error=describe(error))
            return
        if not self._is_away:
            self._log.warning("database.away", error=type(error).__name__)
        self._is_away = True


def main() -> int:
    """Run the relay until asked to stop; the exit code."""
    settings = begin("relay")
    if settings.database_url is None or settings.broker_url is None:
        sys.exit("DATABASE_URL and BROKER_URL must be set: start the relay with momento up")
    engine = make_engine(settings.database_url.get_secret_value(), process="relay", pool_size=2)
    bells = Bells(make_broker(settings.broker_url.get_secret_value()))
    relay = Relay(WorkDesk(engine), bells)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: relay.stop())
    own = Presence("relay", metrics_at=serve_figures(settings, "relay"))
    reporter = make_reporter(settings.database_url.get_secret_value(), own)
    reporter.start()
    logger("relay").info("relay.started")
    relay.run()
    reporter.stop()
    logger("relay").info("relay.stopped")
    finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
