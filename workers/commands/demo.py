"""`momento demo`: plays some weeks of a simulated city into the running system."""

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from domain.envelope import Envelope
from workers.city import history, history_of_a_year
from workers.city.looks import closer_looks, worth_matching
from workers.city.phones import give_phones
from workers.city.posting import Gateway, Posted
from workers.city.story import FEWEST_PEOPLE, GATHERINGS, PEOPLE, PEOPLE_IN_A_YEAR
from workers.city.summary import Told, summarise
from workers.city.trouble import make_trouble, mend
from workers.clock import utc_now
from workers.commands import database_url
from workers.commands.asking import one_transaction, transactions
from workers.commands.drain import drain
from workers.commands.paying import let_pay
from workers.connections import check_database
from workers.errors import CommandError
from workers.itself import own_command
from workers.readiness import ANYWHERE
from workers.settings import Settings

NAME = "demo"
HELP = "Play a simulated evening into the running system"
API_KEY: Final = "api-key"
# Some seconds are enough; minutes only where something is stuck.
SETTLED_WITHIN: Final = timedelta(minutes=3)


def configure(parser: argparse.ArgumentParser) -> None:
    """Which city, and how large."""
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="another seed, another city (1)"
    )
    parser.add_argument(
        "--people",
        type=_at_least(FEWEST_PEOPLE),
        default=PEOPLE,
        metavar="N",
        help=f"how many live there ({PEOPLE})",
    )
    parser.add_argument(
        "--gatherings",
        type=_at_least(1),
        default=GATHERINGS,
        metavar="N",
        help=f"how many gatherings they have ({GATHERINGS})",
    )
    parser.add_argument(
        "--year", action="store_true", help=f"a whole year of {PEOPLE_IN_A_YEAR:,} people"
    )
    trouble = parser.add_mutually_exclusive_group()
    trouble.add_argument(
        "--trouble", action="store_true", help="then break something, for the dashboard to show"
    )
    trouble.add_argument(
        "--mend", action="store_true", help="mend what --trouble broke, and play nothing"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Publish the city's history over HTTP, wait until it is applied, and say what changed."""
    url = database_url(settings)
    check_database(url)
    if arguments.mend:
        return _mend(settings)
    if arguments.trouble and settings.sandbox_url is None:
        raise CommandError("--trouble breaks a table on purpose: only a sandbox is for that.")
    key = _api_key(settings)
    told = let_pay(give_phones(_history(arguments)), settings)
    host = ANYWHERE.get(settings.gateway_host, settings.gateway_host)
    with Gateway(host, settings.gateway_port, key=key) as gateway:
        print(_published(gateway.post(told)))
        started = time.monotonic()
        drain(url, SETTLED_WITHIN)
        print(f"All of it was applied {time.monotonic() - started:.1f} s later.")
        _show(told, settings)
        if arguments.trouble:
            _trouble(told, gateway, settings=settings)
    return 0


def _trouble(told: Sequence[Envelope], gateway: Gateway, *, settings: Settings) -> None:
    """Break something, rescue a part of it, and say where the rest is mended."""
    with transactions(settings) as begin:
        make_trouble(told, begin, gateway.post)
    host = ANYWHERE.get(settings.dashboard_host, settings.dashboard_host)
    print(f"""
Some kudos can't be written, on purpose: a rule came too early. Look at the dashboard,
  http://{host}:{settings.dashboard_port}/dead
where half of what died is being retried, the first of it alone. Mend the rest with
  {own_command()} demo --mend
and retry it there.""")


def _mend(settings: Settings) -> int:
    with transactions(settings) as begin:
        mend(begin)
    print("The rule that barred some kudos is gone. What died of it can be retried.")
    return 0


def _history(arguments: argparse.Namespace) -> list[Envelope]:
    """Tell some weeks of the city that is asked for, or a year of the large one."""
    now, seed = utc_now(), arguments.seed
    if arguments.year:
        print(f"City {seed}, a year of {PEOPLE_IN_A_YEAR:,} people.")
        return history_of_a_year(seed, now=now)
    people, gatherings = arguments.people, arguments.gatherings
    print(f"City {seed}, {people} people, gatherings: {gatherings}.")
    return history(seed, now=now, people=people, gatherings=gatherings)


def _api_key(settings: Settings) -> str:
    file = settings.momento_home / API_KEY
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        message = (
            f"No API key can be read from {file} ({error.strerror}). `momento up` leaves one there"
            " when the database is embedded; else put one there that `momento keys create` makes."
        )
        raise CommandError(message) from None


def _published(posted: Posted) -> str:
    if posted.accepted == 0:
        return (
            f"Nothing new was accepted: all {posted.duplicates:,} domain events were known"
            " already, and a second time has no effect. Another --seed makes another city."
        )
    known = f", {posted.duplicates:,} were known already" if posted.duplicates else ""
    return f"{posted.accepted:,} domain events were accepted{known}."


def _show(told: Sequence[Envelope], settings: Settings) -> None:
    """Print what became of it, and where to look closer."""
    with one_transaction(settings) as session:
        lines = list(summarise(session, Told.of(told)))
        looks = closer_looks(session, told)
        to_match = worth_matching(session, told)
    print()
    for what, how_much in lines:
        print(f"  {what:<12} {how_much}")
    print("\nLook closer:")
    for look in looks:
        print(f"  {own_command()} trace {look.id}  # {look.why}")
    if to_match is not None:
        print(f"  {own_command()} match {to_match}  # who else could come")
    print(f"  {own_command()} notifications list  # who is told what, and who isn't")
    if "stripe" in settings.sandbox_providers:
        print(f"  {own_command()} sandbox log --provider stripe  # money that goes back")


def _at_least(least: int) -> Callable[[str], int]:
    """Read a whole number from the command line that isn't too small."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            message = f"{text!r} is no whole number of at least {least}"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return read
