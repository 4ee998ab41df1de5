"""`momento reveal`: what is personal of one person, once, for a reason that is kept."""

import argparse

from domain.ops.acting import WrongRequestError
from domain.ops.revealing import show_once
from workers.clock import utc_now
from workers.commands.arguments import add_json, add_why, an_id
from workers.commands.asking import aligned, as_json, one_transaction
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "reveal"
HELP = "Print what is personal of one person; that you asked, and why, is kept"


def configure(parser: argparse.ArgumentParser) -> None:
    """Of whom, and why."""
    parser.add_argument("id", type=an_id, metavar="PERSON", help="their id")
    add_why(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write down who asks, then print it: what isn't committed isn't shown."""
    try:
        with one_transaction(settings) as session:
            found = show_once(session, whoever(), arguments.id, why=arguments.why, now=utc_now())
    except WrongRequestError as error:
        raise CommandError(str(error)) from None
    if arguments.json:
        print(as_json(found))
    else:
        print(aligned([(name, value or "-") for name, value in found.items()]))
    return 0
