"""Runs the programs of a Procfile, shows what they say, and starts again what ends by itself."""

import contextlib
import selectors
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Final

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from workers.child import GRACE, Child, Program
from workers.errors import CommandError

BACK_OFF: Final = (timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=5))
# One that lived at least this long has not failed quickly.
QUICK: Final = timedelta(seconds=10)
QUICK_FAILURES: Final = 5
TICK_S: Final = 0.1
OWN_NAME: Final = "momento"


class StopSignals:
    """Counts requests to stop: Ctrl-C, SIGTERM, or the terminal's end.

    While `interrupting` a request raises KeyboardInterrupt as well, which is right as long as
    nobody looks at the count.
    """

    def __init__(self) -> None:
        self.count = 0
        self.interrupting = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.interrupting:
            raise KeyboardInterrupt


class Screen:
    """Shows lines on standard output, each with the name of who said it."""

    def __init__(self, names: Sequence[str]) -> None:
        colours = get_colours()
        self._colours = {name: next(colours) for name in names}
        self._printer = Printer(sys.stdout, width=max(map(len, (OWN_NAME, *names))))
        self.is_closed = False

    def show(self, line: str, name: str = OWN_NAME) -> None:
        """Show a line; once nobody reads any more, notice and stay silent."""
        now = datetime.now(UTC).astimezone()
        colour = self._colours.get(name)
        if not self.is_closed:
            try:
                self._printer.write(
                    Message(type="line", data=line, time=now, name=name, colour=colour)
                )
            except OSError:
                self.is_closed = True


@dataclass
class Charge:
    """A program that we keep running."""

    program: Program
    child: Child | None = None
    quick_failures: int = 0
    # One that has worked before is started again for ever: a single domain event may kill it five
    # times before it is dead, and takes nothing else with it.
    has_worked: bool = False
    start_again_at: float = 0.0


class Supervisor:
    """Keeps programs running until asked to stop, and then leaves none behind."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        environment: Mapping[str, str],
        directory: Path,
        screen: Screen,
    ) -> None:
        self._charges = [Charge(program) for program in programs]
        self._environment = environment
        self._directory = directory
        self._screen = screen
        self._selector = selectors.DefaultSelector()

    def run(self, signals: StopSignals, each_tick: Callable[[], None]) -> None:
        """Run until a request to stop; raises CommandError if a program keeps failing."""
        try:
            while not signals.count and not self._screen.is_closed:
                for charge in self._charges:
                    self._look_after(charge)
                each_tick()
                self._listen()
        finally:
            self._stop(signals)

    def _look_after(self, charge: Charge) -> None:
        if charge.child is None:
            if time.monotonic() >= charge.start_again_at:
                self._start(charge)
        elif (code := charge.child.exit_code()) is not None:
            self._take_note(charge, charge.child, code=code)

    def _start(self, charge: Charge) -> None:
        charge.child = Child(
            charge.program, environment=self._environment, directory=self._directory
        )
        self._selector.register(charge.child, selectors.EVENT_READ, charge)
        self._screen.show(f"{charge.program.name} started (process {charge.child.pid})")

    def _take_note(self, charge: Charge, child: Child, *, code: int) -> None:
        """A program has ended by itself: start it again in a while, or give up."""
        self._end(charge, child)
        lived = timedelta(seconds=time.monotonic() - child.started)
        charge.quick_failures = charge.quick_failures + 1 if lived < QUICK else 0
        charge.has_worked = charge.has_worked or lived >= QUICK
        name = charge.program.name
        if charge.quick_failures >= QUICK_FAILURES and not charge.has_worked:
            said = " | ".join(child.last_lines) or "nothing"
            message = (
                f"{name} failed {QUICK_FAILURES} times in a row, at last {_ending(code)}, so"
                f" everything was stopped. Its last words, to be found above in full: {said}"
            )
            raise CommandError(message)
        wait = BACK_OFF[min(max(charge.quick_failures - 1, 0), len(BACK_OFF) - 1)]
        charge.start_again_at = time.monotonic() + wait.total_seconds()
        self._screen.show(f"{name} ended {_ending(code)}; again in {wait.seconds} s")

    def _listen(self) -> None:
        for key, _ in self._selector.select(TICK_S):
            charge: Charge = key.data
            child = charge.child
            if child is not None and not self._relay_lines(charge, child):
                self._selector.unregister(child)

    def _relay_lines(self, charge: Charge, child: Child) -> bool:
        """Show what a program has said; False once it has closed its output."""
        lines = child.read_lines()
        for line in lines or ():
            self._screen.show(line, charge.program.name)
        return lines is not None

    def _end(self, charge: Charge, child: Child) -> None:
        """Hear a program out, and leave nothing of it."""
        while lines := child.read_lines():
            for line in lines:
                self._screen.show(line, charge.program.name)
        with contextlib.suppress(KeyError):
            self._selector.unregister(child)
        child.end()
        charge.child = None

    def _stop(self, signals: StopSignals) -> None:
        """Ask all to stop, and kill what is left after the grace or at a second request."""
        self._screen.show("stopping")
        asked = signals.count
        deadline = time.monotonic() + GRACE.total_seconds()
        running = [(charge, charge.child) for charge in self._charges if charge.child is not None]
        for _, child in running:
            child.ask_to_stop()
        while any(child.exit_code() is None for _, child in running):
            if time.monotonic() > deadline or signals.count > max(asked, 1):
                break
            self._listen()
        for charge, child in running:
            if child.exit_code() is None:
                self._screen.show(f"{charge.program.name} did not stop and was killed")
            self._end(charge, child)
        self._selector.close()


def _ending(code: int) -> str:
    if code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with exit code {code}"
