"""`/api/ops/v1`: what is paused and what is scheduled, and holding it back, for programs."""

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, done, read_object
from dashboard.asking import end, text
from dashboard.context import context_of
from dashboard.guard import signed_in
from dashboard.holding import Holding, holdings
from domain.figures.reading_system import read_processes
from domain.ops.acting import WrongRequestError, checked_why
from domain.ops.pausing import checked_end, pause, resume
from domain.ops.scheduling import list_schedules, pause_schedule, resume_schedule, run_now
from domain.pausing import pauses_at


async def get_pauses(request: Request) -> Response:
    """What is paused, and how many of the workers that take it have confirmed."""
    context = context_of(request)
    now = context.clock()
    found = await context.look(
        lambda session: holdings(pauses_at(session, now), read_processes(session, now))
    )
    return as_json({"pauses": [_told(each) for each in found]})


def _told(holding: Holding) -> dict[str, object]:
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


async def pause_one(request: Request) -> Response:
    """Hold back a lane or a handler: `{"name", "for" or "until", "why"}`."""
    body, actor, context = await read_object(request), signed_in(request).actor, context_of(request)
    now = context.clock()
    name, until, why = text(body, "name") or "", end(body, now), body.get("why", "")
    try:
        await context.write(
            lambda session: pause(session, actor, name, until=until, why=why, now=now)
        )
    except WrongRequestError as error:
        raise HTTPException(422, str(error)) from None
    return as_json({"done": True, "until": until})


async def resume_one(request: Request) -> Response:
    """Let it go on: `{"name"}`."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    name = text(body, "name") or ""
    return await done(request, lambda session: resume(session, actor, name, now=now))


async def get_schedules(request: Request) -> Response:
    """What runs when, with its last runs, and who leads."""
    context = context_of(request)
    now = context.clock()
    found = await context.look(lambda session: list_schedules(session, now))
    return as_json({"leader": found.leader, "schedules": found.listed})


async def run_schedule(request: Request) -> Response:
    """Have it run at once: `{"name", "why"}`."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    name, why = text(body, "name") or "", body.get("why", "")

    def work(session: Session) -> bool:
        return run_now(session, actor, name, why=checked_why(why), now=now) is not None

    return await done(request, work)


async def pause_line(request: Request) -> Response:
    """Have it not run for a while: `{"name", "for" or "until", "why"}`."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    name, until = text(body, "name") or "", end(body, now)

    def work(session: Session) -> bool:
        checked_end(until, now)
        why = checked_why(body.get("why", ""))
        return pause_schedule(session, actor, name, until=until, why=why, now=now)

    return await done(request, work)


async def resume_line(request: Request) -> Response:
    """End its pause: `{"name"}`."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    name = text(body, "name") or ""
    return await done(request, lambda session: resume_schedule(session, actor, name, now=now))
