"""`/people/{id}`: everything about one person, masked until somebody says why; and erasing them."""

from typing import Final
from uuid import UUID, uuid4

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.asking import identity
from dashboard.context import context_of
from dashboard.doing import do
from dashboard.forms import Form
from dashboard.guard import signed_in
from dashboard.rendering import Page, render
from dashboard.saying import go_on
from domain.ops.acting import WrongRequestError
from domain.ops.erasing import COUNTED, Order, erase, preview_erasure
from domain.ops.person import COUNTED as REPORTS_COUNTED
from domain.ops.person import SHOWN, Person, find_person
from domain.ops.reasons import WHY_NOT
from domain.ops.revealing import Revealed, hide, reveal, revealed

NOBODY: Final = "There is nobody of that id."
# What is personal, as the page calls it while it is masked.
PERSONAL: Final = (
    "first name", "preferred name", "last name", "phone number", "email", "birth date",
    "host name",
)  # fmt: skip


async def show_person(request: Request) -> Page:
    """How they stand, their plans, what they were told; of what is personal, that it is masked."""
    person, shown = await look_at_person(request)
    values = {
        "person": person,
        "revealed": shown,
        "personal": PERSONAL,
        "reasons": WHY_NOT,
        "shown": SHOWN,
        "counted": REPORTS_COUNTED,
    }
    return Page(
        f"Person {str(identity(request.path_params, 'id'))[:8]}", "person.html", values, live=True
    )


async def look_at_person(request: Request) -> tuple[Person, Revealed | None]:
    """Read somebody, and what is personal of them as far as it is revealed to the session."""
    context, viewer = context_of(request), signed_in(request)
    person_id, now = identity(request.path_params, "id"), context.clock()

    def read(session: Session) -> tuple[Person | None, Revealed | None]:
        shown = revealed(session, viewer.actor, person_id, held=viewer.held, now=now)
        return find_person(session, str(person_id)), shown

    person, shown = await context.look(read)
    if person is None:
        raise HTTPException(404, NOBODY)
    return person, shown


async def reveal_person(request: Request, form: Form) -> Response:
    """Show what is personal to this session, for a reason, for ten minutes."""
    viewer, now = signed_in(request), context_of(request).clock()
    person_id, why = identity(request.path_params, "id"), form.get("why", "")

    def work(session: Session) -> bool:
        reveal(session, viewer.actor, person_id, held=viewer.held, why=why, now=now)
        return True

    return await do(request, work, back=f"/people/{person_id}", said="revealed")


async def hide_person(request: Request, _form: Form) -> Response:
    """Mask it again."""
    viewer, person_id = signed_in(request), identity(request.path_params, "id")
    now = context_of(request).clock()
    await context_of(request).write(
        lambda session: hide(session, viewer.actor, person_id, held=viewer.held, now=now)
    )
    return go_on(f"/people/{person_id}", "hidden")


async def show_erasure(request: Request) -> Page:
    """What an erasure would touch, before anybody says yes."""
    return await _preview(request, identity(request.path_params, "id"))


async def erase_person(request: Request, form: Form) -> Response:
    """Have them forgotten, if that is confirmed and a reason is given."""
    context, actor = context_of(request), signed_in(request).actor
    person_id, now = identity(request.path_params, "id"), context.clock()
    order = Order(person_id, uuid4(), why=form.get("why", ""), confirm=form.get("confirm", ""))
    try:
        await context.write(lambda session: erase(session, actor, order, now=now))
    except WrongRequestError as error:
        return await render(
            request, await _preview(request, person_id, fault=str(error), status=409)
        )
    return go_on(f"/people/{person_id}", "erasing")


async def _preview(
    request: Request, person_id: UUID, *, fault: str = "", status: int = 200
) -> Page:
    found = await context_of(request).look(lambda session: preview_erasure(session, person_id))
    if found is None:
        raise HTTPException(404, "There is nobody of that id, or nobody any more.")
    values = {"found": found, "fault": fault, "counted": COUNTED}
    return Page(f"Erase {found.person_id[:8]}", "erasure.html", values, status=status)
