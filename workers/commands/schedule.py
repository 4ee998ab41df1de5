"""`momento schedule`: what runs when, and what became of it; list, run, pause, resume."""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final, NoReturn

from sqlmodel import Session

from domain.asked_runs import Met, met, take_back
from domain.constants import LATEST_TIME
from domain.leading import leader
from domain.ops.acting import TakenError
from domain.ops.pausing import Hold
from domain.ops.scheduling import pause_schedule, resume_schedule, run_now
from domain.schedule_pauses import paused
from domain.schedules import Scheduled, names, schedules
from domain.tables.schedules import RunResult
from workers.clock import utc_now
from workers.commands.arguments import add_json, words
from workers.commands.asking import aligned, as_json, duration, one_transaction, transactions
from workers.commands.whoever import whoever
from workers.errors import CommandError
from workers.settings import Settings

NAME = "schedule"
HELP = "List what runs when; run, pause or resume one of it"
SCHEDULE: Final = words(128)
WHY_LIMIT: Final = 500
TIME: Final = "%Y-%m-%d %H:%M:%S"
# Whoever leads looks every second for what is asked; after a change of leads it takes ten.
BEGUN_WITHIN: Final = timedelta(seconds=15)
LOOK_EVERY_S: Final = 0.2
LIKE: Final = "write it like 2026-03-14T20:00+01:00"


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show all, with their newest and their next run")
    add_json(listing)
    running = actions.add_parser("run", help="have the scheduler that leads run one now")
    _add_name(running)
    add_json(running)
    pausing = actions.add_parser("pause", help="have one not run for a while")
    _add_name(pausing)
    pausing.add_argument(
        "--until", type=_time, required=True, metavar="TIME", help="e.g. 2026-03-14T20:00+01:00"
    )
    pausing.add_argument(
        "--reason", type=words(WHY_LIMIT), metavar="TEXT", help="shown to who asks meanwhile"
    )
    pausing.add_argument(
        "--replace", action="store_true", help="in place of the pause that stands, if one does"
    )
    _add_name(actions.add_parser("resume", help="end its pause"))


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", type=SCHEDULE, metavar="NAME", help="which, as momento schedule list has it"
    )


def _time(text: str) -> datetime:
    """Read a time with its offset. What is refused isn't repeated: a terminal might not bear it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"is no time; {LIKE}"
        raise argparse.ArgumentTypeError(message) from None
    if moment.tzinfo is None:
        message = f"has no offset; {LIKE}"
        raise argparse.ArgumentTypeError(message)
    if not moment < LATEST_TIME:
        message = f"is after {LATEST_TIME:%Y}; {LIKE}"
        raise argparse.ArgumentTypeError(message)
    return moment


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, and say what became of it."""
    if arguments.action == "list":
        return _list(arguments, settings)
    if arguments.action == "run":
        return _run(arguments, settings)
    change = _pause if arguments.action == "pause" else _resume
    with one_transaction(settings) as session:
        said = change(session, arguments)
    print(said)
    return 0


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    with one_transaction(settings) as session:
        found = schedules(session, utc_now())
    if arguments.json:
        print(as_json(found))
    elif found:
        print(aligned([HEADINGS, *map(_row, found)]))
    else:
        print(f"Nothing is scheduled. {START_ONE}")
    return 0


HEADINGS = ("NAME", "EVERY", "LAST RUN", "TOOK", "COUNT", "RESULT", "NEXT", "PAUSED")
START_ONE: Final = "The scheduler that leads writes the timetable: start one with `momento up`."


def _row(each: Scheduled) -> tuple[str, ...]:
    result = " ".join(text for text in (each.last_result, each.error) if text)
    paused = f"until {each.paused_until.strftime(TIME)}Z" if each.paused_until else ""
    return (
        each.name,
        duration(each.every_s),
        each.last_run.strftime(TIME) + "Z" if each.last_run else "never",
        "-" if each.took_ms is None else duration(each.took_ms / 1e3),
        "-" if each.count is None else str(each.count),
        result or "-",
        each.next_run.strftime(TIME) + "Z",
        f"{paused}: {each.paused_why}" if each.paused_why else paused,
    )


