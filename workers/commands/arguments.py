"""What subcommands share that read their arguments: types for argparse, and options.

What is refused isn't repeated: a terminal might not bear it.
"""

import argparse
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain.envelope import PLAIN_TEXT

SPAN: Final = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)
UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
# How many a list tells of, unless asked otherwise, and at most.
USUAL_LIMIT: Final = 50
HIGHEST_LIMIT: Final = 10_000


def add_json(parser: argparse.ArgumentParser) -> None:
    """Let the answer be asked for as JSON."""
    parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Let be said of how many at most a list is to tell."""
    parser.add_argument(
        "--limit", type=whole_number(1, HIGHEST_LIMIT), default=USUAL_LIMIT, metavar="N"
    )


def add_why(parser: argparse.ArgumentParser) -> None:
    """Have the reason given for what is done."""
    parser.add_argument(
        "--why", type=words(2_000), required=True, metavar="TEXT", help="kept for who asks later"
    )


def words(most: int) -> Callable[[str], str]:
    """Read text from the command line: at most so many characters, all of which Postgres can keep.

    For argparse's `type`.
    """

    def read(text: str) -> str:
        if len(text) > most:
            message = f"has more than {most} characters"
        elif not text:
            message = "is empty"
        elif any("\ud800" <= each <= "\udfff" for each in text):
            # What Python makes of bytes that aren't UTF-8.
            message = "is not text in UTF-8"
        elif not PLAIN_TEXT.fullmatch(text):
            message = "holds a control character"
        else:
            return text
        raise argparse.ArgumentTypeError(message)

    return read


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number between two others, both included; for argparse's `type`."""

    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and least <= int(text[:20]) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}")

    return read


def an_id(text: str) -> UUID:
    """Read a uuid from the command line; for argparse's `type`."""
    try:
        return UUID(text)
    except ValueError:
        message = "is no id such as 0198a1f2-5a3c-7b1e-9d40-1c2d3e4f5a6b"
        raise argparse.ArgumentTypeError(message) from None


def id_shown_by(commands: str) -> Callable[[str], str]:
    """Read a uuid that other commands show, which are named to who writes none; for `type`."""

    def read(text: str) -> str:
        try:
            return str(UUID(text))
        except ValueError:
            message = f"is no id: give it as {commands}"
            raise argparse.ArgumentTypeError(message) from None

    return read


def time_span(most: timedelta) -> Callable[[str], timedelta]:
    """Read a span such as 30s, 15m, 24h, 7d or 0, up to the longest; for argparse's `type`."""

    def read(text: str) -> timedelta:
        found = SPAN.fullmatch(text)
        span = timedelta(seconds=int(found[1]) * UNITS[found[2]]) if found else most * 2
        if span > most:
            longest = f"{most.days}d" if most.days else f"{most.seconds}s"
            message = f"must be a time such as 30m, 24h or 7d, at most {longest}"
            raise argparse.ArgumentTypeError(message)
        return span

    return read
