"""Keeps a channel's work going: one thread takes, others wait for the provider."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

from domain.constants import HANDOVER_LEASE
from domain.dispatch import describe, is_passing
from domain.notifications.handing import InHand
from workers.log import logger
from workers.sending.desk import SendingDesk

# How soon what is due is seen on an idle channel.
LOOK_EVERY: Final = timedelta(milliseconds=250)
ASK_EVERY: Final = timedelta(seconds=1)
GIVE_UP_EVERY: Final = timedelta(seconds=10)
AFTER_TROUBLE: Final = timedelta(seconds=1)


class Crew:
    """The threads of one channel, from `start` until `stopping` is set."""

    def __init__(self, desk: SendingDesk, stopping: threading.Event) -> None:
        self._desk = desk
        self._stopping = stopping
        self._log = logger("sending").bind(channel=desk.outlet.channel)
        self._slots = threading.Semaphore(desk.outlet.slots)
        self._pool = ThreadPoolExecutor(desk.outlet.slots, desk.outlet.channel)
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
        for _ in range(self._desk.outlet.slots):
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
        return timedelta() if self._desk.ask() == self._desk.outlet.page > 0 else ASK_EVERY

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
