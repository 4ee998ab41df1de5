"""A term: from gaining the lead to losing it, or to being asked to stop."""

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session

from domain.leading import Leader, lead
from domain.schedules import Line, keep_timetable
from domain.ticks import interrupt_all
from scheduler.lead import Lead
from scheduler.timetable import place
from workers.chores.chore import transaction

# A clock that has moved by this much against the database's is worth a new line about it.
NOTEWORTHY_S: Final = 1.0


class Term:
    """Says whether to go on, and tells the others who leads and what is scheduled."""

    def __init__(self, engine: Engine, lead: Lead, *, now: Callable[[], datetime]) -> None:
        """Lead nobody yet."""
        self._engine = engine
        self._lead = lead
        self._now = now
        self._has_begun = False
        self._stopping = threading.Event()
        self._said = Leader(os.getpid(), os.uname().nodename, now(), 0.0)

    def going(self) -> bool:
        """Say whether to go on: leading, and not asked to stop."""
        return self._has_begun and self._lead.is_mine and not self._stopping.is_set()

    def wait(self, duration: timedelta) -> bool:
        """Wait, unless asked to stop; say whether to go on."""
        self._stopping.wait(duration.total_seconds())
        return self.going()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()

    def look(self, lines: Iterable[Line]) -> bool:
        """Confirm the lead or try for it; say whether it is ours. For one thread."""
        if not self._lead.look():
            self._has_begun = False
            return False
        ahead_s = round(self._lead.clock_ahead.total_seconds(), 1)
        if not self._has_begun:
            self._begin(lines, ahead_s)
        elif abs(ahead_s - self._said.clock_ahead_s) > NOTEWORTHY_S:
            with transaction(self._engine) as session:
                said = self._say(session, ahead_s, since=self._said.since)
            self._said = said
        return True

    def release(self) -> None:
        """Let another one lead, at once."""
        self._has_begun = False
        self._lead.release()

    def _begin(self, lines: Iterable[Line], ahead_s: float) -> None:
        """Take over: what the one before had at work has ended, and ours is the timetable.

        Since when is said with it: that is how long a schedule is known that was never met.
        """
        with transaction(self._engine) as session:
            interrupt_all(session)
            keep_timetable(session, [(line, place(line)) for line in lines])
            said = self._say(session, ahead_s, since=self._now())
        self._said = said
        self._has_begun = True

    def _say(self, session: Session, ahead_s: float, *, since: datetime) -> Leader:
        said = replace(self._said, since=since, clock_ahead_s=ahead_s)
        lead(session, said, backend_pid=self._lead.backend_pid)
        return said
