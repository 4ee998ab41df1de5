"""`/people`: leads to whoever has a number or an address, which stands in no URL and no log."""

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.context import context_of
from dashboard.forms import Form
from dashboard.guard import signed_in
from dashboard.rendering import Page, render
from domain.ops.acting import WrongRequestError
from domain.ops.finding import find_people


async def show_people(_request: Request) -> Page:
    """The form."""
    return _page()


async def find_person(request: Request, form: Form) -> Response:
    """Go to the one whose it is, or say that it is nobody's, or several people's."""
    context, viewer = context_of(request), signed_in(request)
    sought, now = form.get("address", ""), context.clock()

    def work(session: Session) -> list[str]:
        return find_people(session, viewer.actor, sought, held=viewer.held, now=now)

    try:
        found = await context.write(work)
    except WrongRequestError as error:
        return await render(request, _page(fault=str(error), status=422))
    if len(found) == 1:
        return RedirectResponse(f"/people/{found[0]}", 303)
    return await render(request, _page(found=found))


def _page(*, found: list[str] | None = None, fault: str = "", status: int = 200) -> Page:
    return Page("People", "people.html", {"found": found, "fault": fault}, status=status)
