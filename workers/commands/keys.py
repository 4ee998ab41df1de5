"""`momento keys`: API keys for those who publish over HTTP."""

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from uuid import UUID

from domain.catalogue import PUBLIC_TYPES
from workers.commands.asking import aligned, one_transaction, words
from workers.errors import CommandError
from workers.keys import EVERY_TYPE, Key, KeyEntry, create_key, list_keys, revoke_key
from workers.settings import Settings

NAME = "keys"
HELP = "Create, list and revoke the API keys of the gateway"
NAME_LIMIT = 200
TYPE_LIMIT = 128
TITLES = ("id", "name", "created", "revoked", "types")
TIME = "%Y-%m-%d %H:%M:%S%z"


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which key."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key and print its secret, once")
    create.add_argument("name", type=words(NAME_LIMIT), help="whose key it is, e.g. api-service")
    create.add_argument(
        "--types",
        type=words(TYPE_LIMIT),
        nargs="+",
        default=[EVERY_TYPE],
        metavar="TYPE",
        help="what it may publish: kudos.given, payment.* or *, which is what it is without this",
    )
    actions.add_parser("list", help="show all keys, without their secrets")
    revoke = actions.add_parser("revoke", help="make a key useless, within 5 seconds")
    revoke.add_argument("id", type=UUID, metavar="ID", help="its id, from momento keys list")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    if arguments.action == "create":
        _create(arguments.name, arguments.types, settings=settings)
    elif arguments.action == "list":
        with one_transaction(settings) as session:
            rows = [_row(entry) for entry in list_keys(session)]
        print(aligned([TITLES, *rows]))
    else:
        with one_transaction(settings) as session:
            was_in_use = revoke_key(session, arguments.id)
        if not was_in_use:
            raise CommandError(f"No key in use has the id {arguments.id}. See momento keys list.")
    return 0


def _create(name: str, patterns: Sequence[str], *, settings: Settings) -> None:
    """Make a key; its secret alone goes to standard output, so that a shell can take it."""
    _check_patterns(patterns)
    with one_transaction(settings) as session:
        identity, secret = create_key(session, name, types=patterns)
    allowed = ", ".join(patterns)
    print(f"Key {identity} may publish {allowed}. It is shown only now:", file=sys.stderr)
    print(secret)


def _row(entry: KeyEntry) -> tuple[str, ...]:
    created = entry.created_at.strftime(TIME)
    revoked = entry.revoked_at.strftime(TIME) if entry.revoked_at else "-"
    return str(entry.key.id), entry.key.name, created, revoked, " ".join(entry.key.types)


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
