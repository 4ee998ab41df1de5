"""`/api/ops/v1` about people: what they were told, and what is known of somebody."""

from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json, as_page, done, read_asked, read_object
from dashboard.asking import identity
from dashboard.context import context_of
from dashboard.doing import attempt
from dashboard.guard import signed_in
from dashboard.pages.gathering import look_at_gathering
from dashboard.pages.notifications import look_at_notification, look_at_notifications
from dashboard.pages.person import look_at_person
from domain.ops.erasing import Order, erase
from domain.ops.finding import find_people
from domain.ops.revealing import hide, reveal


async def get_notifications(request: Request) -> Response:
    """A page of notifications, by the filters of `/notifications`; `next` is the next `after`."""
    return as_page("notifications", await look_at_notifications(request))


async def get_notification(request: Request) -> Response:
    """One notification, with each try to hand it to a provider."""
    told, handovers = await look_at_notification(request)
    return as_json({"notification": told, "handovers": handovers})


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
    return as_json(await look_at_gathering(request))
