"""`momento users`: who may sign in to the dashboard."""

import argparse
import getpass
import sys

from domain.tables.accounts import Role
from workers.accounts import (
    LONGEST,
    NAME_FORM,
    SHORTEST,
    Account,
    create_account,
    list_accounts,
    remove_account,
)
from workers.commands.asking import aligned, one_transaction, words
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
    password = _asked_password()
    with one_transaction(settings) as session:
        identity = create_account(session, name, role=role, password=password)
    if identity is None:
        raise CommandError(f"The name {name} is taken. Choose another, or remove that one first.")
    print(f"{name} may sign in as {role}.")


def _remove(name: str, *, settings: Settings) -> None:
    with one_transaction(settings) as session:
        was_there = remove_account(session, name)
    if not was_there:
        raise CommandError(f"Nobody is called {name}. See momento users list.")
    print(f"{name} may not sign in any more.")


def _row(account: Account) -> tuple[str, ...]:
    return account.name, account.role.value, account.created_at.strftime(TIME)


def _checked(name: str) -> str:
    name = name.lower()
    if not NAME_FORM.fullmatch(name):
        raise CommandError(
            "A name has at most 64 letters from a to z, digits and any of . _ @ + -,"
            " and starts with a letter or digit."
        )
    return name


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
