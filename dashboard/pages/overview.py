"""`/`: is anything wrong, where, since when, what to do; wholly from the collector's snapshot."""

from typing import Any, Final

from starlette.requests import Request

from dashboard.context import context_of
from dashboard.navigation import has_page
from dashboard.pages.promises import told
from dashboard.panels import panel_of
from dashboard.pipe import pipe_of
from dashboard.ranking import error_in_ledger, late_schedules, rank_lanes, rank_processes
from dashboard.rendering import Page, not_kept
from dashboard.rewinding import rewind
from dashboard.snapshots import Latest
from domain.figures.judgement import Alarm, Judgement, Mood, judge_snapshot
from domain.figures.snapshot import Snapshot

TONES: Final = {
    Mood.QUIET: "quiet",
    Mood.BUSY: "busy",
    Mood.WARN: "late",
    Mood.PAGE: "bad",
    Mood.UNKNOWN: "unknown",
}
# Where to look, by the beginning of an alarm's name.
_LEADS: Final = (
    ("DeliveriesDead", "What is dead", "/dead"),
    ("LaneFailing", "What has failed", "/deliveries?state=failed"),
    ("Lane", "Lanes", "/lanes"),
    ("Paused", "Lanes", "/lanes"),
    ("Outbox", "The outbox", "/outbox"),
    ("Schedule", "Schedules", "/schedules"),
    ("NoScheduler", "Schedules", "/schedules"),
    ("FiguresDrifted", "Schedules", "/schedules"),
    ("No", "Workers", "/workers"),
    ("Stuck", "Workers", "/workers"),
    ("MuchMemory", "Workers", "/workers"),
    ("ProcessSilent", "Workers", "/workers"),
    ("HandlersUnknown", "What is due", "/deliveries?due=now"),
    ("Promise", "Promises", "/promises"),
    ("Channel", "Notifications", "/notifications"),
    ("ManyUnknown", "Notifications", "/notifications?state=unknown"),
)
SHOWN: Final = 10


async def show_overview(request: Request) -> Page:
    """The verdict and its cause, the pipe, lanes, what fails, and who or what is late."""
    context = context_of(request)
    then = await rewind(request)
    if then and then.snapshot is None:
        return not_kept(then)
    latest = then.latest if then else await context.snapshots.latest()
    before = then.before if then else (await context.earlier.latest()).snapshot
    judgement = judge_snapshot(latest)
    values = {
        "judgement": judgement,
        "tone": TONES[judgement.mood],
        "tones": TONES,
        "kinds": kinds_of(judgement),
        "lead_of": lead_of,
        **panels(latest, before),
    }
    title = f"{judgement.statement}, then" if then else judgement.statement
    return Page(title, "overview.html", values, live=False if then else "/", then=then)


def panels(latest: Latest, before: Snapshot | None) -> dict[str, Any]:
    """What each panel shows, and how old that is."""
    snapshot = latest.snapshot or Snapshot.nothing()
    stages = pipe_of(snapshot, before)
    processes = rank_processes(snapshot)
    return {
        "stages": [(stage, panel_of(latest, *stage.parts)) for stage in stages],
        "lanes": rank_lanes(snapshot),
        "lanes_panel": panel_of(latest, "lanes"),
        "promises": told(snapshot),
        "promises_panel": panel_of(latest, "promises"),
        "failing": [(each, error_in_ledger(each)) for each in snapshot.failing.value or ()][:SHOWN],
        "failing_panel": panel_of(latest, "failing"),
        "scheduler": snapshot.scheduler.value,
        "schedules": late_schedules(snapshot)[:SHOWN],
        "schedules_panel": panel_of(latest, "scheduler"),
        "processes": [row for row in processes if row.words][:SHOWN],
        "process_count": len(processes),
        "processes_panel": panel_of(latest, "processes"),
    }


def kinds_of(judgement: Judgement) -> str:
    """Changes only when something new is to be said."""
    alarms = [each for each in (judgement.first, *judgement.others) if each]
    return " ".join([judgement.mood, *(each.name for each in alarms), *judgement.unknown])


def lead_of(alarm: Alarm) -> tuple[str, str] | None:
    """The page on which to look further, its title and path; None if there is none."""
    found = ((title, path) for name, title, path in _LEADS if alarm.name.startswith(name))
    lead = next(found, None)
    return lead if lead and has_page(lead[1]) else None
