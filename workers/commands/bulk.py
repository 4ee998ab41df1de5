"""`momento bulk`: what is done to many deliveries at once: list, show, wait for one, cancel."""

import argparse
from uuid import UUID

from sqlmodel import Session

from domain.ops.bulk import cancel
from domain.ops.operations import PAGE, Operation, list_operations
from workers.clock import utc_now
from workers.commands.arguments import add_json, an_id, whole_number
from workers.commands.asking import aligned, as_json, one_transaction, shown, transactions
from workers.commands.following import add_timeout, as_time, find, follow, progress_in_words
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "bulk"
HELP = "List, show, wait for or cancel what is done to many deliveries at once"
HEADINGS = ("ID", "WHAT", "STATE", "DELIVERIES", "BY", "BEGUN", "WHICH")


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show them, the newest first")
    listing.add_argument(
        "--limit", type=whole_number(1, 1_000), default=PAGE, metavar="N", help="at most N (50)"
    )
    add_json(listing)
    showing = actions.add_parser("show", help="show how one goes, and which to look at")
    _add_id(showing)
    add_json(showing)
    waiting = actions.add_parser("wait", help="wait until one is over; exits with 1 if it failed")
    _add_id(waiting)
    add_timeout(waiting)
    _add_id(actions.add_parser("cancel", help="leave alone what one has not come to"))


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=an_id, metavar="ID", help="as momento bulk list has it")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, and say what became of it."""
    if arguments.action == "wait":
        with transactions(settings) as begin:
            return follow(begin, arguments.id, timeout=arguments.timeout)
    with one_transaction(settings) as session:
        answer = ACTIONS[arguments.action](session, arguments)
    print(answer)
    return 0


def _list(session: Session, arguments: argparse.Namespace) -> str:
    found = list_operations(session, limit=arguments.limit)
    if arguments.json:
        return as_json(found)
    return aligned([HEADINGS, *map(_row, found)]) if found else "Nothing was done in bulk."


def _row(each: Operation) -> tuple[str, ...]:
    by = f"{each.actor} ({each.via})"
    total, begun = f"{each.total:,}", as_time(each.created_at)
    return each.id, each.kind, each.state, total, by, begun, each.selection


def _show(session: Session, arguments: argparse.Namespace) -> str:
    progress = find(session, arguments.id)
    if arguments.json:
        return as_json(progress)
    operation = progress.operation
    state = " ".join(text for text in (operation.state, operation.reason) if text)
    by = f"by {operation.actor} ({operation.via}) since {as_time(operation.created_at)}"
    lines = [
        f"{operation.kind} of {operation.total:,}, {state}: {shown(operation.selection)}",
        f"{by}: {shown(operation.why)}",
        progress_in_words(progress),
        *(
            f"  {item.result} {item.seq} {shown(item.handler)} {shown(item.reason or '')}".rstrip()
            for item in progress.items
        ),
    ]
    return "\n".join(lines)


def _cancel(session: Session, arguments: argparse.Namespace) -> str:
    bulk_id: UUID = arguments.id
    find(session, bulk_id)
    if not cancel(session, whoever(), bulk_id, now=utc_now()):
        raise CommandError(f"{bulk_id} is over already. Nothing was changed.")
    return f"{bulk_id} is cancelled; what it had not come to is left alone."


ACTIONS = {"list": _list, "show": _show, "cancel": _cancel}
