"""What subcommands share that look into the database: a session, and how answers are written."""

import argparse
import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.envelope import PLAIN_TEXT
from workers.commands import database_url
from workers.connections import check_database
from workers.database import make_engine
from workers.errors import CommandError
from workers.settings import Settings

SPAN: Final = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)
UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
UNDEFINED_TABLE: Final = "42P01"
TOOK_TOO_LONG: Final = frozenset({"57014", "55P03"})


@contextmanager
def one_transaction(settings: Settings) -> Iterator[Session]:
    """Open one transaction on the settings' database; it commits when left.

    Raises CommandError, which says what to do, where the database is away or has no tables.
    """
    with transactions(settings) as begin, begin() as session:
        yield session


@contextmanager
def transactions(settings: Settings) -> Iterator[Callable[[], AbstractContextManager[Session]]]:
    """Give what opens one transaction after the other, as `one_transaction` does with one."""
    url = database_url(settings)
    check_database(url)
    engine = make_engine(url, process="command", pool_size=1)

    @contextmanager
    def begin() -> Iterator[Session]:
        with Session(engine) as session, session.begin():
            yield session

    try:
        yield begin
    except (DBAPIError, psycopg.Error) as error:
        raise _explained(error) from None
    finally:
        engine.dispose()


def _explained(error: DBAPIError | psycopg.Error) -> CommandError:
    """Say what to do about an error of the database, without its text, which may quote values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlstate", None)
    if code == UNDEFINED_TABLE:
        return CommandError("The database lacks tables that this needs. Run `momento migrate`.")
    if code in TOOK_TOO_LONG:
        return CommandError("The database took too long to answer. Try again when it is less busy.")
    said = f"SQLSTATE {code}" if code else "no answer"
    return CommandError(f"The database failed ({type(cause).__name__}, {said}). Try again.")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Let the answer be asked for as JSON."""
    parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")


def words(most: int) -> Callable[[str], str]:
    """Read text from the command line: at most so many characters, all of which Postgres can keep.

    For argparse's `type`. What is refused isn't repeated: a terminal might not bear it.
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


def as_json(answer: Any) -> str:
    """Write an answer as indented JSON; times in ISO 8601."""
    return json.dumps(answer, indent=2, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    message = f"{type(value).__name__} has no form in JSON"
    raise TypeError(message)


# What moves a terminal's cursor, ends a line, or turns the direction of what follows.
UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def shown(text: str) -> str:
    """Write what somebody wrote so that a terminal shows it and does nothing else."""
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def aligned(rows: Sequence[Sequence[str]], *, indent: str = "") -> str:
    """Write rows in columns as wide as their widest cell, each cell as it can be shown."""
    cells = [[shown(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        indent
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def duration(seconds: float | None) -> str:
    """Write seconds as people say them: 40 ms, 3.2 s, 5 min, 2 h, 3 d."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1_000:.0f} ms"
    for limit, size, unit in ((60, 1, "s"), (3_600, 60, "min"), (86_400, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 86_400:.1f} d"
