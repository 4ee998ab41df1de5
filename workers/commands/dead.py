"""`momento dead`: what failed for good, and what to do about it: list, retry, discard, take back.

What is done to all of it is a bulk operation (`many.py`). It is written down like what is done in
the dashboard, under the name of whose terminal it is.
"""

import argparse
from typing import Any, Final
from uuid import uuid4

from sqlmodel import Session

from domain.ledger_queries import DeadDelivery, dead_deliveries
from domain.ops.acting import discard, restore, retry, states_of
from domain.ops.bulk import undo
from domain.ops.triage import triage
from domain.tables.ops import BulkKind
from workers.clock import utc_now
from workers.commands.arguments import add_json, an_id, words
from workers.commands.asking import aligned, as_json, one_transaction, transactions
from workers.commands.following import add_timeout, as_time, begin_one, find, follow
from workers.commands.many import NO_ERROR, add_many, do_many
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "dead"
HELP = "List, retry, discard or take back deliveries that failed for good"
HANDLER: Final = words(128)


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show them, the newest first")
    listing.add_argument(
        "--handler", type=HANDLER, help="only of this handler, e.g. kudos.apply_kudos_given"
    )
    listing.add_argument("--limit", type=_count, default=50, metavar="N", help="at most N (50)")
    listing.add_argument(
        "--kinds", action="store_true", help="by handler and kind of error, with how many"
    )
    add_json(listing)
    retrying = actions.add_parser("retry", help="have one, or all, tried again")
    _add_delivery(retrying, nargs="?")
    add_many(retrying, BulkKind.RETRY)
    discarding = actions.add_parser("discard", help="give one, or all, up for good")
    _add_delivery(discarding, nargs="?")
    add_many(discarding, BulkKind.DISCARD)
    undoing = actions.add_parser("undo", help="take back what was discarded in bulk")
    undoing.add_argument("id", type=an_id, metavar="ID", help="as momento bulk list has it")
    add_timeout(undoing)
    restoring = actions.add_parser("restore", help="take back a discard, within 30 days")
    _add_delivery(restoring)


def _add_delivery(parser: argparse.ArgumentParser, **options: Any) -> None:
    parser.add_argument("seq", type=_count, metavar="SEQ", help="its number", **options)
    parser.add_argument(
        "handler", type=HANDLER, metavar="HANDLER", help="whose delivery", **options
    )


def _count(text: str) -> int:
    """Read a number above zero that Postgres's bigint can hold."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**63:
        message = f"{text!r} is not a whole number above zero"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, and say what became of it."""
    if arguments.action in KINDS:
        _check(arguments)
        if arguments.all:
            return do_many(arguments, settings, kind=KINDS[arguments.action])
    if arguments.action == "undo":
        return _undo(arguments, settings)
    with one_transaction(settings) as session:
        answer = ACTIONS[arguments.action](session, arguments)
    print(answer)
    return 0


KINDS: Final = {"retry": BulkKind.RETRY, "discard": BulkKind.DISCARD}


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what says neither what nor all, or both."""
    what, narrows = f"momento dead {arguments.action}", arguments.only or arguments.error
    if arguments.all == (arguments.seq is not None) or (narrows and not arguments.all):
        message = f"Say which: {what} SEQ HANDLER, or --all, with --handler and --error or without."
        raise CommandError(message)
    if arguments.seq is not None and arguments.handler is None:
        message = f"Say whose: {what} SEQ HANDLER. `momento dead list` shows both."
        raise CommandError(message)


def _undo(arguments: argparse.Namespace, settings: Settings) -> int:
    """Have restored what an operation discarded, and wait for that."""
    with transactions(settings) as begin:
        with begin() as session:
            find(session, arguments.id)
        begun = begin_one(begin, lambda session: undo(
            session, whoever(), arguments.id, identity=uuid4(), now=utc_now()
        ))  # fmt: skip
        return follow(begin, begun.id, timeout=arguments.timeout)


def _list(session: Session, arguments: argparse.Namespace) -> str:
    if arguments.kinds:
        return _kinds(session, arguments)
    found = dead_deliveries(session, handler=arguments.handler, limit=arguments.limit)
    if arguments.json:
        return as_json(found)
    return aligned([HEADINGS, *map(_row, found)]) if found else "Nothing is dead."


def _kinds(session: Session, arguments: argparse.Namespace) -> str:
    found = [
        each
        for each in triage(session, utc_now()).groups
        if arguments.handler in (None, each.handler)
    ]
    if arguments.json:
        return as_json(found)
    rows = [
        (each.handler, f"{each.total:,}", as_time(each.last_at), each.fingerprint or NO_ERROR)
        for each in found
    ]
    return aligned([("HANDLER", "DEAD", "LAST", "ERROR"), *rows]) if rows else "Nothing is dead."


HEADINGS = ("SEQ", "HANDLER", "SINCE", "TRIES", "SUBJECT", "WHY")


def _row(dead: DeadDelivery) -> tuple[str, ...]:
    return (
        str(dead.seq),
        dead.handler,
        f"{dead.settled_at:%Y-%m-%d %H:%M}Z" if dead.settled_at else "-",
        str(dead.attempts + dead.deaths),
        dead.subject,
        "; ".join(text for text in (dead.reason, dead.error) if text),
    )


def _retry(session: Session, arguments: argparse.Namespace) -> str:
    seq, handler = arguments.seq, arguments.handler
    if retry(session, whoever(), (seq, handler), now=utc_now()):
        return f"{handler} will try {seq} again now."
    raise CommandError(_why_not(session, seq, handler))


def _discard(session: Session, arguments: argparse.Namespace) -> str:
    seq, handler = arguments.seq, arguments.handler
    if discard(session, whoever(), (seq, handler), why=arguments.why, now=utc_now()):
        return f"{seq} is discarded for {handler}; its error and your reason are kept."
    raise CommandError(_why_not(session, seq, handler))


def _restore(session: Session, arguments: argparse.Namespace) -> str:
    seq, handler = arguments.seq, arguments.handler
    if restore(session, whoever(), (seq, handler), now=utc_now()):
        return f"{seq} is dead for {handler} again, as it was."
    message = f"{seq} is not discarded for {handler}, or for more than 30 days."
    raise CommandError(f"{message} Nothing was changed.")


def _why_not(session: Session, seq: int, handler: str) -> str:
    """Say why nothing was changed."""
    state = states_of(session, [(seq, handler)]).get((seq, handler))
    if state is None:
        return f"There is no delivery of {seq} to {handler}. `momento trace {seq}` shows them."
    if state == "rejected":
        return f"{handler} rejected {seq} by the rules, and would again. Nothing was changed."
    return f"The delivery of {seq} to {handler} is {state}, not dead. Nothing was changed."


ACTIONS = {"list": _list, "retry": _retry, "discard": _discard, "restore": _restore}
