"""`momento publish`: domain events from a file of JSON Lines; one wrong line, and none is."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Final

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.catalogue import PUBLIC_TYPES
from domain.constants import BATCH_LIMIT
from domain.envelope import Envelope, parse_envelope, read_json
from domain.faults import Fault, InvalidEnvelopeError
from domain.outbox import publish_many
from workers.clock import utc_now
from workers.commands import database_url
from workers.commands.asking import shown
from workers.connections import check_database
from workers.database import make_engine
from workers.errors import CommandError
from workers.settings import Settings

NAME = "publish"
HELP = "Publish domain events from a file of JSON Lines, a CloudEvent each"
STDIN: Final = "-"
# No domain event takes more, however it is written.
LINE_LIMIT_BYTES: Final = 1024 * 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Which file."""
    parser.add_argument("file", metavar="FILE", help="a file, or - for standard input")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check the whole file, then publish it; nothing is published when any line is wrong."""
    url = database_url(settings)
    try:
        with _opened(arguments.file) as file:
            return _check_and_publish(file, url, now=utc_now())
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CommandError(f"{arguments.file} can't be read: {error.strerror}.") from None


def _check_and_publish(file: IO[bytes], url: str, *, now: datetime) -> int:
    if faulty := _report_faults(file, now):
        verb = "line is" if faulty == 1 else "lines are"
        print(f"{faulty} {verb} wrong, so nothing was published.", file=sys.stderr)
        return 1
    check_database(url)
    engine = make_engine(url, process="publish", pool_size=1)
    try:
        accepted, duplicates = _publish(engine, file, now=now)
    finally:
        engine.dispose()
    print(f"accepted {accepted}, duplicates {duplicates}")
    return 0


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    """Open the file for two readings; what can be read only once is put aside first."""
    with nullcontext(sys.stdin.buffer) if name == STDIN else Path(name).open("rb") as file:
        if file.seekable() and name != STDIN:
            yield file
            return
        with tempfile.TemporaryFile() as aside:
            shutil.copyfileobj(file, aside)
            yield aside


def _report_faults(file: IO[bytes], now: datetime) -> int:
    """Name every fault by its line and field; how many lines are wrong."""
    faulty = 0
    for number, line in _lines(file):
        try:
            _parse(line, now)
        except InvalidEnvelopeError as error:
            faulty += 1
            for fault in error.faults:
                said = f"line {number}: {fault.field}: {fault.detail}"
                print(shown(said), file=sys.stderr)
    return faulty


def _publish(engine: Engine, file: IO[bytes], *, now: datetime) -> tuple[int, int]:
    """Publish in transactions of up to 1,000; how many were new, and how many were not."""
    accepted = total = 0
    lines = _lines(file)
    while chunk := list(islice(lines, BATCH_LIMIT)):
        try:
            with Session(engine) as session:
                accepted += publish_many(session, [_parse(line, now) for _, line in chunk])
                session.commit()
        except InvalidEnvelopeError:
            message = f"The file changed while it was read; lines up to {total} were published."
            raise CommandError(message) from None
        except (DBAPIError, psycopg.Error) as error:
            # What the server said may hold data.
            message = (
                f"The database failed ({type(error).__name__}) after {total} domain events."
                " Publish the file again: what is there already counts as a duplicate."
            )
            raise CommandError(message) from None
        total += len(chunk)
    return accepted, total - accepted


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give the lines that aren't empty, from the start, with their numbers."""
    file.seek(0)
    number = 0
    while line := file.readline(LINE_LIMIT_BYTES + 1):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LINE_LIMIT_BYTES)
        if line.strip():
            yield number, line


def _parse(line: bytes, now: datetime) -> Envelope:
    if len(line) > LINE_LIMIT_BYTES:
        raise InvalidEnvelopeError([Fault("line", f"is longer than {LINE_LIMIT_BYTES} bytes")])
    return parse_envelope(read_json(line), types=PUBLIC_TYPES, now=now)
