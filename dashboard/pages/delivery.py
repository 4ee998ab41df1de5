"""What can be done to one delivery; the forms stand on the pages that show it."""

from collections.abc import Callable

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.asking import key
from dashboard.context import context_of
from dashboard.forms import Form
from dashboard.guard import signed_in
from dashboard.saying import go_on
from domain.ops.acting import WrongRequestError, discard, restore, retry


async def retry_one(request: Request, form: Form) -> Response:
    """Have its handler try it again; no other runs."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    chosen = key(form.get("pick", ""))
    return await _do(
        request, form, lambda session: retry(session, actor, chosen, now=now), "retried"
    )


async def discard_one(request: Request, form: Form) -> Response:
    """Give it up, for a reason."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    chosen, why = key(form.get("pick", "")), form.get("why", "")
    return await _do(
        request, form, lambda session: discard(session, actor, chosen, why=why, now=now),
        "discarded",
    )  # fmt: skip


async def restore_one(request: Request, form: Form) -> Response:
    """Take back that it was discarded."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    chosen = key(form.get("pick", ""))
    return await _do(
        request, form, lambda session: restore(session, actor, chosen, now=now), "restored"
    )


async def _do(request: Request, form: Form, work: Callable[[Session], bool], said: str) -> Response:
    try:
        was_done = await context_of(request).write(work)
    except WrongRequestError as error:
        raise HTTPException(422, str(error)) from None
    return go_on(form.get("back", ""), said if was_done else "unchanged")