def _pause(session: Session, arguments: argparse.Namespace) -> str:
    until: datetime = arguments.until
    if until <= utc_now():
        message = f"{until.isoformat()} is over already; --until takes a time that is to come."
        raise CommandError(message)
    name, now = arguments.name, utc_now()
    there = paused(session, name, now) if arguments.replace else None
    hold = Hold(name, until, arguments.reason or "", there[0] if there else None)
    try:
        if not pause_schedule(session, whoever(), hold, now=now):
            _refuse_unknown(session, name)
    except TakenError as error:
        raise CommandError(f"{error} --replace does.") from None
    return f"{arguments.name} is paused until {until.isoformat()}."


def _resume(session: Session, arguments: argparse.Namespace) -> str:
    name = arguments.name
    if not resume_schedule(session, whoever(), name, now=utc_now()):
        if name in names(session):
            raise CommandError(f"{name} isn't paused. Nothing was changed.")
        _refuse_unknown(session, name)
    return (
        f"{arguments.name} isn't paused any more. A planned time that it has skipped is made up for"
        " within seconds."
    )


def _refuse_unknown(session: Session, name: str) -> NoReturn:
    known = names(session)
    if not known:
        message = f"Nothing is scheduled. {START_ONE}"
        raise CommandError(message)
    message = f"There is no schedule {name}. There are {', '.join(known)}."
    raise CommandError(message)


def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Ask for a run, wait for its end, and say what it did; 1 unless it is done."""
    with transactions(settings) as begin:
        outcome = _ask_and_wait(begin, arguments.name)
    print(as_json(outcome) if arguments.json else _told(arguments.name, outcome))
    return 0 if outcome.result == RunResult.DONE else 1


def _ask_and_wait(begin: Callable[[], AbstractContextManager[Session]], name: str) -> Met:
    """Ask, and wait until it has begun, not for ever, and then for its end."""
    with begin() as session:
        asked_at = run_now(session, whoever(), name, why=None, now=utc_now())
        if asked_at is None:
            _refuse_unknown(session, name)
        if leader(session) is None:
            print("No scheduler leads just now; waiting for one.", file=sys.stderr)
    led_at = time.monotonic()
    deadline = led_at + BEGUN_WITHIN.total_seconds()
    while True:
        with begin() as session:
            found = met(session, name, asked_at)
            if found is not None and found.result is not None:
                return found
            if leader(session) is not None:
                led_at = time.monotonic()
            elif found is not None and time.monotonic() - led_at > BEGUN_WITHIN.total_seconds():
                message = f"{name} was begun, and the scheduler that ran it is gone. Ask again."
                raise CommandError(message)
            is_late = found is None and time.monotonic() > deadline
            if is_late and take_back(session, name, asked_at):
                leads = leader(session)
                break
        time.sleep(LOOK_EVERY_S)
    if leads is None:
        message = f"{name} was not run: no scheduler leads. Start one with `momento up`."
    else:
        message = (
            f"{name} was not run: the scheduler that leads ({leads.pid} on {leads.host}) has not"
            f" begun it within {BEGUN_WITHIN.seconds} s. It may be running something else that was"
            " asked for: `momento schedule list` shows it. Ask again later."
        )
    raise CommandError(message)


def _told(name: str, outcome: Met) -> str:
    took = duration((outcome.took_ms or 0) / 1e3)
    match outcome.result:
        case RunResult.DONE:
            count = outcome.count or "there was nothing to do"
            return f"{name} is done: {count}, in {took}."
        case RunResult.DRIFT:
            rows = "1 row" if outcome.count == 1 else f"{outcome.count} rows"
            return f"{name} found drift in {rows}, in {took}: `momento reconcile` names them."
        case RunResult.FAILED:
            return f"{name} failed after {took}: {outcome.error}."
        case _:
            done = f"after {outcome.count}" if outcome.count else "before it had done anything"
            return f"{name} was interrupted {done}: ask again to have the rest."
