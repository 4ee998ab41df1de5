"""`momento drain`: waits until all that was published has been dealt with."""

import argparse
import math
import sys
import time
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from workers.commands import database_url
from workers.commands.asking import shown
from workers.connections import check_database
from workers.database import make_engine
from workers.errors import CommandError
from workers.quiet import Open, wait_until_quiet, what_is_paused
from workers.settings import Settings

NAME = "drain"
HELP = "Wait until nothing is pending, dispatched or due"
# So often it is looked for pauses that hold it up.
LOOK_EVERY_S: Final = 5.0


def configure(parser: argparse.ArgumentParser) -> None:
    """How long to wait."""
    parser.add_argument(
        "--timeout", type=seconds, metavar="S", help="give up after so many seconds; never if none"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Wait; deferred, rejected and dead deliveries do not hold it up."""
    drain(database_url(settings), arguments.timeout)
    print("Nothing is pending, dispatched or due.")
    return 0


def drain(url: str, timeout: timedelta | None) -> None:
    """Wait until it is quiet; raises CommandError that says what is open when the time is up."""
    check_database(url)
    engine = make_engine(url, process="command", pool_size=1)
    held = Held(engine)
    try:
        still_open = wait_until_quiet(engine, timeout, tell=held.tell)
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None) or "no answer"
        message = (
            f"The database can't be asked ({code}). Is it migrated? `momento migrate` does it."
        )
        raise CommandError(message) from None
    finally:
        engine.dispose()
    if still_open is None or still_open:
        raise CommandError(_complaint(still_open, held))


class Held:
    """Says which pauses it waits for, each once."""

    def __init__(self, engine: Engine) -> None:
        """None is known yet."""
        self.names: dict[str, None] = {}
        self._engine = engine
        self._looked_at = -math.inf

    def tell(self) -> None:
        """Look now and then, and say which are new."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        found = what_is_paused(self._engine)
        for each in found:
            if each.name not in self.names:
                until = f"{each.until:%Y-%m-%d %H:%M:%S}Z"
                said = f"{each.name} is paused until {until} by {each.actor}: {shown(each.why)}"
                print(f"Waits for what is paused: {said}", file=sys.stderr, flush=True)
        self.names = dict.fromkeys(each.name for each in found)


def _complaint(still_open: Open | None, held: Held) -> str:
    if still_open is None:
        return "The database has stopped answering; whether anything is open can't be told."
    why = "Do relay and worker run?"
    if held.names:
        names = ", ".join(held.names)
        why = f"It waits for what is paused ({names}): `momento lanes resume NAME` lets it go on."
    return f"The time is up with {still_open}. {why} See `momento status`."


def seconds(text: str) -> timedelta:
    """Read a number of seconds from the command line."""
    try:
        duration = timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        duration = timedelta(-1)
    if duration < timedelta(0):
        message = f"{text!r} is no number of seconds"
        raise argparse.ArgumentTypeError(message)
    return duration
