"""Keeps a desk busy, that of a channel or of refunds: one takes, others wait for answers."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from domain.constants import HANDOVER_LEASE
from domain.dispatch import describe, is_passing
from workers.log import logger

# How soon what is due is seen on an idle channel.
LOOK_EVERY: Final = timedelta(milliseconds=250)
ASK_EVERY: Final = timedelta(seconds=1)
GIVE_UP_EVERY: Final = timedelta(seconds=10)
AFTER_TROUBLE: Final = timedelta(seconds=1)


class InHand(Protocol):
    """Something that a provider is to be asked for."""

    @property
    def taken_at(self) -> datetime:
        """When it was taken in hand."""


class Taken(Protocol):
    """What was taken in hand. If nothing was: until when to wait, or whether to look at once."""

    @property
    def in_hand(self) -> Sequence[Any]:
        """What a provider is to be asked for."""

    @property
    def wait_until(self) -> datetime | None:
        """Until when nobody is to be asked."""

    @property
    def has_looked(self) -> bool:
        """Whether there may be more."""


class Desk(Protocol):
    """Where one provider's work is done, step by step; each step is a transaction of its own."""

    @property
    def name(self) -> str:
        """What is done there, for log lines."""

    @property
    def slots(self) -> int:
        """So many requests are made at once."""

    @property
    def page(self) -> int:
        """How many are asked after at once."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Whose time it goes by."""

    def take(self) -> Taken:
        """Take what is due in hand."""

    def send(self, in_hand: Any) -> Any:
        """Ask the provider for it."""

    def record(self, in_hand: Any, results: Any) -> None:
        """Write what came of it."""

    def ask(self) -> int:
        """Ask what became of a page of it; give how many were asked about."""

    def give_up_lost(self) -> int:
        """Look after what was in hand of others that are gone; give how many."""


class Crew:
    """The threads of one desk, from `start` until `stopping` is set."""

    def __init__(self, desk: Desk, stopping: threading.Event) -> None:
        self._desk = desk
        self._stopping = stopping
        self._log = logger("sending").bind(channel=desk.name)
        self._slots = threading.Semaphore(desk.slots)
        self._pool = ThreadPoolExecutor(desk.slots, desk.name)
        self._threads = [
            threading.Thread(target=self._keep, args=(step,), daemon=True)
            for step in (self._send_some, self._ask_some, self._give_up_lost)
        ]
        self._is_away = False

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def wait(self, deadline: float) -> None:
        """Wait for what is in hand, until a moment of the monotonic clock."""
        for _ in range(self._desk.slots):
            self._slots.acquire(timeout=max(0.0, deadline - time.monotonic()))

    def _keep(self, step: Callable[[], timedelta]) -> None:
        """Take a step again and again, each after the pause that the last one asks for."""
        while not self._stopping.is_set():
            try:
                pause = step()
                self._is_away = False
            except Exception as error:  # noqa: BLE001 - what is due stays due
                self._note_trouble(error)
                pause = AFTER_TROUBLE
            self._stopping.wait(pause.total_seconds())

    def _send_some(self) -> timedelta:
        """Hand over one request's worth, once there is a free slot."""
        self._slots.acquire()
        in_hand: Sequence[InHand] = ()
        try:
            if self._stopping.is_set():
                return timedelta()
            taken = self._desk.take()
            in_hand = taken.in_hand
        finally:
            if not in_hand:
                self._slots.release()
        if in_hand:
            self._pool.submit(self._hand_over, in_hand)
            return timedelta()
        if taken.has_looked:
            return timedelta()
        return _until(taken.wait_until, self._desk.clock())

    def _hand_over(self, in_hand: Sequence[InHand]) -> None:
        """Send what was taken, and record it however long the database is away.

        What can't be recorded for another reason is left once others have taken it for lost.
        """
        try:
            results = self._desk.send(in_hand)
            while True:
                try:
                    self._desk.record(in_hand, results)
                except Exception as error:  # noqa: BLE001 - what was sent must be known
                    self._note_trouble(error)
                    if not is_passing(error) and self._is_lost(in_hand[0]):
                        return
                    time.sleep(AFTER_TROUBLE.total_seconds())
                else:
                    return
        finally:
            self._slots.release()

    def _is_lost(self, each: InHand) -> bool:
        return self._desk.clock() >= each.taken_at + HANDOVER_LEASE

    def _ask_some(self) -> timedelta:
        return timedelta() if self._desk.ask() == self._desk.page > 0 else ASK_EVERY

    def _give_up_lost(self) -> timedelta:
        self._desk.give_up_lost()
        return GIVE_UP_EVERY

    def _note_trouble(self, error: Exception) -> None:
        """Say once that the database is away; anything else is a bug."""
        if not is_passing(error):
            self._log.error("sending.failed", error=describe(error))
        elif not self._is_away:
            self._log.warning("database.away", error=type(error).__name__)
            self._is_away = True


def _until(moment: datetime | None, now: datetime) -> timedelta:
    """Say how long to wait: no longer than usual, since a rest may end early."""
    return LOOK_EVERY if moment is None else min(max(moment - now, timedelta()), LOOK_EVERY)
