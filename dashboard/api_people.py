"""`/api/ops/v1` about people: what they were told, and what is known of somebody."""

from uuid import uuid4

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, attempt, read_object
from dashboard.asking import asked_of, identity, moment_cursor, telling_filter, uuid
from dashboard.context import context_of
from dashboard.guard import signed_in
from domain.notifications.log import find_notification
from domain.ops.erasing import Order, erase
from domain.ops.gathering import find_gathering
from domain.ops.person import Person, find_person
from domain.ops.revealing import Revealed, reveal, revealed
from domain.ops.tellings import list_tellings


async def get_notifications(request: Request) -> Response:
    """A page of the delivery log by the filters of the page; `next` is the next one's `after`."""
    context, asked = context_of(request), asked_of(request)
    wanted, after = telling_filter(asked, context.clock()), moment_cursor(asked)
    found = await context.look(lambda session: list_tellings(session, wanted, after=after))
    next_ = str(found.after) if found.after else None
    return as_json({"notifications": found.rows, "next": next_, "was_cut": found.was_cut})


async def get_notification(request: Request) -> Response:
    """One, with each try to hand it over."""
    told_id = str(identity(request.path_params, "id"))
    found = await context_of(request).look(lambda session: find_notification(session, told_id))
    if found is None:
        raise HTTPException(404, "There is no such notification; after 90 days they are forgotten.")
    return as_json({"notification": found[0], "handovers": found[1]})


async def get_person(request: Request) -> Response:
    """All that is known of somebody; what is personal only while it is revealed to the token."""
    context, viewer = context_of(request), signed_in(request)
    person_id, now = identity(request.path_params, "id"), context.clock()

    def read(session: Session) -> tuple[Person | None, Revealed | None]:
        shown = revealed(session, viewer.actor, person_id, held=viewer.held, now=now)
        return find_person(session, str(person_id)), shown

    person, shown = await context.look(read)
    if person is None:
        raise HTTPException(404, "There is nobody of that id.")
    return as_json({"person": person, "personal": shown and shown._asdict()})


async def reveal_person(request: Request) -> Response:
    """Have `GET /people/{id}` say what is personal, to this token, for ten minutes: `{"why"}`."""
    body, viewer, context = await read_object(request), signed_in(request), context_of(request)
    person_id, now, why = identity(request.path_params, "id"), context.clock(), body.get("why", "")
    until = await attempt(
        request,
        lambda session: reveal(
            session, viewer.actor, person_id, held=viewer.held, why=why, now=now
        ),
    )
    return as_json({"until": until})


async def erase_person(request: Request) -> Response:
    """Have somebody forgotten for good: `{"why", "confirm"}`, the first eight of their id."""
    body, actor, now = (
        await read_object(request),
        signed_in(request).actor,
        context_of(request).clock(),
    )
    order = Order(
        identity(request.path_params, "id"),
        uuid4(),
        why=body.get("why", ""),
        confirm=body.get("confirm", ""),
    )
    await attempt(request, lambda session: erase(session, actor, order, now=now))
    return as_json({"domain_event": str(order.identity)}, 202)


async def get_gathering(request: Request) -> Response:
    """How a gathering stands, a page of its guests, and what each was told of it."""
    asked, event_id = asked_of(request), identity(request.path_params, "id")
    person = uuid(asked, "person") if asked.get("person") else None
    after = uuid(asked, "after") if asked.get("after") else None
    found = await context_of(request).look(
        lambda session: find_gathering(session, event_id, person=person, after=after)
    )
    if found is None:
        raise HTTPException(404, "There is no gathering of that id.")
    return as_json(found)
