"""`momento keys`: API keys for those who publish over HTTP."""

import argparse
import difflib
from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session

from domain.catalogue import PUBLIC_TYPES
from workers.commands import database_url
from workers.connections import check_database
from workers.database import make_engine
from workers.errors import CommandError
from workers.keys import EVERY_TYPE, Key, create_key, list_keys, revoke_key
from workers.settings import Settings

NAME = "keys"
HELP = "Create, list and revoke the API keys of the gateway"
COLUMNS = "{:<36}  {:<20}  {:<19}  {:<19}  {}"
TIME = "%Y-%m-%d %H:%M:%S"


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which key."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key and print its secret, once")
    create.add_argument("name", help="whose key it is, e.g. api-service")
    create.add_argument(
        "--types",
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
    url = database_url(settings)
    if arguments.action == "create":
        _check_patterns(arguments.types)
    check_database(url)
    engine = make_engine(url, process="keys", pool_size=1)
    try:
        with Session(engine) as session:
            _act(session, arguments)
            session.commit()
    finally:
        engine.dispose()
    return 0


def _act(session: Session, arguments: argparse.Namespace) -> None:
    if arguments.action == "create":
        identity, secret = create_key(session, arguments.name, types=arguments.types)
        session.commit()
        print(f"Key {identity} may publish {', '.join(arguments.types)}. It is shown only now:")
        print(secret)
    elif arguments.action == "list":
        print(COLUMNS.format("id", "name", "created", "revoked", "types"))
        for entry in list_keys(session):
            created = entry.created_at.strftime(TIME)
            revoked = entry.revoked_at.strftime(TIME) if entry.revoked_at else "-"
            key = entry.key
            print(COLUMNS.format(str(key.id), key.name, created, revoked, " ".join(key.types)))
    elif not revoke_key(session, arguments.id):
        raise CommandError(f"No key in use has the id {arguments.id}. See momento keys list.")


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
