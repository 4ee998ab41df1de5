"""`/outbox`: domain events that nobody has routed yet."""

from starlette.requests import Request

from dashboard.asking import asked_of, whole
from dashboard.context import context_of
from dashboard.rendering import Page
from domain.ops.outbox import PAGE, list_outbox


async def show_outbox(request: Request) -> Page:
    """A page of them, the longest there first."""
    after = whole(asked_of(request), "after")
    rows = await context_of(request).look(lambda session: list_outbox(session, after=after))
    values = {"rows": rows, "page": PAGE, "is_first": after is None}
    return Page("Outbox", "outbox.html", values, live=True)
