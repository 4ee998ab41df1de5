"""`momento inbox`: what providers told us and what became of it; what is personal is sealed."""

import argparse
from collections.abc import Iterator
from typing import Any, Final

from pydantic_core import to_json
from sqlmodel import Session

from domain.inbox.clerk import wait_again
from domain.inbox.keeping import Entry, close, find_entry, held_ids, list_entries
from domain.inbox.taking import PAGE, take_again
from domain.ops.audit import Deed, record
from domain.tables.inbox import InboxState
from workers.clock import utc_now
from workers.commands.arguments import add_json, add_limit, words
from workers.commands.asking import aligned, as_json, one_transaction, shown, transactions
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "inbox"
HELP = "Say what became of what Stripe and Clerk told us; have it judged again, or close it"
IDENTITY: Final = words(200)
WHY_LIMIT: Final = 500
# What somebody has to look at.
OPEN: Final = [InboxState.HELD.value, InboxState.WAITING.value]
HEADINGS: Final = ("ID", "SAID", "TYPE", "ABOUT", "STATE", "WHY", "WAITS FOR")


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what is held or waits, the newest first")
    states = [each.value for each in InboxState]
    listing.add_argument("--state", choices=states, help="only in this state, any of them")
    add_limit(listing)
    add_json(listing)
    showing = actions.add_parser("show", help="one, with what it is judged by")
    showing.add_argument("id", type=IDENTITY, metavar="ID")
    add_json(showing)
    _configure_retry(actions.add_parser("retry", help="have judged again what is held or waits"))
    closing = actions.add_parser("close", help="note that somebody has dealt with one otherwise")
    closing.add_argument("id", type=IDENTITY, metavar="ID")
    closing.add_argument(
        "--why",
        type=words(WHY_LIMIT),
        required=True,
        metavar="TEXT",
        help="kept in the log of what ops did",
    )


def _configure_retry(retrying: argparse.ArgumentParser) -> None:
    which = retrying.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=IDENTITY, metavar="ID")
    which.add_argument("--all", action="store_true", help="all that is held")
    retrying.add_argument(
        "--reason", type=IDENTITY, metavar="WHY", help="with --all: only what is held for this"
    )
    retrying.add_argument(
        "--any-amount", action="store_true", help="also if no fee has asked for that amount"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, and say what became of it."""
    if arguments.action == "retry":
        _check_retry(arguments)
        if arguments.all:
            print(_retry_all(arguments, settings))
            return 0
    actions = {"list": _list, "show": _show, "retry": _retry, "close": _close}
    with one_transaction(settings) as session:
        answer = actions[arguments.action](session, arguments)
    print(answer)
    return 0


def _list(session: Session, arguments: argparse.Namespace) -> str:
    states = OPEN if arguments.state is None else [arguments.state]
    found = list_entries(session, states=states, limit=arguments.limit)
    if arguments.json:
        return as_json(found)
    return aligned([HEADINGS, *map(_row, found)]) if found else "There is nothing of that kind."


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        entry.id,
        f"{entry.said_at:%Y-%m-%d %H:%M}Z",
        entry.type,
        entry.object_id or "",
        entry.state,
        entry.reason or "",
        entry.awaits or "",
    )


def _show(session: Session, arguments: argparse.Namespace) -> str:
    found = find_entry(session, arguments.id)
    if found is None:
        message = f"There is no {arguments.id}; what is settled is forgotten after 90 days."
        raise CommandError(message)
    entry, said = found
    if arguments.json:
        return as_json({"entry": entry, "said": said})
    return "\n".join(map(shown, _lines(entry, said)))


def _lines(entry: Entry, said: dict[str, Any] | None) -> Iterator[str]:
    why = f", {entry.reason}" if entry.reason else ""
    yield f"{entry.type} of {entry.object_id or 'nothing that we use'}: {entry.state}{why}"
    yield f"  said {entry.said_at:%Y-%m-%d %H:%M:%SZ}, heard {entry.received_at:%Y-%m-%d %H:%M:%SZ}"
    if entry.awaits:
        yield f"  waits for {entry.awaits}"
    if said is not None:
        yield f"  judged by {to_json(said).decode()}"


def _retry(session: Session, arguments: argparse.Namespace) -> str:
    details = {"id": arguments.id, "any_amount": arguments.any_amount}
    record(session, whoever(), Deed("inbox.retry", details=details), now=utc_now())
    taken = take_again(session, arguments.id, may_differ=arguments.any_amount)
    if taken is not None:
        why = f", {taken.reason}" if taken.reason else ""
        return f"{arguments.id} is {taken.state} now{why}."
    if wait_again(session, arguments.id):
        return f"{arguments.id} is tried again within ten seconds."
    found = find_entry(session, arguments.id)
    if found is not None and found[0].state == InboxState.WAITING:
        # One of Stripe's would have been judged; one of Clerk's is as soon as they are there.
        raise CommandError(f"{arguments.id} waits for somebody to register; it is tried then.")
    if found is not None and found[0].state == InboxState.HELD:
        message = f"Nothing is kept of {arguments.id} to judge. Deal with it, then close it."
        raise CommandError(message)
    raise CommandError(_not_open(arguments.id))


def _check_retry(arguments: argparse.Namespace) -> None:
    if arguments.all and arguments.any_amount:
        raise CommandError("An amount that no fee has asked for is taken one by one: give an ID.")
    if arguments.reason is not None and not arguments.all:
        raise CommandError("--reason says which of --all.")


def _retry_all(arguments: argparse.Namespace, settings: Settings) -> str:
    """Have all judged again that is held, in portions that keep nobody else waiting for long."""
    with transactions(settings) as begin:
        with begin() as session:
            todo = held_ids(session, reason=arguments.reason)
        still = 0
        for start in range(0, len(todo), PAGE):
            portion = todo[start : start + PAGE]
            with begin() as session:
                details = {"reason": arguments.reason, "ids": portion}
                record(session, whoever(), Deed("inbox.retry.all", details=details), now=utc_now())
                still += sum(not _is_taken(session, each) for each in portion)
    return f"Judged again: {len(todo)}. Still held: {still}."


def _is_taken(session: Session, identity: str) -> bool:
    """Have one judged again; whether it is held no more."""
    taken = take_again(session, identity, may_differ=False)
    if taken is not None:
        return taken.state != InboxState.HELD
    if wait_again(session, identity):
        return True
    found = find_entry(session, identity)
    return found is None or found[0].state != InboxState.HELD


def _close(session: Session, arguments: argparse.Namespace) -> str:
    now = utc_now()
    reason = close(session, arguments.id, now=now)
    if reason is None:
        raise CommandError(_not_open(arguments.id))
    details = {"id": arguments.id, "reason": reason}
    deed = Deed("inbox.close", why=arguments.why, details=details)
    record(session, whoever(), deed, now=now)
    return f"{arguments.id} is closed."


def _not_open(identity: str) -> str:
    return f"{identity} is neither held nor waits. Nothing was changed."
