"""What is done to many deliveries from a terminal: shown before, confirmed, and waited for.

It is the operation that the dashboard's pages begin.
"""

import argparse
import sys
from typing import Any, Final
from uuid import uuid4

from domain.constants import BULK_MOST
from domain.ops.bulk import Order, start
from domain.ops.previewing import Preview, preview_bulk
from domain.ops.triage import DeadSelection
from domain.tables.ops import BulkKind
from workers.clock import utc_now
from workers.commands.arguments import words
from workers.commands.asking import shown, transactions
from workers.commands.following import add_timeout, begin_one, follow
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

WHY_LIMIT: Final = 2_000
ERROR: Final = words(400)
# What stands for those that have kept no error.
NO_ERROR: Final = "none"


def add_many(parser: argparse.ArgumentParser, kind: BulkKind) -> None:
    """The arguments of what is done to all that is dead, or all of a handler or an error."""
    parser.add_argument(
        "--all", action="store_true", help=f"everything dead, {BULK_MOST:,} at most at a time"
    )
    parser.add_argument(
        "--handler", type=words(128), dest="only", metavar="HANDLER",
        help="with --all: only of this handler",
    )  # fmt: skip
    parser.add_argument(
        "--error", type=ERROR, metavar="KIND",
        help="with --all: only of this kind of error, as momento dead list --kinds has it",
    )  # fmt: skip
    parser.add_argument(
        "--why", type=words(WHY_LIMIT), required=kind is BulkKind.DISCARD, metavar="TEXT",
        help="kept for who asks later",
    )  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="with --all: don't ask before")
    if kind is BulkKind.RETRY:
        parser.add_argument(
            "--no-canary", action="store_true", help="with --all: don't try one alone first"
        )
    add_timeout(parser)


def do_many(arguments: argparse.Namespace, settings: Settings, *, kind: BulkKind) -> int:
    """Show what would be done, have it confirmed, do it and wait; 0 if none of it failed again."""
    if arguments.why is None:
        raise CommandError("Say why, with --why: it is kept for who asks later.")
    error = "" if arguments.error == NO_ERROR else arguments.error
    chosen = DeadSelection(handler=arguments.only, error=error)
    with transactions(settings) as begin:
        with begin() as session:
            found = preview_bulk(session, chosen, now=utc_now())
        if not found.count:
            print("Nothing of that is dead.")
            return 0
        _show(kind, found)
        if not arguments.yes:
            _ask(found.total)
        canary = kind is BulkKind.RETRY and not arguments.no_canary
        order = Order(kind, chosen, arguments.why, expected=found.total, canary=canary)
        begun = begin_one(begin, lambda session: start(
            session, whoever(), order, identity=uuid4(), now=utc_now()
        ))  # fmt: skip
        code = follow(begin, begun.id, timeout=arguments.timeout)
        if found.count > found.total:
            print(f"More than {BULK_MOST:,} were dead: do it again for the rest.")
        return code


def _show(kind: BulkKind, found: Preview) -> None:
    print(f"{kind.capitalize()} {found.total:,}: {shown(found.words)}.")
    for (seq, handler), prospect in list(found.sample.items())[:3]:
        worth: Any = prospect.worth
        print(f"  {seq} {shown(handler)}" + (f": {worth.level}, {worth.sentence}" if worth else ""))
    if found.stale:
        print(f"Of the first {len(found.sample)} looked at {found.stale} are pointless by now.")


def _ask(count: int) -> None:
    """Have the number typed; raises CommandError for another, or where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise CommandError("Nobody can be asked here: say --yes. Nothing was changed.")
    if input(f"Type {count} to go on: ").strip().replace(",", "") != str(count):
        raise CommandError("Nothing was changed.")
