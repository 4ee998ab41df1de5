"""What subcommands share that look into the database: a session, and how answers are written."""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, Final

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from workers.commands import database_url
from workers.connections import check_database
from workers.database import make_engine
from workers.errors import CommandError
from workers.settings import Settings

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
