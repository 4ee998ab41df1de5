"""`momento keys`: API keys for those who publish over HTTP."""

import argparse
import difflib
import getpass
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from domain.catalogue import PUBLIC_TYPES
from workers.commands.asking import aligned, one_transaction, time_span, whole_number, words
from workers.errors import CommandError
from workers.key_rotation import changes, rotate_key
from workers.keys import EVERY_TYPE, Key, KeyEntry, Quota, create_key, list_keys, revoke_key
from workers.settings import Settings

NAME = "keys"
HELP = "Create, list, rotate and revoke the API keys of the gateway"
NAME_LIMIT = 200
TYPE_LIMIT = 128
RATE_LIMIT = 1_000_000
# What a key that is limited may publish at once after a pause, in seconds of its rate.
BURST_S = 2
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=90)
TITLES = ("id", "name", "created", "last used", "until", "per second", "types")
TITLES_OF_CHANGES = ("when", "what", "by", "id", "name")
TIME = "%Y-%m-%d %H:%M:%S%z"


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which key."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _configure_create(actions.add_parser("create", help="make a key and print its secret, once"))
    actions.add_parser("list", help="show all keys, without their secrets")
    rotate = actions.add_parser("rotate", help="make a key that takes another's place, no gap")
    rotate.add_argument("name", type=words(NAME_LIMIT), help="its name, or its id")
    rotate.add_argument(
        "--overlap",
        type=time_span(LONGEST_OVERLAP),
        default=OVERLAP,
        metavar="TIME",
        help="how long the old one still works: 24h (without this), 30m, 7d, or 0",
    )
    revoke = actions.add_parser("revoke", help="make a key useless, at once")
    revoke.add_argument("id", type=UUID, metavar="ID", help="its id, from momento keys list")
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
    if arguments.action == "create":
        _check_patterns(arguments.types)
        _check_burst(arguments)
    actions = {
        "create": _create,
        "list": _list,
        "rotate": _rotate,
        "revoke": _revoke,
        "log": _log,
    }
    with one_transaction(settings) as session:
        said, secret = actions[arguments.action](arguments, session)
    # A secret alone goes to standard output, so that a shell can take it.
    print(said, file=sys.stderr if secret else sys.stdout)
    if secret:
        print(secret)
    return 0


def _create(arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    quota = None
    if arguments.rate is not None:
        quota = Quota(arguments.rate, arguments.burst or arguments.rate * BURST_S)
    identity, secret = create_key(
        session, arguments.name, types=arguments.types, quota=quota, by=_somebody()
    )
    allowed = ", ".join(arguments.types)
    return f"Key {identity} may publish {allowed}. It is shown only now:", secret


def _list(_arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    return aligned([TITLES, *map(_row, list_keys(session))]), ""


def _rotate(arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    rotated = rotate_key(session, arguments.name, overlap=arguments.overlap, by=_somebody())
    until = rotated.old_ends_at.strftime(TIME)
    said = f"Key {rotated.key.id} works from now on, the one before it until {until}."
    return f"{said} It is shown only now:", rotated.secret


def _revoke(arguments: argparse.Namespace, session: Session) -> tuple[str, str]:
    if not revoke_key(session, arguments.id, by=_somebody()):
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


def _somebody() -> str:
    """Name the account of this machine that does it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # An account without a name, as containers have.
        return "somebody"


def _check_burst(arguments: argparse.Namespace) -> None:
    if arguments.burst is not None and arguments.rate is None:
        raise CommandError("--burst says how much of a --rate may come at once; give both.")


def _check_patterns(patterns: Iterable[str]) -> None:
    """Raise CommandError for a pattern that allows nothing: surely a misspelling."""
    names = [payload.NAME for payload in PUBLIC_TYPES.values()]
    topics = sorted({f"{name.partition('.')[0]}.*" for name in names})
    for pattern in patterns:
        key = Key(UUID(int=0), "", (pattern,))
        if not any(key.allows(name) for name in names):
            close = difflib.get_close_matches(pattern, names + topics, n=1)
            hint = f"did you mean {close[0]}?" if close else "see momento catalogue."
            raise CommandError(f"{pattern} is no type that anybody may publish; {hint}")
