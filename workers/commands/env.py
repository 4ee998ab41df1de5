"""`momento env`: the running system's variables, for a shell's `eval`."""

import argparse
import sys

from workers.errors import CommandError
from workers.running import environment_script
from workers.settings import Settings

NAME = "env"
HELP = 'Print the running system\'s variables, for eval "$(momento env)"'


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments."""
    del parser


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a line for each variable."""
    del arguments
    script = environment_script(settings.momento_home)
    if script is None:
        message = f"No system is running in {settings.momento_home}. Start one with `momento up`."
        raise CommandError(message)
    sys.stdout.write(script)
    return 0
