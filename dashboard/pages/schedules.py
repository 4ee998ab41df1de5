"""`/schedules`: what runs when, its last sixty runs, what was missed; run now, pause, resume."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from dashboard.asking import moment, read_hold, text
from dashboard.context import context_of
from dashboard.doing import do
from dashboard.fires import fires
from dashboard.forms import Form
from dashboard.guard import signed_in
from dashboard.pages.lanes import SPANS
from dashboard.rendering import Page
from dashboard.strips import TONES, Strip, strip_of
from domain.constants import DEFAULT_ZONE
from domain.figures.thresholds import LATE_S
from domain.ops.acting import checked_why
from domain.ops.pausing import Hold, checked_end
from domain.ops.permissions import Actor
from domain.ops.scheduling import (
    SHOWN,
    Listed,
    Timetable,
    list_schedules,
    pause_schedule,
    resume_schedule,
    run_now,
)

BACK: Final = "/schedules"
LIFE_S: Final = 1.0


async def show_schedules(request: Request) -> Page:
    """All of them, those that somebody should look at first."""
    context = context_of(request)
    now = context.clock()

    def read(session: Session) -> tuple[Timetable, list[tuple[Listed, Strip]]]:
        table = list_schedules(session, now)
        return table, [(each, strip_of(each.ticks)) for each in table.listed]

    found, listed = await context.share(BACK, read, life_s=LIFE_S)
    values = {
        "leader": found.leader,
        "listed": listed,
        "tones": TONES,
        "shown": SHOWN,
        "spans": SPANS,
        "fires": fires,
        "zone": DEFAULT_ZONE,
        "late_s": LATE_S,
    }
    return Page("Schedules", "schedules.html", values, live=True)


async def run_schedule(request: Request, form: Form) -> Response:
    """Have the scheduler that leads run it at once."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    name, why = text(form, "name") or "", text(form, "why") or "asked for in the dashboard"

    def work(session: Session) -> bool:
        return run_now(session, actor, name, why=checked_why(why), now=now) is not None

    return await do(request, work, back=BACK, said="asked")


async def pause_one(request: Request, form: Form) -> Response:
    """Have it not run for a while."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    hold = read_hold(form, now)
    return await do(
        request,
        lambda session: hold_back(session, actor, hold, now=now),
        back=BACK,
        said="schedule_paused",
    )


def hold_back(session: Session, actor: Actor, hold: Hold, *, now: datetime) -> bool:
    """Pause a schedule, and say whether that changed anything.

    Raises WrongRequestError for an end or a reason that can't stand.
    """
    checked_end(hold.until, now)
    plain = replace(hold, why=checked_why(hold.why))
    return pause_schedule(session, actor, plain, now=now)


async def resume_one(request: Request, form: Form) -> Response:
    """End its pause, unless another stands by now."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    name, until = text(form, "name") or "", moment(form, "until", now)
    return await do(
        request,
        lambda session: resume_schedule(session, actor, name, now=now, until=until),
        back=BACK,
        said="schedule_resumed",
    )
