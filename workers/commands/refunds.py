"""`momento refunds`: money that must go back, and what to do about what Stripe won't give back."""

import argparse
from typing import Final

from sqlmodel import Session

from domain.ops.audit import Deed, record
from domain.payments.refund_log import BAD, LoggedRefund, close, list_refunds, retry
from domain.tables.refunds import RefundState
from workers.clock import utc_now
from workers.commands.arguments import HIGHEST_LIMIT, add_json, add_limit, id_shown_by, words
from workers.commands.asking import aligned, as_json, one_transaction
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "refunds"
HELP = "Say what became of money that must go back; have it tried again, or close it"
WHY_LIMIT: Final = 500
PAYMENT: Final = id_shown_by("`momento refunds list` shows it")
# What isn't over.
OPEN: Final = [
    str(each) for each in (*BAD, RefundState.DUE, RefundState.PENDING, RefundState.FROZEN)
]
HEADINGS: Final = ("PAYMENT", "SINCE", "AMOUNT", "WISHED FOR", "STATE", "WHY", "TRIES", "AT STRIPE")


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what isn't made yet, the newest first")
    states = [each.value for each in RefundState]
    listing.add_argument("--state", choices=states, help="only in this state, any of them")
    add_limit(listing)
    add_json(listing)
    retrying = actions.add_parser("retry", help="have one tried again that was refused or failed")
    which = retrying.add_mutually_exclusive_group(required=True)
    which.add_argument("payment", nargs="?", type=PAYMENT, metavar="PAYMENT")
    which.add_argument("--all", action="store_true", help="all that were refused")
    closing = actions.add_parser("close", help="note that one was settled in another way")
    closing.add_argument("payment", type=PAYMENT, metavar="PAYMENT")
    closing.add_argument(
        "--why", type=words(WHY_LIMIT), required=True, metavar="TEXT", help="kept with it"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, and say what became of it."""
    actions = {"list": _list, "retry": _retry, "close": _close}
    with one_transaction(settings) as session:
        answer = actions[arguments.action](session, arguments)
    print(answer)
    return 0


def _list(session: Session, arguments: argparse.Namespace) -> str:
    states = OPEN if arguments.state is None else [arguments.state]
    found = list_refunds(session, states=states, limit=arguments.limit)
    if arguments.json:
        return as_json(found)
    return aligned([HEADINGS, *map(_row, found)]) if found else "There is nothing of that kind."


def _row(logged: LoggedRefund) -> tuple[str, ...]:
    return (
        logged.payment_id,
        f"{logged.requested_at:%Y-%m-%d %H:%M}Z",
        f"{logged.amount_in_cents / 100:.2f} {logged.currency}",
        logged.wish,
        logged.state,
        logged.reason or "",
        str(logged.attempts),
        logged.stripe_refund_id or "",
    )


def _retry(session: Session, arguments: argparse.Namespace) -> str:
    now = utc_now()
    if arguments.all:
        refused = list_refunds(session, states=[RefundState.REFUSED], limit=HIGHEST_LIMIT)
        again = [each.payment_id for each in refused if retry(session, each.payment_id, now=now)]
        details = {"refunds": len(again), "payments": again}
        deed = Deed("refunds.retry.all", details=details)
        record(session, whoever(), deed, now=now)
        return f"To be tried again: {len(again)}."
    if not retry(session, arguments.payment, now=now):
        raise CommandError(_nothing(arguments.payment))
    deed = Deed("refunds.retry", details={"payment": arguments.payment})
    record(session, whoever(), deed, now=now)
    return f"{arguments.payment} is due now. Stripe is asked first what was refunded already."


def _close(session: Session, arguments: argparse.Namespace) -> str:
    if not close(session, arguments.payment, why=arguments.why):
        raise CommandError(_nothing(arguments.payment))
    deed = Deed("refunds.close", why=arguments.why, details={"payment": arguments.payment})
    record(session, whoever(), deed, now=utc_now())
    return f"{arguments.payment} is closed."


def _nothing(payment: str) -> str:
    return f"No refund of {payment} was refused or has failed. Nothing was changed."
