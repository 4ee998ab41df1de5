"""`momento users`: who may sign in to the dashboard."""

import argparse
import getpass
import sys

from domain.ops.acting import WrongRequestError
from domain.tables.accounts import Role
from workers.account_service import AccountOrder, add_account, checked_name, remove
from workers.accounts import LONGEST, SHORTEST, Account, hash_password, list_accounts
from workers.clock import utc_now
from workers.commands.asking import aligned, one_transaction, words
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "users"
HELP = "Create, list and remove the accounts of the dashboard"
NAME_LIMIT = 200
TITLES = ("name", "role", "created")
TIME = "%Y-%m-%d %H:%M:%S%z"


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with whose account."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser(
        "create", help="make an account; its password is asked for, or read from standard input"
    )
    create.add_argument("name", metavar="NAME", help="who it is for, e.g. ada")
    create.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default=Role.VIEWER.value,
        help="viewer looks, operator also acts, admin also decides about accounts; viewer if none",
    )
    actions.add_parser("list", help="show all accounts")
    remove = actions.add_parser("remove", help="remove an account and sign it out")
    remove.add_argument(
        "name", type=words(NAME_LIMIT), metavar="NAME", help="its name, from momento users list"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    if arguments.action == "create":
        _create(_checked(arguments.name), Role(arguments.role), settings=settings)
    elif arguments.action == "list":
        with one_transaction(settings) as session:
            rows = [_row(account) for account in list_accounts(session)]
        print(aligned([TITLES, *rows]))
    else:
        _remove(arguments.name.lower(), settings=settings)
    return 0


def _create(name: str, role: Role, *, settings: Settings) -> None:
    order = AccountOrder(name, role, hash_password(_asked_password()))
    try:
        with one_transaction(settings) as session:
            add_account(session, whoever(), order, now=utc_now())
    except WrongRequestError as error:
        raise CommandError(f"{error} Choose another, or remove that one first.") from None
    print(f"{name} may sign in as {role}.")


def _remove(name: str, *, settings: Settings) -> None:
    with one_transaction(settings) as session:
        was_there = remove(session, whoever(), name, now=utc_now())
    if not was_there:
        raise CommandError(f"Nobody is called {name}. See momento users list.")
    print(f"{name} may not sign in any more.")


def _row(account: Account) -> tuple[str, ...]:
    return account.name, account.role.value, account.created_at.strftime(TIME)


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except WrongRequestError as error:
        raise CommandError(str(error)) from None


def _asked_password() -> str:
    """Ask for it twice on a terminal; take one line of what is piped in otherwise.

    Never an argument: those stand in the shell's history and in every list of processes.
    """
    try:
        password = _typed() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        password.encode()
    except UnicodeError:
        # Not chained: the error holds what was read.
        raise CommandError("The password is not text in UTF-8. Nothing was made.") from None
    if not SHORTEST <= len(password) <= LONGEST:
        raise CommandError(f"A password needs from {SHORTEST} to {LONGEST} characters.")
    return password


def _typed() -> str:
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise CommandError("The two differ. Nothing was made.")
    return password
