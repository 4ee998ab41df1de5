"""`momento lanes`: what is paused; pause and resume lanes and handlers.

It is written down like what is done in the dashboard, under the name of whose terminal it is.
"""

import argparse
from datetime import datetime, timedelta

from sqlmodel import Session

from domain.constants import PAUSE_LONGEST
from domain.ledger_queries import lane_numbers
from domain.ops.acting import TakenError, WrongRequestError
from domain.ops.pausing import Hold, pause, resume
from domain.pausing import Pause, lane_of, pauses_at
from workers.clock import utc_now
from workers.commands.arguments import add_json, add_why, time_span, words
from workers.commands.asking import aligned, as_json, duration, one_transaction
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "lanes"
HELP = "List lanes and what is paused; pause or resume a lane or a handler"
HEADINGS = ("NAME", "DUE", "OLDEST", "PAUSED")


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_json(actions.add_parser("list", help="show lanes, how much is due, and what is paused"))
    pausing = actions.add_parser("pause", help="have nothing of one begun for a while")
    _add_name(pausing)
    pausing.add_argument(
        "--for", type=time_span(PAUSE_LONGEST), required=True, dest="span", metavar="SPAN",
        help="for how long, e.g. 30m or 4h; 7d at most",
    )  # fmt: skip
    add_why(pausing)
    pausing.add_argument(
        "--replace", action="store_true", help="in place of the pause that stands, if one does"
    )
    _add_name(actions.add_parser("resume", help="end its pause"))


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", type=words(128), metavar="NAME", help="a lane, or a handler as the catalogue has it"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, and say what became of it."""
    with one_transaction(settings) as session:
        print(ACTIONS[arguments.action](session, arguments))
    return 0


def _list(session: Session, arguments: argparse.Namespace) -> str:
    now = utc_now()
    lanes, pauses = lane_numbers(session, now), pauses_at(session, now)
    if arguments.json:
        return as_json({"lanes": lanes, "pauses": pauses})
    held = {each.name: each for each in pauses}
    rows = [
        (
            lane["name"],
            f"{lane['queued']}",
            "-" if lane["oldest_s"] is None else duration(lane["oldest_s"]),
            _paused(held.pop(lane["name"], None)),
        )
        for lane in lanes
    ]
    # Of what is left each is a handler's.
    rows += [(f"{name} ({lane_of(name)})", "", "", _paused(each)) for name, each in held.items()]
    return aligned([HEADINGS, *rows])


def _paused(pause: Pause | None) -> str:
    if pause is None:
        return ""
    return f"until {pause.until:%Y-%m-%d %H:%M:%S}Z by {pause.actor}: {pause.why}"


def _pause(session: Session, arguments: argparse.Namespace) -> str:
    now, span = utc_now(), arguments.span
    assert isinstance(span, timedelta)
    until: datetime = now + span
    there = next((each for each in pauses_at(session, now) if each.name == arguments.name), None)
    instead_of = there.since if there and arguments.replace else None
    hold = Hold(arguments.name, until, arguments.why, instead_of)
    try:
        pause(session, whoever(), hold, now=now)
    except TakenError as error:
        raise CommandError(f"{error} --replace does.") from None
    except WrongRequestError as error:
        raise CommandError(str(error)) from None
    return (
        f"{arguments.name} is paused until {until:%Y-%m-%d %H:%M:%S}Z. Workers finish what they"
        " have in hand; the dashboard says which have confirmed."
    )


def _resume(session: Session, arguments: argparse.Namespace) -> str:
    if not resume(session, whoever(), arguments.name, now=utc_now()):
        message = f"{arguments.name} isn't paused. `momento lanes list` shows what is."
        raise CommandError(message)
    return f"{arguments.name} isn't paused any more. What is due is begun within a second."


ACTIONS = {"list": _list, "pause": _pause, "resume": _resume}
