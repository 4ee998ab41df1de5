"""timetable.md: what the scheduler runs, how often, and what it does."""

from collections.abc import Iterator
from datetime import timedelta

from docs.generator.markdown import GENERATED, code, paragraphs, table
from domain.schedules import Line
from scheduler.__main__ import our_timetable
from scheduler.pages import PAGE
from scheduler.timetable import place
from workers.settings import load_settings

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
HEAD = """
What the scheduler that leads runs, as `scheduler/timetable.py` has it. Planned times are counted
from 1970-01-01 00:00 UTC, so that all schedulers agree on them, and each is met once. One that was
missed, however long ago, is made up for by the newest. `momento schedule list` shows what came of
each, `momento schedule run NAME` has one run now.
"""
DUE = f"""
Found in tables and published as domain events, whose `time` is when each was due. All kinds are
looked for together and published {PAGE:,} in a transaction, in the order in which they became due,
until nothing more is. Out of that order comes what was held up: an event whose facts were still to
be applied, a reminder of something that was just being changed, a kind that was paused or failed.
"""
ENTRIES = """
Each in one transaction with its tick.
"""
CHORES = """
They hold their own transactions, and hold up nobody but themselves.
"""


def timetable_page() -> str:
    """Write the whole page."""
    timetable = our_timetable(load_settings({}), lambda _: True)
    lines = [GENERATED, "# The timetable", "", paragraphs(HEAD), ""]
    for title, says, listed in (
        ("What becomes due", DUE, timetable.kinds),
        ("Housekeeping", ENTRIES, timetable.entries),
        ("Chores", CHORES, timetable.chores),
    ):
        if listed:
            lines += [f"## {title}", "", paragraphs(says), ""]
            lines += table(["name", "when", "what it does"], map(_row, listed))
    return "\n".join(lines).rstrip() + "\n"


def _row(line: Line) -> tuple[str, str, str]:
    return code(line.name), " ".join(_when(line)), line.sentence


def _when(line: Line) -> Iterator[str]:
    yield f"every {_span(line.every)}"
    if at := place(line):
        yield f"at {at // timedelta(hours=1):02}:00 UTC"


def _span(every: timedelta) -> str:
    """Write a span in the largest unit that fits it whole."""
    seconds = round(every.total_seconds())
    name, size = next(unit for unit in UNITS if seconds % unit[1] == 0)
    count = seconds // size
    return name if count == 1 else f"{count} {name}s"
