"""Waits for a bulk operation and tells how it goes: what commands share that begin one.

The scheduler that leads takes it further; while none leads, whoever waits for it does.
"""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session

from domain.leading import leader
from domain.ops.acting import WrongRequestError
from domain.ops.beginning import Begun
from domain.ops.operations import Progress, find_operation
from domain.ops.stepping import step_operation
from domain.tables.ops import BulkKind, BulkState, ItemResult
from workers.clock import utc_now
from workers.commands.drain import seconds
from workers.errors import CommandError

LOOK_EVERY_S: Final = 0.5
# After so long without any progress it is said what that may be.
PATIENCE_S: Final = 15.0
STOPPED: Final = {
    "canary_failed": "It stopped: the first one failed again, and the rest was left alone.",
    "too_many_failed": "It stopped: too many failed again, and the rest was left alone.",
}
Begin = Callable[[], AbstractContextManager[Session]]


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """How long to wait for an operation."""
    parser.add_argument(
        "--timeout", type=seconds, metavar="S",
        help="wait no longer than so many seconds; the operation goes on",
    )  # fmt: skip


def begin_one(begin: Begin, work: Callable[[Session], Begun]) -> Begun:
    """Begin an operation and say by which id it goes; raises CommandError if that can't be."""
    try:
        with begin() as session:
            begun = work(session)
    except WrongRequestError as error:
        raise CommandError(str(error)) from None
    _tell(f"Begun as {begun.id}. `momento bulk cancel {begun.id}` leaves the rest alone.")
    return begun


def follow(begin: Begin, bulk_id: UUID, *, timeout: timedelta | None) -> int:
    """Wait until an operation is over, telling how it goes; 0 if nothing of it failed again.

    Raises CommandError if it was stopped or cancelled, or isn't over in time.
    """
    started = moved = time.monotonic()
    before, hinted = "", False
    while True:
        progress, led = _look(begin, bulk_id)
        if not progress.operation.is_open:
            return _ended(progress)
        now = time.monotonic()
        if (line := progress_in_words(progress)) != before:
            before, moved, hinted = line, now, False
            _tell(line)
        if now - moved > PATIENCE_S and not hinted:
            hinted = True
            _tell(_hint(progress.operation.kind, led=led))
        if timeout is not None and now - started >= timeout.total_seconds():
            raise CommandError(
                f"The time is up with {before}. It goes on: see `momento bulk show {bulk_id}`."
            )
        time.sleep(LOOK_EVERY_S)


def progress_in_words(progress: Progress) -> str:
    """How far it is: so many of all, and what became of them."""
    counts = ", ".join(f"{count:,} {name}" for name, count in progress.counts.items() if count)
    return f"{progress.dealt_with:,} of {progress.operation.total:,} dealt with: {counts}"


def find(session: Session, bulk_id: UUID) -> Progress:
    """How one goes; raises CommandError if there is none."""
    progress = find_operation(session, bulk_id)
    if progress is None:
        raise CommandError(f"There is no operation {bulk_id}. See `momento bulk list`.")
    return progress


def _look(begin: Begin, bulk_id: UUID) -> tuple[Progress, bool]:
    """See how it goes and whether a scheduler leads; take a step of it if none does."""
    with begin() as session:
        led = leader(session) is not None
        if not led:
            step_operation(session, str(bulk_id), utc_now())
        return find(session, bulk_id), led


def _ended(progress: Progress) -> int:
    operation, counts = progress.operation, progress.counts
    done = {
        BulkKind.RETRY: ItemResult.RETRIED,
        BulkKind.DISCARD: ItemResult.DISCARDED,
        BulkKind.RESTORE: ItemResult.RESTORED,
    }[BulkKind(operation.kind)]
    failed, skipped = counts[ItemResult.FAILED], counts[ItemResult.SKIPPED]
    print(f"{done} {counts[done]:,}, skipped {skipped:,}, failed {failed:,}.")
    if operation.state == BulkState.STOPPED:
        raise CommandError(STOPPED.get(operation.reason or "", "It stopped."))
    if operation.state == BulkState.CANCELLED:
        raise CommandError("Somebody has cancelled it; the rest was left alone.")
    if progress.can_be_undone:
        print(f"Within 30 days `momento dead undo {operation.id}` takes it back.")
    return 1 if failed else 0


def _hint(kind: str, *, led: bool) -> str:
    if kind == BulkKind.RETRY:
        return "Nothing has come of it for a while: do workers run? See `momento status`."
    who = "the scheduler that leads" if led else "this command"
    return f"Nothing has come of it for a while; {who} takes it further. See `momento status`."


def _tell(line: str) -> None:
    """Say how it goes, beside the answer."""
    print(line, file=sys.stderr, flush=True)


def as_time(moment: datetime | None) -> str:
    """A moment of the ledger in a table."""
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else "-"
