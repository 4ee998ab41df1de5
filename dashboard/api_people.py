"""`/api/ops/v1` about people: what they were told, and what is known of somebody."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json
from dashboard.asking import asked_of, identity, telling_cursor, telling_filter
from dashboard.context import context_of
from domain.notifications.log import find_notification
from domain.ops.tellings import list_tellings


async def get_notifications(request: Request) -> Response:
    """A page of the delivery log by the filters of the page; `next` is the next one's `after`."""
    context, asked = context_of(request), asked_of(request)
    wanted, after = telling_filter(asked, context.clock()), telling_cursor(asked)
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
