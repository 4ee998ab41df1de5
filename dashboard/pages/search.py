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
    sought = request.query_params.get("q", "").strip()[: LONGEST + 1]
    found = await context_of(request).look(lambda session: search(session, sought))
    # The other pages are everybody's.
    may_see_keys = signed_in(request).actor.may(Verb.MANAGE_KEYS)
    leads = [lead for lead in found if lead.kind != "API key" or may_see_keys]
    if len(leads) == 1:
        return RedirectResponse(place_of(leads[0]), 303)
    values = {"sought": sought, "leads": [(lead, place_of(lead)) for lead in leads]}
    return Page("Search", "search.html", values)


def place_of(lead: Lead) -> str:
    """The page that shows it."""
    return _PLACES[lead.kind](lead.key)
