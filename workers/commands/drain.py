"""`momento drain`: waits until all that was published has been dealt with."""

import argparse
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from workers.commands import database_url
from workers.connections import check_database
from workers.database import make_engine
from workers.errors import CommandError
from workers.quiet import Open, wait_until_quiet
from workers.settings import Settings

NAME = "drain"
HELP = "Wait until nothing is pending, dispatched or due"


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
    try:
        still_open = wait_until_quiet(engine, timeout)
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None) or "no answer"
        message = (
            f"The database can't be asked ({code}). Is it migrated? `momento migrate` does it."
        )
        raise CommandError(message) from None
    finally:
        engine.dispose()
    if still_open is None or still_open:
        raise CommandError(_complaint(still_open))


def _complaint(still_open: Open | None) -> str:
    if still_open is None:
        return "The database has stopped answering; whether anything is open can't be told."
    return f"The time is up with {still_open}. Do relay and worker run? See `momento status`."


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
