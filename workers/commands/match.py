"""`momento match`: who could be invited to an event, as of now, and why.

Nothing is kept, and people are shown by their ids only.
"""

import argparse
import sys
from dataclasses import asdict
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from domain.matching import (
    Candidate,
    ClosedEventError,
    UnknownEventError,
    candidates,
    left_by_filters,
)
from domain.sql import fetch
from workers.clock import utc_now
from workers.commands.arguments import add_json, whole_number
from workers.commands.asking import aligned, as_json, one_transaction, shown
from workers.errors import CommandError
from workers.settings import Settings

NAME = "match"
HELP = "Say who could be invited to an event, the most promising first"

USUAL_LIMIT: Final = 20
HIGHEST_LIMIT: Final = 1_000
_EVENT: Final = """
SELECT title, starts_at, event_vector IS NOT NULL FROM events WHERE id = %(event)s
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """For which event, and how many."""
    parser.add_argument("event_id", metavar="EVENT_ID", help="the event's id")
    parser.add_argument(
        "--limit",
        type=whole_number(1, HIGHEST_LIMIT),
        default=USUAL_LIMIT,
        metavar="N",
        help="at most so many",
    )
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the candidates."""
    event_id, limit = _event_id(arguments.event_id), arguments.limit
    now = utc_now()
    with one_transaction(settings) as session:
        try:
            found = candidates(session, event_id, limit=limit, now=now)
        except UnknownEventError:
            raise CommandError(f"There is no event {event_id}. Has it been published?") from None
        except ClosedEventError as closed:
            message = f"Nobody can be proposed for {event_id}: {closed.why}."
            raise CommandError(message) from None
        left = {} if found else left_by_filters(session, event_id, now=now)
        ((title, starts_at, has_vector),) = fetch(session, _EVENT, event=event_id)
    if arguments.json:
        print(as_json(_for_programs(event_id, found, left=left)))
        return 0
    if not has_vector:
        print("The event has no vector yet: taste is left out.", file=sys.stderr)
    head = f"{shown(title)}, {starts_at.astimezone(UTC):%Y-%m-%d %H:%M}Z"
    print(f"{head}\n{_ranked(found)}" if found else f"{head}: {_nobody(left)}")
    return 0


def _for_programs(event_id: str, found: list[Candidate], *, left: dict[str, int]) -> dict[str, Any]:
    """Put the answer as JSON has it; when nobody was found, with what each filter left."""
    why = {} if found else {"left_by_filters": left}
    return {"event_id": event_id, "candidates": [asdict(each) for each in found], **why}


def _ranked(found: list[Candidate]) -> str:
    rows = [
        (str(place), f"{each.score:.3f}", each.user_id, _why(each))
        for place, each in enumerate(found, start=1)
    ]
    return aligned(rows, indent="  ")


def _nobody(left: dict[str, int]) -> str:
    """Say how many each filter left, so that the one which is too narrow can be seen."""
    rows = aligned([(f"{count:>7}", words) for words, count in left.items()])
    says = f"nobody fits who isn't invited yet. Of all people there are\n{rows}"
    if not any(list(left.values())[-1:]):
        return says
    return f"{says}\nand these are in duos: the partner doesn't fit, or there is room for one."


def _why(candidate: Candidate) -> str:
    if candidate.partner_id is None:
        return candidate.match_reason
    return f"{candidate.match_reason} (as a duo with {candidate.partner_id})"


def _event_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise CommandError(f"{text!r} is no event's id: give a UUID.") from None
