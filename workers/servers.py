"""The database and the broker of a running system: those that are named, or embedded ones."""

import time
from typing import Final

from workers import embedded
from workers.connections import check_broker, check_database
from workers.settings import Settings
from workers.supervise import Screen

LOOK_EVERY_S: Final = 1.0


class Servers:
    """Starts the servers that nobody named, keeps them running, and stops them.

    Raises CommandError if a named one doesn't answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._home = settings.momento_home
        self._named_database = self._database_of_others(settings)
        self._named_broker = self._broker_of_others(settings)
        self._next_look = 0.0

    @property
    def has_own_database(self) -> bool:
        """Whether the database is embedded, and so nobody else's."""
        return self._named_database is None

    def start(self) -> dict[str, str]:
        """Have both running; DATABASE_URL and BROKER_URL."""
        return {
            "DATABASE_URL": self._named_database or embedded.start_postgres(self._home),
            "BROKER_URL": self._named_broker or embedded.start_redis(self._home),
        }

    def look(self, screen: Screen) -> None:
        """Start an embedded server again that has ended; cheap enough for every tick."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_EVERY_S
        if self._named_database is None and not embedded.postgres_runs(self._home):
            screen.show("Postgres has ended and is started again")
            embedded.start_postgres(self._home)
        if self._named_broker is None and not embedded.redis_runs(self._home):
            screen.show("Redis has ended and is started again")
            embedded.start_redis(self._home)

    def stop(self) -> None:
        """Stop the embedded ones."""
        if self._named_broker is None:
            embedded.stop_redis(self._home)
        if self._named_database is None:
            embedded.stop_postgres(self._home)

    def _database_of_others(self, settings: Settings) -> str | None:
        """A named database that has answered.

        Our own may be named too, in a shell that took over the variables of an earlier run.
        """
        if settings.database_url is None:
            return None
        url = settings.database_url.get_secret_value()
        if (self._home / "postgres").exists() and url == embedded.postgres_url(self._home):
            return None
        check_database(url)
        return url

    def _broker_of_others(self, settings: Settings) -> str | None:
        if settings.broker_url is None:
            return None
        url = settings.broker_url.get_secret_value()
        if (self._home / "redis").exists() and url == embedded.redis_url(self._home):
            return None
        check_broker(url)
        return url
