"""`/runbook`: every alarm, when it rings, what it means and what to do."""

from typing import Final

from starlette.requests import Request

from dashboard.manual import manual
from dashboard.rendering import Page
from domain.figures.judgement import shown
from domain.figures.threshold import Threshold, Unit
from domain.figures.thresholds import COLLECTOR_SILENT, SILENT_FOR_LONG_S, SILENT_S, THRESHOLDS

_ANY: Final = {
    "lane": "…",
    "part": "…",
    "port": "…",
    "channel": "…",
    "process": "process",
    "promise": "…",
}


async def show_runbook(_request: Request) -> Page:
    """A section for each, by the name that its link has."""
    silent = {
        "name": COLLECTOR_SILENT,
        "statement": "the collector has been silent for …",
        "hint": "See the dashboards' logs for collector.failed. Nobody knows how things stand.",
        "warn": shown(SILENT_S, Unit.SECONDS),
        "page": shown(SILENT_FOR_LONG_S, Unit.SECONDS),
        "sign": "over",
        "held_s": 0.0,
        "causes": (),
    }
    sections, alarms = manual(), [silent, *map(_section, THRESHOLDS)]
    names = {str(each["name"]) for each in alarms}
    values = {
        "alarms": alarms,
        "manual": sections,
        "more": [each for each in sections.values() if each.title not in {*names, "Alarms"}],
    }
    return Page("Runbook", "runbook.html", values)


def _section(threshold: Threshold) -> dict[str, object]:
    bounds = {"warn": threshold.warn, "page": threshold.page}
    return {
        "name": threshold.name,
        "statement": threshold.statement.format(value="…", **_ANY),
        "hint": threshold.hint,
        **{
            level: None if bound is None else shown(bound, threshold.unit)
            for level, bound in bounds.items()
        },
        "sign": "below" if threshold.is_below else "over",
        "held_s": threshold.held.total_seconds(),
        "causes": threshold.causes,
    }
