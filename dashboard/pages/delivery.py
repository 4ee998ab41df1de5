"""What can be done to one delivery; the forms stand on the pages that show it."""

from starlette.requests import Request
from starlette.responses import Response

from dashboard.context import context_of
from dashboard.doing import do
from dashboard.filtering import key
from dashboard.forms import Form
from dashboard.guard import signed_in
from domain.ops.acting import discard, restore, retry


async def retry_one(request: Request, form: Form) -> Response:
    """Have its handler try it again; no other runs."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    chosen = key(form.get("pick", ""))
    return await do(
        request,
        lambda session: retry(session, actor, chosen, now=now),
        back=form.get("back", ""),
        said="retried",
    )


async def discard_one(request: Request, form: Form) -> Response:
    """Give it up, for a reason."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    chosen, why = key(form.get("pick", "")), form.get("why", "")
    return await do(
        request,
        lambda session: discard(session, actor, chosen, why=why, now=now),
        back=form.get("back", ""),
        said="discarded",
    )


async def restore_one(request: Request, form: Form) -> Response:
    """Take back that it was discarded."""
    actor, now = signed_in(request).actor, context_of(request).clock()
    chosen = key(form.get("pick", ""))
    return await do(
        request,
        lambda session: restore(session, actor, chosen, now=now),
        back=form.get("back", ""),
        said="restored",
    )
