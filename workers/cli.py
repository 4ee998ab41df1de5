"""The command `momento`: finds the subcommand, reads the settings, and says errors in one line.

A subcommand is a module under `workers/commands/` with `NAME`, `HELP`, `configure(parser)` and
`run(arguments, settings) -> int`, whose result is the exit code. It is imported when needed.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, Protocol, cast

from workers.errors import CommandError
from workers.running import running_environment
from workers.settings import Settings, load_settings

# In the order of `momento --help`.
COMMANDS: Final = {
    "up": "workers.commands.up",
    "env": "workers.commands.env",
    "migrate": "workers.commands.migrate",
    "publish": "workers.commands.publish",
    "status": "workers.commands.status",
    "drain": "workers.commands.drain",
    "trace": "workers.commands.trace",
    "dead": "workers.commands.dead",
    "bulk": "workers.commands.bulk",
    "inbox": "workers.commands.inbox",
    "refunds": "workers.commands.refunds",
    "notifications": "workers.commands.notifications",
    "reconcile": "workers.commands.reconcile",
    "schedule": "workers.commands.schedule",
    "lanes": "workers.commands.lanes",
    "match": "workers.commands.match",
    "keys": "workers.commands.keys",
    "users": "workers.commands.users",
    "audit": "workers.commands.audit",
    "reveal": "workers.commands.reveal",
    "erase": "workers.commands.erase",
    "sandbox": "workers.commands.sandbox",
    "demo": "workers.commands.demo",
    "catalogue": "workers.commands.catalogue",
}
# Characters of an error: about a screen.
ERROR_LIMIT: Final = 2_000
# They start a system or say whether there is one. All others speak to the one that runs here.
APART: Final = frozenset({"up", "env"})


class Command(Protocol):
    """What a module under `workers/commands/` offers."""

    NAME: str
    HELP: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the subcommand's arguments."""

    def run(self, arguments: argparse.Namespace, settings: Settings) -> int:
        """Do the work; the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; the exit code. The entry point that pyproject.toml names."""
    given = list(sys.argv[1:] if argv is None else argv)
    commands = _needed(given)
    arguments = _parser(commands).parse_args(given)
    try:
        settings = _settings(arguments.command, os.environ)
        return commands[arguments.command].run(arguments, settings)
    except CommandError as error:
        print(_readable(f"momento {arguments.command}: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has heard enough, `head` for one.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _needed(given: Sequence[str]) -> dict[str, Command]:
    """The one subcommand that is meant, or all of them if help is."""
    names = [given[0]] if given and given[0] in COMMANDS else list(COMMANDS)
    return {name: cast("Command", importlib.import_module(COMMANDS[name])) for name in names}


class Parser(argparse.ArgumentParser):
    """Says what is wrong with an argument, without repeating all of a long one."""

    def error(self, message: str) -> NoReturn:
        """End the program."""
        super().error(_readable(message))


def _readable(message: str) -> str:
    """Write what repeats an argument so that a terminal bears it, without all of a long one."""
    text = message.encode(errors="backslashreplace").decode()
    half = ERROR_LIMIT // 2
    return text if len(text) <= ERROR_LIMIT else f"{text[:half]} … {text[-half:]}"


def _parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    parser = Parser(prog="momento", description="Momento's workers.")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in commands.items():
        command.configure(
            choices.add_parser(name, help=command.HELP, description=f"{command.HELP}.")
        )
    return parser


def _settings(command: str, environ: Mapping[str, str]) -> Settings:
    settings = load_settings(environ)
    if command in APART:
        return settings
    ours = {name: value for name, value in environ.items() if value}
    return load_settings(running_environment(settings.momento_home) | ours)
