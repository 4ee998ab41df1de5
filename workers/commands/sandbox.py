"""`momento sandbox`: what people would have been told, and orders for those who stand in."""

import argparse
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import SecretStr

from workers.commands.arguments import whole_number, words
from workers.errors import CommandError
from workers.running import JOURNAL, running_environment
from workers.sandbox import Fault, Kind
from workers.sandbox.client import SandboxClient
from workers.sandbox.journal import Entry, page_of
from workers.sandbox.orders import LONGEST_S, MOST_TIMES
from workers.sandbox.telling import told
from workers.sandbox.twilio_rules import LONGEST
from workers.settings import Provider, Settings

NAME = "sandbox"
HELP = "Show what people would have been told, and order faults of the stand-ins"
PROVIDERS: Final[tuple[Provider, ...]] = get_args(Provider)
LOOK_EVERY_S: Final = 0.25
SUCCESS: Final = range(200, 300)
KINDS: Final = (
    "too_many: status 429, 421 by mail. broken: 500, 451 by mail. hang: no answer, and the"
    " connection stays. close: it is closed instead. garbage: HTML for an answer. miscount: a"
    " ticket too few, expo alone. drip: the right answer, a byte at a time. conflict: status 409,"
    " stripe alone. Of too_many, broken and conflict nothing is done, of the others all, unless"
    " --accepts or --refuses is said. lose, double, swap: what stripe tells us next is lost, told"
    " twice, or told last."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    log = actions.add_parser("log", help="print what reached the sandbox, oldest first")
    log.add_argument("--provider", choices=PROVIDERS, help="of one alone; all without this")
    log.add_argument("--follow", action="store_true", help="go on printing until Ctrl-C")
    _configure_faults(
        actions.add_parser("faults", help="let the next requests go wrong", epilog=KINDS)
    )
    actions.add_parser("calm", help="forget the faults that were ordered and not met yet")
    text = actions.add_parser("text", help="let somebody text us, e.g. +14155550001 STOP")
    text.add_argument("number", type=words(16), metavar="FROM", help="whose number, with its +")
    text.add_argument("body", type=words(LONGEST), metavar="BODY", help="what they write")


def _configure_faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider", choices=PROVIDERS, help="who is to have trouble")
    parser.add_argument("kind", choices=[kind.value for kind in Kind], help="what goes wrong")
    parser.add_argument(
        "--times",
        type=whole_number(1, MOST_TIMES),
        default=1,
        metavar="N",
        help="for so many requests; one without this",
    )
    parser.add_argument(
        "--retry-after",
        type=whole_number(0, LONGEST_S),
        metavar="S",
        help="seconds to wait, said with too_many and broken",
    )
    effect = parser.add_mutually_exclusive_group()
    effect.add_argument(
        "--accepts",
        action="store_true",
        default=None,
        help="what was asked is done all the same, unknown to who asked",
    )
    effect.add_argument(
        "--refuses",
        action="store_false",
        dest="accepts",
        default=None,
        help="nothing of it is done",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    ways: dict[str, Callable[[argparse.Namespace, Settings], None]] = {
        "log": _log,
        "faults": _order,
        "calm": _calm,
        "text": _text,
    }
    ways[arguments.action](arguments, settings)
    return 0


def _log(arguments: argparse.Namespace, settings: Settings) -> None:
    """Print the journal, which can be read after the sandbox has ended as well."""
    home = settings.momento_home
    path = home / JOURNAL
    if not path.exists():
        message = f"No sandbox has run in {home}. Start one with `momento up`."
        raise CommandError(message)
    for entry in _entries(path, follow=arguments.follow):
        if arguments.provider in (None, entry.provider):
            print(told(entry), flush=arguments.follow)


def _entries(path: Path, *, follow: bool) -> Iterator[Entry]:
    """Read to the end; then what is added, for ever, if it is to be followed."""
    after = 0
    while True:
        page = page_of(path, after=after)
        yield from page.entries
        if page.next == after:
            if not follow:
                return
            time.sleep(LOOK_EVERY_S)
        after = page.next


def _order(arguments: argparse.Namespace, settings: Settings) -> None:
    seconds = arguments.retry_after
    fault = Fault(
        Kind(arguments.kind),
        arguments.times,
        arguments.accepts,
        retry_after=None if seconds is None else timedelta(seconds=seconds),
    )
    ordered = _client(settings).order(arguments.provider, fault)
    requests = "request" if ordered == 1 else f"{ordered} requests"
    print(f"The next {requests} to {arguments.provider} will meet {arguments.kind}.")


def _calm(_arguments: argparse.Namespace, settings: Settings) -> None:
    forgotten = _client(settings).calm()
    print(f"All is well again; {forgotten} more would have gone wrong.")


def _text(arguments: argparse.Namespace, settings: Settings) -> None:
    called = _client(settings).text(arguments.number, arguments.body)
    if called.status not in SUCCESS:
        answered = "didn't answer" if called.status is None else f"answered {called.status}"
        message = f"The sandbox has heeded it, but our webhook {answered}."
        raise CommandError(message)
    print(f"Our webhook answered {called.status}.")


def _client(settings: Settings) -> SandboxClient:
    """Give the one that runs here; a shell may still name one of an earlier run."""
    running: Any = running_environment(settings.momento_home).get("SANDBOX_URL")
    url = settings.sandbox_url if running is None else SecretStr(running)
    if url is None:
        message = (
            f"No sandbox is running for {settings.momento_home}: start `momento up`."
            " It stands in for providers whose credentials aren't set."
        )
        raise CommandError(message)
    return SandboxClient(url)
