"""`momento audit`: who of ops did what, when and why."""

import argparse
from datetime import timedelta
from typing import Final

from domain.ops.audit import PAGE, AuditFilter, Entry, audit_of_thing, list_audit
from workers.clock import utc_now
from workers.commands.arguments import add_json, time_span, whole_number, words
from workers.commands.asking import aligned, as_json, one_transaction
from workers.commands.following import as_time
from workers.errors import CommandError
from workers.settings import Settings

NAME = "audit"
HELP = "Show who of ops did what, when and why, the newest first"
HEADINGS: Final = ("WHEN", "WHO", "VIA", "WHAT", "TO", "WHY", "MORE")
TEXT: Final = words(400)
LONGEST: Final = timedelta(days=3_650)


def configure(parser: argparse.ArgumentParser) -> None:
    """Which lines of the log."""
    parser.add_argument("--actor", type=TEXT, metavar="NAME", help="only what they did")
    parser.add_argument(
        "--action", type=TEXT, metavar="WORD", help="only this, e.g. discard or bulk.retry"
    )
    parser.add_argument(
        "--since", type=time_span(LONGEST), metavar="SPAN", help="not older, e.g. 24h or 7d"
    )
    parser.add_argument(
        "--of", type=TEXT, metavar="THING", help="what was done to it: person:ID, key:ID, account:N"
    )
    parser.add_argument(
        "--limit", type=whole_number(1, 10_000), default=PAGE, metavar="N", help="at most N (50)"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print them."""
    if arguments.of and (arguments.actor or arguments.action or arguments.since):
        raise CommandError("--of shows all that was done to one thing: leave the others out.")
    since = utc_now() - arguments.since if arguments.since else None
    wanted = AuditFilter(arguments.actor, arguments.action, since)
    with one_transaction(settings) as session:
        found = (
            audit_of_thing(session, arguments.of, limit=arguments.limit)
            if arguments.of
            else list_audit(session, wanted, limit=arguments.limit)
        )
    if arguments.json:
        print(as_json(found))
    else:
        print(aligned([HEADINGS, *map(_row, found)]) if found else "Nothing of that was done.")
    return 0


def _row(entry: Entry) -> tuple[str, ...]:
    delivery = f"{entry.seq} {entry.handler}" if entry.seq is not None else entry.handler
    more = ", ".join(f"{name}: {value}" for name, value in entry.details.items())
    return (
        as_time(entry.at),
        entry.actor,
        entry.via,
        entry.action,
        entry.thing or delivery or entry.bulk_id or "-",
        entry.why or "-",
        more,
    )
