"""What a beat of the metronome does: find which planned times have come, and meet them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from domain.schedules import Line
from domain.ticks import interrupt, take_asked
from scheduler.runs import Runs
from scheduler.timetable import Entry, Timetable, planned
from workers.chores.chore import Chore, transaction

# Nothing is looked at more often than this, and nothing less often than that.
OFTENEST: Final = timedelta(seconds=1)
SELDOMEST: Final = timedelta(seconds=5)


class Ticker:
    """Runs what is due at a moment, as long as it leads. Each track is for one thread."""

    def __init__(
        self,
        engine: Engine,
        timetable: Timetable,
        *,
        now: Callable[[], datetime],
        going: Callable[[], bool],
    ) -> None:
        """Work on this database by this clock, as long as `going` says so."""
        self._engine = engine
        self._timetable = timetable
        self._going = going
        self._now = now
        self._runs = Runs(engine, now=now, going=going, publish=timetable.publish)

    def tracks(self) -> Mapping[str, tuple[timedelta, Callable[[], None]]]:
        """Give what is looked at side by side: how often, and what then happens.

        A chore that waits for somebody holds up itself alone.
        """
        table = self._timetable
        tracks: dict[str, tuple[timedelta, Callable[[], None]]] = {
            "due": (_beat(table.kinds), self.tick_due),
            "entries": (_beat(table.entries), self.tick_entries),
            "asked": (OFTENEST, self.answer),
        }
        return tracks | {
            chore.name: (_beat([chore]), self._track_of(chore)) for chore in table.chores
        }

    def _track_of(self, chore: Chore) -> Callable[[], None]:
        return lambda: self.tick_chore(chore)

    def tick_due(self) -> None:
        """Publish what is due of all kinds whose time has come, together."""
        kinds = self._timetable.kinds
        if kinds and self._going():
            self._runs.due(kinds, planned(kinds, self._now()))

    def tick_entries(self) -> None:
        """Run the short entries whose time has come, one after the other."""
        for entry in self._timetable.entries:
            if self._going():
                self._runs.entry(entry, planned([entry], self._now())[entry.name])

    def tick_chore(self, chore: Chore) -> None:
        """Run a chore if its time has come."""
        if self._going():
            self._runs.chore(chore, planned([chore], self._now())[chore.name])

    def answer(self) -> None:
        """Run what somebody has asked for by name."""
        lines = {line.name: line for line in self._timetable}
        while self._going():
            with transaction(self._engine) as session:
                asked = take_asked(session, lines, now=self._now())
            if asked is None:
                return
            name, planned_at = asked
            try:
                self._run_asked(lines[name], planned_at)
            finally:
                # Whoever asked waits for a result. If this fails too, the next lead says it.
                with transaction(self._engine) as session:
                    interrupt(session, name, planned_at)

    def _run_asked(self, line: Line, planned_at: datetime) -> None:
        match line:
            case Entry():
                self._runs.entry(line, planned_at, is_taken=True)
            case Chore():
                self._runs.chore(line, planned_at, is_taken=True)
            case _:
                self._runs.due([line], {line.name: planned_at}, is_taken=True)


def _beat(lines: Sequence[Line]) -> timedelta:
    """Give how often to look whether the time of any of these has come."""
    return min((max(min(line.every, SELDOMEST), OFTENEST) for line in lines), default=SELDOMEST)
