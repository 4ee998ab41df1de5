"""How everything stands, read in one go; nothing in it was ever in a payload."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from domain.ledger_queries import delivery_counts, lane_numbers, outbox_numbers, workers_seen
from domain.sql import fetch
from workers.commands.status import GONE_AFTER_S

TROUBLES_SHOWN: Final = 20
ERROR_LENGTH: Final = 400
# Many viewers cost as much as one.
LIFE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Queue:
    """Something in which work waits; `oldest_s` is None where nothing does."""

    name: str
    waiting: int
    oldest_s: float | None


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that applies deliveries, and when it last said so."""

    pid: int
    host: str
    lanes: tuple[str, ...]
    last_seen_s: float

    @property
    def is_gone(self) -> bool:
        """Whether it has been silent for so long that it must have ended."""
        return self.last_seen_s >= GONE_AFTER_S


@dataclass(frozen=True, slots=True)
class Trouble:
    """A delivery that is dead or has failed; `next_try_s` is None where there is none."""

    seq: int
    handler: str
    state: str
    attempts: int
    deaths: int
    error: str
    age_s: float
    next_try_s: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that the page shows, as of one moment."""

    at: datetime
    outbox: Queue
    lanes: tuple[Queue, ...]
    deliveries: dict[str, int]
    workers: tuple[Worker, ...]
    troubles: tuple[Trouble, ...]

    @property
    def at_work(self) -> tuple[Worker, ...]:
        """The workers that live."""
        return tuple(worker for worker in self.workers if not worker.is_gone)


class Standings:
    """The latest standing, read again only when it is asked for and too old."""

    def __init__(self, read: Callable[[], Awaitable[Standing]], clock: Callable[[], float]) -> None:
        """Nothing was read yet; `clock` gives seconds that never go back."""
        self._read = read
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._held: tuple[Standing, float] | None = None

    async def latest(self) -> Standing:
        """How everything stands; at most a second old."""
        async with self._one_at_a_time:
            if self._held is None or self._clock() >= self._held[1]:
                self._held = (await self._read(), self._clock() + LIFE_S)
            return self._held[0]


def read_standing(session: Session, now: datetime) -> Standing:
    """Read it all, in the transaction that the session has open."""
    outbox = outbox_numbers(session, now)
    return Standing(
        at=now,
        outbox=Queue("outbox", outbox["unrelayed"], outbox["oldest_s"]),
        lanes=tuple(
            Queue(lane["name"], lane["queued"], lane["oldest_s"])
            for lane in lane_numbers(session, now)
        ),
        deliveries=delivery_counts(session),
        workers=tuple(
            Worker(worker["pid"], worker["host"], tuple(worker["lanes"]), worker["last_seen_s"])
            for worker in workers_seen(session, now)
        ),
        troubles=_troubles(session, now),
    )


def _troubles(session: Session, now: datetime) -> tuple[Trouble, ...]:
    """What is dead or has failed, the latest first."""
    rows = fetch(
        session,
        """
        SELECT seq, handler, state, attempts, deaths,
            left(coalesce(error, reason, ''), %(length)s) AS error,
            greatest(0, extract(epoch FROM %(now)s - coalesce(settled_at, received_at)))::float8,
            CASE WHEN state = 'failed'
                THEN greatest(0, extract(epoch FROM due_at - %(now)s))::float8 END
        FROM deliveries WHERE state IN ('failed', 'dead')
        ORDER BY coalesce(settled_at, received_at) DESC, seq DESC, handler LIMIT %(limit)s
        """,
        now=now,
        length=ERROR_LENGTH,
        limit=TROUBLES_SHOWN,
    )
    return tuple(Trouble(*row) for row in rows)
