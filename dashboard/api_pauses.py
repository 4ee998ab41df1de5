"""`/api/ops/v1`: what is paused and what is scheduled, and holding it back, for programs."""

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, done, read_asked
from dashboard.api_overview import told
from dashboard.asking import moment, read_hold, text
from dashboard.context import context_of
from dashboard.doing import attempt
from dashboard.holding import holdings
from dashboard.pages.schedules import hold_back
from domain.figures.reading_system import read_processes
from domain.ops.acting import checked_why
from domain.ops.pausing import pause, resume
from domain.ops.scheduling import list_schedules, resume_schedule, run_now
from domain.pausing import pauses_at


async def get_pauses(request: Request) -> Response:
    """What is paused, and how many of the workers that take it have confirmed."""
    context = context_of(request)
    now = context.clock()
    found = await context.look(
        lambda session: holdings(pauses_at(session, now), read_processes(session, now))
    )
    return as_json({"pauses": [told(each) for each in found]})


async def pause_one(request: Request) -> Response:
    """Hold back a lane or a handler: `{"name", "for" or "until", "why", "instead_of"}`."""
    body, actor, now = await read_asked(request)
    hold = read_hold(body, now)
    await attempt(request, lambda session: pause(session, actor, hold, now=now))
    return as_json({"done": True, "until": hold.until})


async def resume_one(request: Request) -> Response:
    """Let it go on: `{"name", "since"}`; with the latter that pause and no newer one is ended."""
    body, actor, now = await read_asked(request)
    name, since = text(body, "name") or "", moment(body, "since", now)
    return await done(request, lambda session: resume(session, actor, name, now=now, since=since))


async def get_schedules(request: Request) -> Response:
    """What runs when, with its last runs, and who leads."""
    context = context_of(request)
    now = context.clock()
    found = await context.look(lambda session: list_schedules(session, now))
    return as_json({"leader": found.leader, "schedules": found.listed})


async def run_schedule(request: Request) -> Response:
    """Have it run at once: `{"name", "why"}`."""
    body, actor, now = await read_asked(request)
    name, why = text(body, "name") or "", body.get("why", "")

    def work(session: Session) -> bool:
        return run_now(session, actor, name, why=checked_why(why), now=now) is not None

    return await done(request, work)


async def pause_line(request: Request) -> Response:
    """Have it not run for a while: `{"name", "for" or "until", "why", "instead_of"}`."""
    body, actor, now = await read_asked(request)
    hold = read_hold(body, now)
    return await done(request, lambda session: hold_back(session, actor, hold, now=now))


async def resume_line(request: Request) -> Response:
    """End its pause: `{"name", "until"}`; with the latter that pause and no newer one."""
    body, actor, now = await read_asked(request)
    name, until = text(body, "name") or "", moment(body, "until", now)
    return await done(
        request, lambda session: resume_schedule(session, actor, name, now=now, until=until)
    )
