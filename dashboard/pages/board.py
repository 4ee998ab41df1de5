"""`/`: how everything stands."""

from typing import Final

from starlette.requests import Request

from dashboard.context import context_of
from dashboard.rendering import Page
from dashboard.verdict import judge_standing
from workers.commands.status import LATE_S

# The states in the order in which a delivery goes through them, and what each means.
STATES: Final = {
    "pending": "to be applied",
    "deferred": "wait for something",
    "failed": "to be tried again",
    "dead": "given up",
    "done": "applied",
    "rejected": "answered no",
    "discarded": "dropped by hand",
}


async def show_board(request: Request) -> Page:
    """The verdict, the states, what waits, who works, and the latest trouble."""
    standing = await context_of(request).standings.latest()
    verdict = judge_standing(standing)
    values = {"standing": standing, "verdict": verdict, "states": STATES, "late_s": LATE_S}
    return Page(verdict.first.sentence, "board.html", values, live="/")
