"""`/workers`: every process of ours: what it does, memory, version, since when; late ones first."""

from typing import Final

from starlette.requests import Request

from dashboard.context import context_of
from dashboard.panels import panel_of
from dashboard.ranking import rank_processes
from dashboard.rendering import Page
from domain.figures.crew import ProcessNow
from domain.figures.gauges import PROCESSES
from domain.figures.snapshot import Snapshot
from domain.lanes import LANES

# What there is to be said of a kind of which none runs.
MISSING: Final = {
    "relay": "retries, second looks and lost bells wait",
    "worker": "what is published waits",
    "scheduler": "what becomes due waits",
    "sender": "people wait to be told",
    "gateway": "nothing comes in over HTTP",
    "dashboard": "nobody collects",
}


async def show_workers(request: Request) -> Page:
    """All of them, from the snapshot; and which kinds and takers are missing."""
    latest = await context_of(request).snapshots.latest()
    snapshot = latest.snapshot or Snapshot.nothing()
    rows = rank_processes(snapshot)
    values = {
        "rows": rows,
        "panel": panel_of(latest, "processes"),
        "missing": missing_of(snapshot.processes.value),
        "age_s": latest.age_s,
    }
    return Page("Workers", "workers.html", values, live=True)


def missing_of(processes: tuple[ProcessNow, ...] | None) -> list[str]:
    """Say which kinds of processes, and takers of which lanes, there are none of."""
    if processes is None:
        return []
    alive = [each for each in processes if not each.is_silent]
    names = {each.name for each in alive}
    taken = {lane for each in alive for lane in each.takes}
    missing = [f"No {name} runs: {MISSING[name]}." for name in PROCESSES if name not in names]
    if "worker" in names:
        missing += [f"No worker takes lane {lane}." for lane in LANES if lane not in taken]
    return missing
