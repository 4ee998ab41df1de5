"""`momento match`: who could be invited to an event, as of now, and why.

Nothing is kept, and people are shown by their ids only.
"""

import argparse
import sys
from dataclasses import asdict
from datetime import UTC
from typing import Final
from uuid import UUID

from domain.matching.candidates import Candidate, candidates
from domain.matching.occasion import Occasion, read_occasion
from workers.clock import utc_now
from workers.commands.asking import add_json, aligned, as_json, one_transaction
from workers.errors import CommandError
from workers.settings import Settings

NAME = "match"
HELP = "Say who could be invited to an event, the most promising first"

USUAL_LIMIT: Final = 20
HIGHEST_LIMIT: Final = 1_000


def configure(parser: argparse.ArgumentParser) -> None:
    """For which event, and how many."""
    parser.add_argument("event_id", metavar="EVENT_ID", help="the event's id")
    parser.add_argument(
        "--limit", type=_limit, default=USUAL_LIMIT, metavar="N", help="at most so many"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the candidates."""
    event_id = _event_id(arguments.event_id)
    now = utc_now()
    with one_transaction(settings) as session:
        occasion = read_occasion(session, event_id)
        if occasion is None:
            raise CommandError(f"There is no event {event_id}. Has it been published?")
        if why := occasion.closed(now):
            raise CommandError(f"Nobody can be proposed for {event_id}: {why}.")
        found = candidates(session, occasion, limit=arguments.limit, now=now)
    if arguments.json:
        print(as_json({"event_id": event_id, "candidates": [asdict(each) for each in found]}))
        return 0
    if occasion.vector is None:
        print("The event has no vector yet: taste is left out.", file=sys.stderr)
    print(_for_people(occasion, found))
    return 0


def _for_people(occasion: Occasion, found: list[Candidate]) -> str:
    assert occasion.starts_at is not None
    head = f"{occasion.title}, {occasion.starts_at.astimezone(UTC):%Y-%m-%d %H:%M}Z"
    if not found:
        return f"{head}: nobody fits who isn't invited yet."
    rows = [
        (str(place), f"{each.score:.3f}", each.user_id, _why(each))
        for place, each in enumerate(found, start=1)
    ]
    return f"{head}\n{aligned(rows, indent='  ')}"


def _why(candidate: Candidate) -> str:
    if candidate.partner_id is None:
        return candidate.match_reason
    return f"{candidate.match_reason} (as a duo with {candidate.partner_id})"


def _event_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise CommandError(f"{text!r} is no event's id: give a UUID.") from None


def _limit(text: str) -> int:
    """Read how many from the command line."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= HIGHEST_LIMIT:
        message = f"{text!r} is no number from 1 to {HIGHEST_LIMIT}"
        raise argparse.ArgumentTypeError(message)
    return int(text)
