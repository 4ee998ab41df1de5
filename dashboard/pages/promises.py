"""`/promises`: what people are promised, how it was kept, and how much error budget is used."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request

from dashboard.context import context_of
from dashboard.panels import panel_of
from dashboard.rendering import Page
from domain.figures.promises import BUDGET, PROMISES, Day, Promise, promise_days
from domain.figures.snapshot import PromiseNow, Snapshot

LIFE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Told:
    """A promise, how it stands, and its days; `is_known`: whether it was read the last time."""

    promise: Promise
    now: PromiseNow | None
    is_known: bool
    days: Sequence[Day] = ()

    @property
    def sentence(self) -> str:
        """How it stands in a sentence."""
        now = self.now
        if now is None:
            return "Not known"
        if not now.month_kept + now.month_broken:
            return "Nothing was promised in 30 days."
        today = now.today_kept + now.today_broken
        begun = f"{now.today_kept / today:.1%} today" if today else "nothing to be told today"
        used = now.budget_used
        return f"{begun}; {used:.0%} of the error budget of 30 days is used"

    @property
    def tone(self) -> str:
        """How much of an alarm it is; where nothing was promised, nothing was kept either."""
        now = self.now
        if now is None:
            return "unknown"
        if now.budget_used >= 1:
            return "bad"
        if now.burn > 1:
            return "late"
        calm = "quiet" if now.month_kept + now.month_broken else "plain"
        return calm if self.is_known else "unknown"


def told(snapshot: Snapshot) -> list[Told]:
    """Give how each stands."""
    part = snapshot.promises
    found = {each.name: each for each in part.value or ()}
    return [Told(each, found.get(each.name), is_known=part.is_known) for each in PROMISES]


async def show_promises(request: Request) -> Page:
    """Each with today, the last hour, the budget and its days."""
    context = context_of(request)
    latest = await context.snapshots.latest()
    now = context.clock()
    days = await context.recent.get(
        "promises",
        lambda: context.look(lambda session: promise_days(session, now)),
        life_s=LIFE_S,
    )
    rows = [
        replace(each, days=days[each.promise.name])
        for each in told(latest.snapshot or Snapshot.nothing())
    ]
    values = {"rows": rows, "panel": panel_of(latest, "promises"), "budget_days": BUDGET.days}
    return Page("Promises", "promises.html", values, live=True)
