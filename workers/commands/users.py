"""`momento users`: who may sign in to the dashboard."""

import argparse
import getpass
import sys

from sqlmodel import Session

from domain.ops.acting import WrongRequestError
from domain.tables.accounts import Role
from workers.account_service import (
    AccountEntry,
    AccountOrder,
    account_entries,
    add_account,
    change_role,
    checked_name,
    disable,
    enable,
    remove,
)
from workers.accounts import LONGEST, SHORTEST, hash_password
from workers.clock import utc_now
from workers.commands.arguments import add_why, words
from workers.commands.asking import aligned, one_transaction
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "users"
HELP = "Create, list, change, disable and remove the accounts of the dashboard"
NAME_LIMIT = 200
TITLES = ("name", "role", "created", "disabled", "sessions")
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
    changing = actions.add_parser("role", help="give an account another role")
    _add_name(changing)
    changing.add_argument(
        "role", choices=[role.value for role in Role], help="what it may from now on"
    )
    disabling = actions.add_parser("disable", help="let nobody sign in with it, and sign it out")
    _add_name(disabling)
    add_why(disabling)
    _add_name(actions.add_parser("enable", help="take back that it is disabled"))
    _add_name(actions.add_parser("remove", help="remove an account and sign it out"))


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", type=words(NAME_LIMIT), metavar="NAME", help="its name, from momento users list"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    if arguments.action == "create":
        _create(_checked(arguments.name), Role(arguments.role), settings=settings)
    elif arguments.action == "list":
        with one_transaction(settings) as session:
            rows = [_row(each) for each in account_entries(session, now=utc_now())]
        print(aligned([TITLES, *rows]))
    else:
        with one_transaction(settings) as session:
            said = ACTIONS[arguments.action](session, arguments.name.lower(), arguments)
        print(said)
    return 0


def _create(name: str, role: Role, *, settings: Settings) -> None:
    order = AccountOrder(name, role, hash_password(_asked_password()))
    try:
        with one_transaction(settings) as session:
            add_account(session, whoever(), order, now=utc_now())
    except WrongRequestError as error:
        raise CommandError(f"{error} Choose another, or remove that one first.") from None
    print(f"{name} may sign in as {role}.")


def _role(session: Session, name: str, arguments: argparse.Namespace) -> str:
    role = Role(arguments.role)
    if not change_role(session, whoever(), name, role=role, now=utc_now()):
        raise CommandError(_why_not(session, name, f"is {role} already"))
    return f"{name} is {role} from its next request on."


def _disable(session: Session, name: str, arguments: argparse.Namespace) -> str:
    try:
        changed = disable(session, whoever(), name, why=arguments.why, now=utc_now())
    except WrongRequestError as error:
        raise CommandError(str(error)) from None
    if not changed:
        raise CommandError(_why_not(session, name, "is disabled already"))
    return f"Nobody signs in as {name} any more; every session of it is ended."


def _enable(session: Session, name: str, _arguments: argparse.Namespace) -> str:
    if not enable(session, whoever(), name, now=utc_now()):
        raise CommandError(_why_not(session, name, "isn't disabled"))
    return f"{name} may sign in again."


def _remove(session: Session, name: str, _arguments: argparse.Namespace) -> str:
    if not remove(session, whoever(), name, now=utc_now()):
        raise CommandError(_why_not(session, name, ""))
    return f"{name} may not sign in any more."


ACTIONS = {"role": _role, "disable": _disable, "enable": _enable, "remove": _remove}


def _why_not(session: Session, name: str, otherwise: str) -> str:
    """Say why nothing was changed."""
    if name not in {each.name for each in account_entries(session, now=utc_now())}:
        return f"Nobody is called {name}. See momento users list."
    return f"{name} {otherwise}. Nothing was changed."


def _row(account: AccountEntry) -> tuple[str, ...]:
    created, gone = account.created_at, account.disabled_at
    disabled = gone.strftime(TIME) if gone else ""
    return account.name, account.role, created.strftime(TIME), disabled, str(account.sessions)


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
