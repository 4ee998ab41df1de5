"""Which deliveries ops ask for, where a page of them begins, and what it holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.catalogue import CATALOGUE
from domain.pausing import handlers_of
from domain.tables.ledger import DeliveryState

_CURSOR: Final = re.compile(r"([0-9]{1,18})~([^~\0]{1,200})~([0-9]{1,17})?", re.DOTALL)
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries; what is None doesn't matter. Moments are of receipt, but for `died`.

    `died`: only what is dead, since then. `due`: only what was due by then. `lane`: only of
    handlers that are in that lane.
    """

    state: DeliveryState | None = None
    handler: str | None = None
    type: str | None = None
    subject: str | None = None
    user: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    error: str | None = None
    died: datetime | None = None
    lane: str | None = None
    due: datetime | None = None

    @property
    def handlers(self) -> frozenset[str] | None:
        """The handlers that may be meant; None for all."""
        taking = (
            None if self.type is None else frozenset(_taking(self.type)),
            None if self.lane is None else handlers_of(self.lane),
            None if self.handler is None else frozenset({self.handler}),
        )
        meant = [each for each in taking if each is not None]
        return frozenset.intersection(*meant) if meant else None


def _taking(name: str) -> Iterator[str]:
    for payload, handlers in CATALOGUE.items():
        if name == payload.NAME:
            yield from (handler.name for handler in handlers)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after the delivery with this key.

    `due_at`: of what is due, due then; of a part of what is dead, when that had died.
    """

    seq: int
    handler: str
    due_at: datetime | None = None

    def __str__(self) -> str:
        """As it stands in a URL; the moment to the microsecond, or rows would be lost."""
        due = "" if self.due_at is None else (self.due_at - _EPOCH) // _MICROSECOND
        return f"{self.seq}~{self.handler}~{due}"

    def including(self) -> "Cursor":
        """Where a page begins that this delivery is on: nothing lies between the two."""
        return replace(self, handler=f"{self.handler} ")

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """Read one from a URL; None if it is none."""
        if not (found := _CURSOR.fullmatch(text)):
            return None
        due_at = _EPOCH + int(found[3]) * _MICROSECOND if found[3] else None
        return cls(int(found[1]), found[2], due_at)


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery with what its domain event is about; nothing of what that says."""

    seq: int
    handler: str
    lane: str
    state: str
    attempts: int
    deaths: int
    awaits: str | None
    reason: str | None
    error: str | None
    fingerprint: str
    received_at: datetime
    due_at: datetime | None
    settled_at: datetime | None
    type: str | None
    subject: str | None

    @property
    def cursor(self) -> Cursor:
        """Where a page begins that comes after this."""
        return Cursor(self.seq, self.handler, self.due_at)


@dataclass(frozen=True, slots=True)
class Found:
    """A page; `after` is where the next one begins, None after the last.

    `was_cut`: so many were looked at that the page isn't full, and there may be more.
    """

    rows: list[Listed]
    after: Cursor | None
    was_cut: bool
