"""One actor a lane: each answers a bell with one call. The module that dramatiq imports."""

import gc
import threading
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import dramatiq
from sqlalchemy import Engine

from domain.catalogue import HANDLERS, Handler
from domain.dispatch import describe
from domain.lanes import LANES
from workers.bells import ACTOR, Bells
from workers.broker import make_broker
from workers.clock import utc_now
from workers.database import make_engine
from workers.desk import WorkDesk
from workers.lifetime import begin, finish
from workers.log import logger
from workers.middleware import (
    AtTheEnd,
    EndWithParent,
    Heartbeat,
    Reporting,
    StopSoon,
    Watchdog,
)
from workers.settings import Settings
from workers.tracing import start_tracing
from workers.work import Shift

if TYPE_CHECKING:
    from workers.spans import Spans


class Workshop:
    """What the threads of a worker process share, opened once the process runs."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet: processes are started from this one."""
        self.settings = settings
        self.handlers: Mapping[str, Handler] = HANDLERS
        self.stopping = threading.Event()
        self.broker = make_broker(
            _needed(settings.broker_url),
            middleware=[
                EndWithParent(),
                Watchdog(),
                StopSoon(self.stopping.set),
                Heartbeat(lambda: self.engine),
                AtTheEnd(self.end),
                Reporting(settings),
            ],
        )
        self._own = threading.local()
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._traces: list[Spans | None] = []

    @property
    def engine(self) -> Engine:
        """The connections of the process: two a thread and one for the heartbeat."""
        with self._lock:
            if self._engine is None:
                self._engine = make_engine(
                    _needed(self.settings.database_url),
                    process="worker",
                    pool_size=2 * len(LANES) + 1,
                )
            return self._engine

    @property
    def spans(self) -> "Spans | None":
        """Where spans go, if anywhere: begun in the process that makes them."""
        with self._lock:
            if not self._traces:
                self._traces = [start_tracing("worker")]
            return self._traces[0]

    def end(self) -> None:
        """Send the last spans and what was logged last."""
        for spans in self._traces:
            if spans is not None:
                spans.stop()
        finish()

    def work(self, lane: str) -> None:
        """Answer a bell with this thread's own connections."""
        shift: Shift | None = getattr(self._own, "shift", None)
        if shift is None:
            shift = self._own.shift = Shift(
                WorkDesk(self.engine),
                Bells(self.broker),
                self.settings.momento_batch_size,
                utc_now,
                self.stopping,
                self.handlers,
                self.spans,
            )
        try:
            shift.work(lane)
        except Exception as error:  # noqa: BLE001 - what is due stays due, and is rung again
            logger("work").warning("lane.interrupted", lane=lane, error=describe(error))


def _needed(secret: Any) -> str:
    """The text of a URL that a running system always has."""
    if secret is None:
        message = "DATABASE_URL and BROKER_URL must be set: start the workers with momento up"
        raise SystemExit(message)
    text: str = secret.get_secret_value()
    return text


def make_actors(workshop: Workshop) -> None:
    """Declare an actor for each lane on the workshop's broker."""
    for lane in LANES:
        declare = dramatiq.actor(
            actor_name=f"{ACTOR}_{lane}", queue_name=lane, broker=workshop.broker
        )
        declare(partial(workshop.work, lane))


def start() -> Workshop:
    """Read the settings and declare everything; dramatiq's command finds the broker."""
    workshop = Workshop(begin("worker"))
    dramatiq.set_broker(workshop.broker)
    make_actors(workshop)
    _calm_garbage_collection()
    return workshop


def _calm_garbage_collection() -> None:
    """Collect once in many allocations: a batch makes tens of thousands of objects, no cycles."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)
