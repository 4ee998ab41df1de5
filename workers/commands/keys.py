"""`momento keys`: API keys for those who publish over HTTP."""

import argparse
import sys
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session

from domain.constants import WHY_LIMIT_CHARACTERS as WHY_LIMIT
from domain.ops.acting import WrongRequestError
from workers.clock import utc_now
from workers.commands.arguments import time_span, whole_number, words
from workers.commands.asking import aligned, one_transaction
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.key_rotation import changes
from workers.key_service import (
    BURST_S,
    LONGEST_OVERLAP,
    NAME_LIMIT,
    RATE_LIMIT,
    KeyOrder,
    order_key,
    revoke,
    rotate,
)
from workers.keys import EVERY_TYPE, KeyEntry, list_keys
from workers.settings import Settings

NAME = "keys"
HELP = "Create, list, rotate and revoke the API keys of the gateway"
TYPE_LIMIT = 128
OVERLAP = timedelta(hours=24)
TITLES = ("id", "name", "created", "last used", "until", "per second", "types")
TITLES_OF_CHANGES = ("when", "what", "by", "id", "name")
TIME = "%Y-%m-%d %H:%M:%S%z"


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which key."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _configure_create(actions.add_parser("create", help="make a key and print its secret, once"))
    actions.add_parser("list", help="show all keys, without their secrets")
    rotating = actions.add_parser("rotate", help="make a key that takes another's place, no gap")
    rotating.add_argument("name", type=words(NAME_LIMIT), help="its name, or its id")
    rotating.add_argument(
        "--overlap",
        type=time_span(LONGEST_OVERLAP),
        default=OVERLAP,
        metavar="TIME",
        help="how long the old one still works: 24h (without this), 30m, 7d, or 0",
    )
    revoking = actions.add_parser("revoke", help="make a key useless, at once")
    revoking.add_argument("id", type=UUID, metavar="ID", help="its id, from momento keys list")
    revoking.add_argument(
        "--why",
        type=words(WHY_LIMIT),
        default="revoked at the command line",
        metavar="TEXT",
        help="kept for who asks later",
    )
    actions.add_parser("log", help="show what was done to keys, when and by whom")


def _configure_create(create: argparse.ArgumentParser) -> None:
    rate = whole_number(1, RATE_LIMIT)
    create.add_argument("name", type=words(NAME_LIMIT), help="whose key it is, e.g. api-service")
    create.add_argument(
        "--types",
        type=words(TYPE_LIMIT),
        nargs="+",
        default=[EVERY_TYPE],
        metavar="TYPE",
        help="what it may publish: kudos.given, payment.* or *, which is what it is without this",
    )
    create.add_argument(
        "--rate",
        type=rate,
        metavar="N",
        help="domain events a second that it may publish; no limit of its own without this",
    )
    create.add_argument(
        "--burst",
        type=rate,
        metavar="N",
        help=f"how many at once after a pause; {BURST_S} seconds' worth of --rate without this",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    actions = {
        "create": _create,
        "list": _list,
        "rotate": _rotate,
        "revoke": _revoke,
        "log": _log,
    }
    try:
        with one_transaction(settings) as session:
            said, secret = actions[arguments.action](arguments, session)
    except WrongRequestError as error:
        raise CommandError(str(error)) from None
    # A secret alone goes to standard output, so that a shell can take it.
    print(said, file=sys.stderr if secret else sys.stdout)
    if secret:
        print(secret)
    return 0


def _create(arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    order = KeyOrder(
        uuid4(),
        arguments.name,
        tuple(arguments.types),
        rate=arguments.rate,
        burst=arguments.burst,
    )
    secret = order_key(session, whoever(), order, now=utc_now())
    allowed = ", ".join(arguments.types)
    return f"Key {order.identity} may publish {allowed}. It is shown only now:", secret


def _list(_arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    return aligned([TITLES, *map(_row, list_keys(session))]), ""


def _rotate(arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    rotated = rotate(session, whoever(), arguments.name, overlap=arguments.overlap, now=utc_now())
    until = rotated.old_ends_at.strftime(TIME)
    said = f"Key {rotated.key.id} works from now on, the one before it until {until}."
    return f"{said} It is shown only now:", rotated.secret


def _revoke(arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    why = arguments.why
    if not revoke(session, whoever(), arguments.id, why=why, now=utc_now()):
        raise CommandError(f"No key in use has the id {arguments.id}. See momento keys list.")
    return f"Key {arguments.id} is of no use any more.", ""


def _log(_arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    rows = [
        (at.strftime(TIME), deed, by, str(identity), name)
        for at, deed, by, identity, name in changes(session)
    ]
    return aligned([TITLES_OF_CHANGES, *rows]), ""


def _row(entry: KeyEntry) -> tuple[str, ...]:
    quota = entry.key.quota
    ends = [moment for moment in (entry.revoked_at, entry.ends_at) if moment]
    return (
        str(entry.key.id),
        entry.key.name,
        _moment(entry.created_at),
        _moment(entry.last_used_at),
        _moment(min(ends, default=None)) + (" revoked" if entry.revoked_at else ""),
        f"{quota.per_second}, {quota.burst} at once" if quota else "-",
        " ".join(entry.key.types),
    )


def _moment(moment: datetime | None) -> str:
    return moment.strftime(TIME) if moment else "-"
