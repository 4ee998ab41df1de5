"""Postgres and Redis from PyPI wheels, for when no URL is given.

Both servers run as daemons and listen on Unix sockets only, in directories that nobody but their
owner can enter. They outlive the process that started them: a start finds a server that is
already running on the same data and uses it, and only a call to `stop` ends it.
"""

from pathlib import Path

from workers.embedded.files import EmbeddedError
from workers.embedded.postgres import postgres_runs, postgres_url, start_postgres, stop_postgres
from workers.embedded.redis import redis_runs, redis_url, start_redis, stop_redis

__all__ = [
    "EmbeddedError",
    "postgres_runs",
    "postgres_url",
    "redis_runs",
    "redis_url",
    "start_postgres",
    "start_redis",
    "stop",
    "stop_postgres",
    "stop_redis",
]


def stop(home: Path) -> None:
    """Stop whichever of the two servers runs on the data in `home`."""
    stop_redis(home)
    stop_postgres(home)
