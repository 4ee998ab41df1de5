"""`momento erase`: has somebody forgotten for good, once that is confirmed."""

import argparse
import sys
from uuid import uuid4

from sqlmodel import Session

from domain.ops.acting import WrongRequestError
from domain.ops.erasing import TYPED, Order, Preview, erase, preview_erasure
from workers.clock import utc_now
from workers.commands.arguments import add_why, an_id, words
from workers.commands.asking import transactions
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "erase"
HELP = "Have somebody forgotten for good; it can't be undone"


def configure(parser: argparse.ArgumentParser) -> None:
    """Whom, why, and what confirms it."""
    parser.add_argument("id", type=an_id, metavar="PERSON", help="their id")
    add_why(parser)
    parser.add_argument(
        "--confirm",
        type=words(64),
        metavar="TEXT",
        help=f"the first {TYPED} characters of the id; asked for if it isn't given",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Say what it would touch, have it confirmed, publish the deletion."""
    with transactions(settings) as begin:
        with begin() as session:
            found = _preview(session, arguments)
        print(
            f"Person {found.person_id}, {found.status}: {found.open_invitations} open invitations,"
            f" {found.coming_gatherings} coming gatherings, {found.notifications} notifications."
        )
        confirm = arguments.confirm or _asked(found)
        order = Order(arguments.id, uuid4(), why=arguments.why, confirm=confirm)
        try:
            with begin() as session:
                erase(session, whoever(), order, now=utc_now())
        except WrongRequestError as error:
            raise CommandError(f"{error} Nothing was changed.") from None
    print(
        "It is published: within seconds they are forgotten."
        f" `momento trace {order.identity}` shows what each handler made of it."
    )
    return 0


def _preview(session: Session, arguments: argparse.Namespace) -> Preview:
    found = preview_erasure(session, arguments.id)
    if found is None:
        raise CommandError("There is nobody of that id, or nobody any more.")
    return found


def _asked(found: Preview) -> str:
    if not sys.stdin.isatty():
        message = f"Nobody can be asked here: say --confirm {found.typed}. Nothing was changed."
        raise CommandError(message)
    return input(f"It can't be undone. Type {found.typed} to go on: ")
