"""`/lanes`: all lanes; one with its rates, waits and runs over a while; pausing and resuming."""

from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.asking import moment, read_hold, text
from dashboard.context import context_of
from dashboard.doing import do
from dashboard.forms import Form
from dashboard.guard import signed_in
from dashboard.holding import Holding, holdings
from dashboard.panels import panel_of
from dashboard.ranking import rank_lanes
from dashboard.rendering import Page, not_kept
from dashboard.rewinding import rewind
from dashboard.words import count, listed, quick, rate
from domain.catalogue import HANDLERS
from domain.figures.counting import lane_due
from domain.figures.reading_system import read_processes
from domain.figures.snapshot import Queue, Snapshot
from domain.lanes import LANES
from domain.ops.lane_figures import PERIODS, LaneFigures, lane_figures
from domain.ops.pausing import pause, resume
from domain.pausing import handlers_of, paused_handlers, pauses_at

# For how long something can be paused by a press.
SPANS: Final = {"15m": "15 minutes", "1h": "an hour", "4h": "4 hours", "24h": "a day"}
P50, P95, P99 = 0.5, 0.95, 0.99
MINUTE_S: Final = 60.0
# Processes write what they have measured every ten seconds; hours are added up every few minutes.
FIGURES_LIFE_S: Final = {"minute": 5.0, "hour": 30.0}
# What is due is counted so often, however many look.
DUE_LIFE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Now:
    """How a lane stands: what is due, and what is paused of it."""

    queue: Queue
    holdings: list[Holding]


async def show_lanes(request: Request) -> Page:
    """All of them, the worst first, and what is paused."""
    then = await rewind(request)
    if then and then.snapshot is None:
        return not_kept(then)
    latest = then.latest if then else await context_of(request).snapshots.latest()
    snapshot = latest.snapshot or Snapshot.nothing()
    values = {
        "lanes": rank_lanes(snapshot),
        "strangers": snapshot.strangers.value,
        "panel": panel_of(latest, "lanes", "strangers"),
    }
    title = "Lanes, then" if then else "Lanes"
    return Page(title, "lanes.html", values, live=not then, then=then)


async def show_lane(request: Request) -> Page:
    """One lane, over the period that the URL names."""
    name = request.path_params["name"]
    found, figures = await look_at_lane(request)
    told = frozenset(each.pause.name for each in found.holdings)
    values = {
        "name": name,
        "found": found,
        "figures": figures,
        "handlers": sorted(handlers_of(name)),
        "periods": list(PERIODS),
        "spans": SPANS,
        "sentence": sentence_of(figures),
        "chart": chart_of(figures),
    }
    return Page(f"Lane {name}", "lane.html", values, live=True, charts=True, tells=told)


async def look_at_lane(request: Request) -> tuple[Now, LaneFigures]:
    """Read the lane that the path names, and its figures over the period that the query does."""
    name = request.path_params["name"]
    period = PERIODS.get(request.query_params.get("period", "1h"))
    if name not in LANES:
        raise HTTPException(404, "There is no such lane.")
    if period is None:
        raise HTTPException(400, f"A period is one of {', '.join(PERIODS)}.")
    context = context_of(request)
    now = context.clock()

    def stand(session: Session) -> Now:
        held = paused_handlers(session, now)
        due = lane_due(session, name, handlers_of(name), now=now, paused=held)[0]
        pauses = [each for each in pauses_at(session, now) if each.name in _names(name)]
        return Now(due, holdings(pauses, read_processes(session, now)))

    def add_up(session: Session) -> LaneFigures:
        return lane_figures(session, name, period=period, now=now)

    found = await context.share(f"lane {name}", stand, life_s=DUE_LIFE_S)
    of = f"lane {name} {period.name}"
    return found, await context.share(of, add_up, life_s=FIGURES_LIFE_S[period.span])


def sentence_of(figures: LaneFigures) -> str:
    """What the chart shows, in a sentence."""
    whole = figures.whole
    if not whole.tries:
        return f"Nothing was tried in the last {figures.period.name}.{deployed(figures)}"
    most_at, most = max(figures.points, key=lambda point: point[1].tries)
    minutes = figures.period.step.total_seconds() / MINUTE_S
    failed = f"{whole.failed / whole.tries:.1%} of them failed" if whole.failed else "none failed"
    return (
        f"{count(whole.tries, 'try', 'tries')} in the last {figures.period.name}, {failed};"
        f" the most at {most_at:%H:%M} UTC, {rate(most.tries / minutes)} a minute. Nineteen of"
        f" twenty had waited for less than {quick(whole.wait(P95))} and ran for less than"
        f" {quick(whole.run(P95))}.{deployed(figures)}"
    )


def deployed(figures: LaneFigures) -> str:
    """Say which versions began to run meanwhile; empty if none did."""
    marks = [f"{each.version} at {each.at:%d %b %H:%M}" for each in figures.deploys]
    return f" Deployed: {listed(marks)} UTC." if marks else ""


def chart_of(figures: LaneFigures) -> dict[str, Any]:
    """The same as columns for the chart: seconds, rates a minute, and waits and runs in seconds.

    Where nothing was measured there is a gap. The last step still runs; `until` is the right edge.
    """
    minutes = figures.period.step.total_seconds() / MINUTE_S
    points = figures.points
    return {
        "at": [int(at.timestamp()) for at, _ in points],
        "tried": [round(each.tries / minutes, 2) for _, each in points],
        "failed": [round(each.failed / minutes, 2) for _, each in points],
        "wait": [each.wait(P95) for _, each in points],
        "run": [each.run(P95) for _, each in points],
        "until": int(figures.until.timestamp()),
        "marks": [
            {"at": int(each.at.timestamp()), "version": each.version} for each in figures.deploys
        ],
    }


async def pause_held(request: Request, form: Form) -> Response:
    """Hold back the lane, or one of its handlers."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    hold = read_hold(form, now)

    def work(session: Session) -> bool:
        pause(session, actor, hold, now=now)
        return True

    return await do(request, work, back=form.get("back", ""), said="paused")


async def resume_held(request: Request, form: Form) -> Response:
    """Let it go on, unless another pause stands by now."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    name, since = text(form, "name") or "", moment(form, "since", now)
    return await do(
        request,
        lambda session: resume(session, actor, name, now=now, since=since),
        back=form.get("back", ""),
        said="resumed",
    )


def _names(lane: str) -> set[str]:
    return {lane, *(each.name for each in HANDLERS.values() if each.lane == lane)}
