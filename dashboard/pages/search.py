"""`/search`: takes any id, and leads to what goes by it."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse

from dashboard.context import context_of
from dashboard.guard import signed_in
from dashboard.links import with_query
from dashboard.rendering import Page
from domain.ops.permissions import Verb
from domain.ops.searching import LONGEST, Lead, search

# Where each kind of lead goes; `{key}` is what it goes by.
_PLACES: Final[dict[str, Callable[[str], str]]] = {
    "domain event": lambda key: f"/domain-events/{key}",
    "notification": lambda key: f"/notifications/{key}",
    "type": lambda key: f"/catalogue/{key}",
    "API key": lambda _: "/keys",
    "bulk": lambda key: f"/bulk/{key}",
    "person": lambda key: f"/people/{key}",
    "gathering": lambda key: f"/gatherings/{key}",
    "subject": lambda key: with_query("/deliveries", subject=key),
}


async def show_search(request: Request) -> Page | RedirectResponse:
    """Go there if one thing goes by it; else say what does."""
    leads = await look_for(request)
    if len(leads) == 1:
        return RedirectResponse(leads[0][1], 303)
    sought = request.query_params.get("q", "").strip()
    return Page("Search", "search.html", {"sought": sought[: LONGEST + 1], "leads": leads})


async def look_for(request: Request) -> list[tuple[Lead, str]]:
    """Give what goes by the id that is asked for, each with the page that shows it."""
    sought = request.query_params.get("q", "").strip()[: LONGEST + 1]
    found = await context_of(request).look(lambda session: search(session, sought))
    # The other pages are everybody's.
    may_see_keys = signed_in(request).actor.may(Verb.MANAGE_KEYS)
    leads = [lead for lead in found if lead.kind != "API key" or may_see_keys]
    return [(lead, _PLACES[lead.kind](lead.key)) for lead in leads]
