"""Whether the processes that `momento up` has started are at work, each by what it can show."""

import contextlib
import http.client
import os
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from workers.clock import utc_now
from workers.database import make_engine
from workers.settings import Settings

ANSWER_WITHIN_S: Final = 0.5
ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound

# Relay and scheduler keep the connection of the first thing that they do. A worker process has a
# row as soon as its threads listen.
CONNECTED: Final = {"relay": "momento-relay", "scheduler": "momento-scheduler"}
_SEEN = text("""
    SELECT (SELECT count(*) FROM workers WHERE host = :host AND started_at >= :since),
        ARRAY(SELECT DISTINCT application_name FROM pg_stat_activity
            WHERE datname = current_database() AND backend_start >= :since)
""")


def reachable(host: str, port: int) -> str:
    """Write where something that listens can be reached on this machine, as in a URL."""
    name = ANYWHERE.get(host, host)
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


class Readiness:
    """Those processes that aren't at work yet. One that was ready once isn't asked again."""

    def __init__(self, settings: Settings, *, processes: Collection[str]) -> None:
        """Begin before any of the processes is started: what an earlier run left doesn't count."""
        assert settings.database_url is not None
        self._settings = settings
        self._services = {
            "gateway": (settings.gateway_host, settings.gateway_port),
            "dashboard": (settings.dashboard_host, settings.dashboard_port),
        }
        if settings.sandbox_url is not None:
            place = urlsplit(settings.sandbox_url.get_secret_value())
            self._services["sandbox"] = (place.hostname or "", place.port or 0)
        known = (*CONNECTED, "worker", *self._services)
        self._awaited = {name for name in known if name in processes}
        self._engine = make_engine(
            settings.database_url.get_secret_value(), process="command", pool_size=1
        )
        self._since = self._database_time()

    def look(self) -> set[str]:
        """Give the names of those that aren't ready yet."""
        self._awaited.difference_update([*self._seen(), *self._answering()])
        if not self._awaited:
            self._engine.dispose()
        return self._awaited

    def _database_time(self) -> datetime:
        """The database's clock, which says when each of them began."""
        with contextlib.suppress(SQLAlchemyError), self._engine.connect() as connection:
            now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            return now
        # Away just now: our own clock will do.
        return utc_now()

    def _seen(self) -> Iterator[str]:
        """Name those that have left a trace in the database."""
        if self._awaited <= self._services.keys():
            return
        with contextlib.suppress(SQLAlchemyError), self._engine.connect() as connection:
            parameters = {"host": os.uname().nodename, "since": self._since}
            ((workers, connected),) = connection.execute(_SEEN, parameters)
            if workers >= self._settings.momento_worker_processes:
                yield "worker"
            yield from (name for name, sign in CONNECTED.items() if sign in connected)

    def _answering(self) -> Iterator[str]:
        """Name the services that say themselves that they are ready."""
        for name, (host, port) in self._services.items():
            if name in self._awaited and _says_ready(host, port):
                yield name


def _says_ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(ANYWHERE.get(host, host), port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
