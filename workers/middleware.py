"""What surrounds the actors in a worker process: a watchdog, a heartbeat, and a clean end."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import dramatiq
from dramatiq.broker import Broker
from sqlalchemy import Engine, text

from domain.lanes import LANES
from workers.exposition import serve_figures
from workers.lifetime import finish
from workers.log import logger
from workers.pausing import PAUSES
from workers.reporting import Presence, Reporter, make_reporter
from workers.settings import Settings

EXIT_BROKEN: Final = 70
WATCH_EVERY_S: Final = 1.0
HEARTBEAT_EVERY_S: Final = 5.0
ORPHAN_GRACE_S: Final = 8.0


class Watchdog(dramatiq.Middleware):
    """Ends the process when a part of it has died: its supervisor starts it whole again.

    dramatiq's threads can end silently (an error while putting back messages, an exception that
    lands in middleware), and what is left would go on with less, or with nothing.
    """

    def after_worker_boot(self, broker: Broker, worker: Any) -> None:
        """Watch the threads of this worker."""
        del broker
        threading.Thread(target=self._watch, args=(worker,), daemon=True, name="watchdog").start()

    def before_worker_shutdown(self, broker: Broker, worker: Any) -> None:
        """Stop watching: threads end now as they should."""
        del broker
        worker.is_stopping = True

    def _watch(self, worker: Any) -> None:
        while not getattr(worker, "is_stopping", False):
            time.sleep(WATCH_EVERY_S)
            threads = (*worker.consumers.values(), *worker.workers)
            dead = [thread.name for thread in threads if not thread.is_alive()]
            if dead and not getattr(worker, "is_stopping", False):
                logger("watchdog").critical("thread.died", threads=dead)
                finish()
                os._exit(EXIT_BROKEN)


class EndWithParent(dramatiq.Middleware):
    """Asks this process to stop when its parent is killed, so that no orphan works on."""

    def after_process_boot(self, broker: Broker) -> None:
        """Follow the parent, which may be gone already."""
        del broker
        threading.Thread(target=self._follow, daemon=True, name="parent").start()

    def _follow(self) -> None:
        """Wait for the end of a pipe that the parent holds: no kernel's help, and no race."""
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)
            # A process that has just started would wait for ever for its parent to note that.
            time.sleep(ORPHAN_GRACE_S)
            os._exit(EXIT_BROKEN)


class StopSoon(dramatiq.Middleware):
    """Lets the actors know that they are to finish their batch and go."""

    def __init__(self, stop: Callable[[], None]) -> None:
        """Call `stop` when the worker is asked to end."""
        self._stop = stop

    def before_worker_shutdown(self, broker: Broker, worker: Any) -> None:
        """Tell them."""
        del broker, worker
        self._stop()


class AtTheEnd(dramatiq.Middleware):
    """Does something once no actor works any more."""

    def __init__(self, do: Callable[[], None]) -> None:
        """Call `do` then."""
        self._do = do

    def after_worker_shutdown(self, broker: Broker, worker: Any) -> None:
        """Do it."""
        del broker, worker
        self._do()


class Reporting(dramatiq.Middleware):
    """Has this worker say what it does, and show what it has measured."""

    def __init__(self, settings: Settings) -> None:
        """Start nothing before the process runs."""
        self._settings = settings
        self._reporter: Reporter | None = None

    def after_worker_boot(self, broker: Broker, worker: Any) -> None:
        """Begin to report."""
        del broker, worker
        url = self._settings.database_url
        assert url is not None
        own = Presence("worker", LANES, serve_figures(self._settings, "worker"), PAUSES)
        self._reporter = make_reporter(url.get_secret_value(), own)
        self._reporter.start()

    def after_worker_shutdown(self, broker: Broker, worker: Any) -> None:
        """Write what is left."""
        del broker, worker
        if self._reporter is not None:
            self._reporter.stop()


class Heartbeat(dramatiq.Middleware):
    """Keeps this worker's row in `workers`, for `momento status` to show who is at work."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        """Ask for the engine once the process runs."""
        self._engine = engine
        self._id = uuid4()
        self._ended = threading.Event()

    def after_worker_boot(self, broker: Broker, worker: Any) -> None:
        """Begin to beat."""
        del broker, worker
        threading.Thread(target=self._beat, daemon=True, name="heartbeat").start()

    def before_worker_shutdown(self, broker: Broker, worker: Any) -> None:
        """Take the row away."""
        del broker, worker
        self._ended.set()
        self._write("DELETE FROM workers WHERE id = :id")

    def _beat(self) -> None:
        while not self._ended.is_set():
            self._write(
                "INSERT INTO workers (id, pid, host, lanes, started_at, last_seen_at)"
                " VALUES (:id, :pid, :host, :lanes, now(), now())"
                " ON CONFLICT (id) DO UPDATE SET last_seen_at = now()"
            )
            self._ended.wait(HEARTBEAT_EVERY_S)

    def _write(self, statement: str) -> None:
        try:
            with self._engine().begin() as connection:
                connection.execute(
                    text(statement),
                    {
                        "id": self._id,
                        "pid": os.getpid(),
                        "host": os.uname().nodename,
                        "lanes": list(LANES),
                    },
                )
        except Exception as error:  # noqa: BLE001 - whatever it is, the next beat comes
            logger("heartbeat").debug("heartbeat.missed", error=type(error).__name__)
