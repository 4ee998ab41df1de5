"""`/api/ops/v1` about people: what they were told, and what is known of somebody."""

from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, as_page, attempt, done, read_asked, read_object
from dashboard.asking import asked_of, identity, uuid
from dashboard.context import context_of
from dashboard.filtering import moment_cursor, telling_filter
from dashboard.guard import signed_in
from dashboard.pages.person import look_at_person
from domain.notifications.log import find_notification
from domain.ops.erasing import Order, erase
from domain.ops.finding import find_people
from domain.ops.gathering import find_gathering
from domain.ops.revealing import hide, reveal
from domain.ops.tellings import list_tellings


async def get_notifications(request: Request) -> Response:
    """A page of the delivery log by the filters of the page; `next` is the next one's `after`."""
    context, asked = context_of(request), asked_of(request)
    wanted, after = telling_filter(asked, context.clock()), moment_cursor(asked)
    found = await context.look(lambda session: list_tellings(session, wanted, after=after))
    return as_page("notifications", found)


async def get_notification(request: Request) -> Response:
    """One, with each try to hand it over."""
    told_id = str(identity(request.path_params, "id"))
    found = await context_of(request).look(lambda session: find_notification(session, told_id))
    if found is None:
        raise HTTPException(404, "There is no such notification; after 90 days they are forgotten.")
    return as_json({"notification": found[0], "handovers": found[1]})


async def find_by_address(request: Request) -> Response:
    """Give the ids of those who have a number or an address: `{"address"}`; that is never kept."""
    body, viewer, context = await read_object(request), signed_in(request), context_of(request)
    sought, now = body.get("address", ""), context.clock()
    found = await attempt(
        request,
        lambda session: find_people(session, viewer.actor, sought, held=viewer.held, now=now),
    )
    return as_json({"people": found})


async def get_person(request: Request) -> Response:
    """All that is known of somebody; what is personal only while it is revealed to the token."""
    person, shown = await look_at_person(request)
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


async def hide_person(request: Request) -> Response:
    """Mask it again before the ten minutes are over; 409 if it was."""
    viewer, now = signed_in(request), context_of(request).clock()
    person_id = identity(request.path_params, "id")
    return await done(
        request, lambda session: hide(session, viewer.actor, person_id, held=viewer.held, now=now)
    )


async def erase_person(request: Request) -> Response:
    """Have somebody forgotten for good: `{"why", "confirm"}`, the first eight of their id."""
    body, actor, now = await read_asked(request)
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
