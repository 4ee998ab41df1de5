"""The parts of a snapshot, and what reads each; none costs more because the ledger is large."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from domain.figures.promises import read_promises
from domain.figures.reading_handlers import read_handlers
from domain.figures.reading_system import (
    read_chores,
    read_database,
    read_deploys,
    read_inbox,
    read_pauses,
    read_processes,
    read_refunds,
    read_scheduler,
)
from domain.figures.reading_work import (
    Work,
    read_channels,
    read_failing,
    read_outbox,
    read_resting,
    read_strangers,
    read_work,
)

# What is read in one go, and which parts that gives. A field of a named tuple is a part's name.
Reader = Callable[[Session, datetime], Any]
READERS: Final[Mapping[tuple[str, ...], Reader]] = {
    ("outbox",): read_outbox,
    Work._fields: read_work,
    ("failing",): read_failing,
    ("channels",): read_channels,
    ("resting",): read_resting,
    ("processes",): read_processes,
    ("scheduler",): read_scheduler,
    ("chores",): read_chores,
    ("inbox",): read_inbox,
    ("refunds",): read_refunds,
    ("database",): read_database,
    ("handlers",): read_handlers,
    ("pauses",): read_pauses,
    ("strangers",): read_strangers,
    ("deploys",): read_deploys,
    ("promises",): read_promises,
}
