"""`/api/ops/v1` about the whole: the verdict and why, the pipe, lanes, workers, outbox, search."""

from dataclasses import asdict
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json
from dashboard.asking import asked_of, whole
from dashboard.context import context_of
from dashboard.holding import Holding, holdings
from dashboard.pages.lanes import P50, P95, P99, look_at_lane
from dashboard.pages.overview import lead_of, panels
from dashboard.pages.search import look_for
from dashboard.pages.workers import missing_of
from dashboard.panels import Panel, panel_of
from dashboard.pipe import Stage
from dashboard.ranking import LaneRow, rank_lanes, rank_processes
from domain.figures.judgement import Alarm, judge_snapshot
from domain.figures.snapshot import PARTS, Snapshot
from domain.ops.lane_figures import Fared
from domain.ops.outbox import PAGE, list_outbox

QUANTILES: Final = {"p50": P50, "p95": P95, "p99": P99}


async def get_overview(request: Request) -> Response:
    """The verdict in words with its cause and the next step, what isn't known, and how old it is.

    `unknown` is never well; `parts` says of each part of the snapshot how old it is, and why.
    """
    latest = await context_of(request).snapshots.latest()
    found = judge_snapshot(latest)
    return as_json(
        {
            "mood": found.mood,
            "words": found.statement,
            "next_step": found.hint,
            "first": found.first and _alarm(found.first),
            "others": [_alarm(each) for each in found.others],
            "soon": [_alarm(each) for each in found.soon],
            "unknown": found.unknown,
            "age_s": None if latest.snapshot is None else latest.age_s,
            "parts": {name: _panel(panel_of(latest, name)) for name in PARTS},
        }
    )


async def get_pipe(request: Request) -> Response:
    """The way of all work, stage by stage: how much, for how long, how fast, and how old it is."""
    context = context_of(request)
    shown = panels(await context.snapshots.latest(), (await context.earlier.latest()).snapshot)
    return as_json({"stages": [_stage(stage, panel) for stage, panel in shown["stages"]]})


async def get_lanes(request: Request) -> Response:
    """All lanes, the worst first, and what is paused."""
    context = context_of(request)
    latest = await context.snapshots.latest()
    snapshot = latest.snapshot or Snapshot.nothing()
    paused = holdings(snapshot.pauses.value or (), snapshot.processes.value)
    return as_json(
        {
            "lanes": [_lane(row) for row in rank_lanes(snapshot)],
            "panel": _panel(panel_of(latest, "lanes")),
            "pauses": [told(each) for each in paused],
        }
    )


async def get_lane(request: Request) -> Response:
    """One over `?period=`: what is due and paused now, and how each handler fared; in seconds."""
    found, figures = await look_at_lane(request)
    return as_json(
        {
            "due": found.queue,
            "pauses": [told(each) for each in found.holdings],
            "period": figures.period.name,
            "whole": _fared(figures.whole),
            "handlers": {name: _fared(each) for name, each in figures.handlers.items()},
            "points": [{"at": at} | _fared(each) for at, each in figures.points],
        }
    )


async def get_workers(request: Request) -> Response:
    """Every process of ours, late ones first; and which kinds and takers there are none of."""
    latest = await context_of(request).snapshots.latest()
    snapshot = latest.snapshot or Snapshot.nothing()
    return as_json(
        {
            "processes": [
                asdict(row.process) | {"words": row.words} for row in rank_processes(snapshot)
            ],
            "missing": missing_of(snapshot.processes.value),
            "panel": _panel(panel_of(latest, "processes")),
        }
    )


async def get_outbox(request: Request) -> Response:
    """A page of what nobody has routed; `next` is the `after` of the next one."""
    after = whole(asked_of(request), "after")
    rows = await context_of(request).look(lambda session: list_outbox(session, after=after))
    next_ = str(rows[-1].seq) if len(rows) == PAGE else None
    return as_json({"rows": rows, "next": next_})


async def get_search(request: Request) -> Response:
    """What goes by `?q=`, and the page that shows it."""
    leads = await look_for(request)
    return as_json({"leads": [asdict(lead) | {"page": place} for lead, place in leads]})


def told(holding: Holding) -> dict[str, Any]:
    """Tell what is paused, and how many of the workers that take it have confirmed."""
    pause = holding.pause
    return {
        "name": pause.name,
        "lane": holding.lane,
        "since": pause.since,
        "until": pause.until,
        "actor": pause.actor,
        "why": pause.why,
        "confirmed": holding.confirmed,
        "workers": holding.workers,
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    lead = lead_of(alarm)
    return asdict(alarm) | {"runbook": alarm.runbook, "page": lead and lead[1]}


def _panel(panel: Panel) -> dict[str, Any]:
    return asdict(panel) | {"words": panel.words}


def _stage(stage: Stage, panel: Panel) -> dict[str, Any]:
    return asdict(stage) | {"panel": _panel(panel)}


def _lane(row: LaneRow) -> dict[str, Any]:
    rest = {"takers": row.takers, "tries": row.tries, "failed_part": row.failed_part}
    return asdict(row.lane) | rest | {"words": row.words}


def _fared(fared: Fared) -> dict[str, Any]:
    return {
        "tries": fared.tries,
        "failed": fared.failed,
        "outcomes": fared.outcomes,
        "wait": {name: fared.wait(part) for name, part in QUANTILES.items()},
        "run": {name: fared.run(part) for name, part in QUANTILES.items()},
    }
