"""`momento up`: databases where none are named, migrations, and the processes of the Procfile."""

import argparse
import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from workers.accounts import ensure_operator
from workers.child import MARK, Program, end_leftovers, read_procfile
from workers.commands.migrate import migrate
from workers.errors import CommandError
from workers.ports import choose_ports
from workers.running import only_one, published_environment
from workers.servers import Servers
from workers.settings import Settings, load_settings
from workers.stand_ins import StandIns
from workers.supervise import Screen, StopSignals, Supervisor
from workers.welcome import Welcome

NAME = "up"
HELP = "Start the system and keep it running until Ctrl-C"
SANDBOX: Final = "sandbox"
PROCFILE: Final = Path(__file__).resolve().parents[2] / "Procfile"


def configure(parser: argparse.ArgumentParser) -> None:
    """Which processes, and from which Procfile."""
    parser.add_argument("processes", nargs="*", metavar="PROCESS", help="some of them; all if none")
    parser.add_argument("--procfile", type=Path, default=PROCFILE, help="another list of processes")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run until asked to stop; leaves neither processes nor servers behind."""
    programs = _chosen(read_procfile(arguments.procfile), arguments.processes)
    signals = StopSignals()
    home = settings.momento_home
    with only_one(home):
        stand_ins = StandIns(home)
        environ = stand_ins.without_ours(os.environ)
        settings = load_settings(environ)
        places = _places(programs, settings, stand_ins=stand_ins)
        programs = _needed(programs, places)
        servers = Servers(settings)
        print("Momento is starting.", flush=True)
        with _running(servers, home, signals=signals) as urls:
            variables = {"MOMENTO_HOME": str(home)} | urls | places
            _make_ready(variables, home, needs_key=servers.has_own_database)
            with published_environment(home, variables):
                _supervise(programs, environ | variables, servers=servers, signals=signals)
    return 0


def _places(
    programs: Sequence[Program], settings: Settings, *, stand_ins: StandIns
) -> dict[str, str]:
    """Where what is started will listen, and what the sandbox stands in for."""
    names = [program.name for program in programs]
    ports = choose_ports(settings, names)
    if SANDBOX not in names:
        return ports
    gateway = (settings.gateway_host, int(ports["GATEWAY_PORT"]))
    return ports | stand_ins.give(settings, gateway=gateway)


def _needed(programs: Sequence[Program], places: Mapping[str, str]) -> list[Program]:
    """Leave the sandbox out where it stands in for nobody."""
    needed = [each for each in programs if each.name != SANDBOX or "SANDBOX_URL" in places]
    if not needed:
        message = "The sandbox stands in for nobody: every provider has its credentials."
        raise CommandError(message)
    return needed


def _chosen(programs: Sequence[Program], names: Sequence[str]) -> list[Program]:
    known = [program.name for program in programs]
    for name in names:
        if name not in known:
            message = f"There is no process {name}; there are {', '.join(known)}."
            raise CommandError(message)
    return [program for program in programs if not names or program.name in names]


@contextlib.contextmanager
def _running(servers: Servers, home: Path, *, signals: StopSignals) -> Iterator[dict[str, str]]:
    """The URLs of database and broker; what is embedded runs for as long."""
    end_leftovers(home)
    try:
        yield servers.start()
    finally:
        # A second Ctrl-C must not leave a server behind.
        signals.interrupting = False
        end_leftovers(home)
        servers.stop()


def _make_ready(variables: Mapping[str, str], home: Path, *, needs_key: bool) -> None:
    """Bring the tables up to date, and have a key and an account where the database is ours."""
    migrate(variables["DATABASE_URL"])
    if needs_key and importlib.util.find_spec("workers.keys"):
        keys = importlib.import_module("workers.keys")
        keys.ensure_api_key(variables["DATABASE_URL"], home / "api-key")
    if needs_key:
        ensure_operator(variables["DATABASE_URL"], home / "dashboard-password")


def _supervise(
    programs: Sequence[Program],
    environ: Mapping[str, str],
    *,
    servers: Servers,
    signals: StopSignals,
) -> None:
    names = [program.name for program in programs]
    screen = Screen(names)
    settings = load_settings(environ)
    welcome = Welcome(settings, processes=names, screen=screen)
    supervisor = Supervisor(
        programs,
        environment={**environ, **_surroundings(settings.momento_home)},
        directory=Path.cwd(),
        screen=screen,
    )

    def look() -> None:
        servers.look(screen)
        welcome.look()

    signals.interrupting = False
    supervisor.run(signals, look)


def _surroundings(home: Path) -> dict[str, str]:
    """What the processes need besides their settings."""
    ours = Path(sys.executable).parent
    return {
        MARK: str(home),
        # The Procfile says `python` and means the one that runs us.
        "PATH": f"{ours}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
    }
