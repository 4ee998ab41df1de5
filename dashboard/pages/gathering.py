"""`/gatherings/{id}`: everything about one gathering, and why a guest did not hear of it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.asking import asked_of, identity, uuid
from dashboard.context import context_of
from dashboard.rendering import Page
from domain.ops.gathering import Whole, find_gathering
from domain.ops.reasons import WHY_NOT


async def show_gathering(request: Request) -> Page:
    """How it stands, its guests page by page, and what each was told of it."""
    asked, found = asked_of(request), await look_at_gathering(request)
    values = {
        "found": found,
        "asked": {name: value for name, value in asked.items() if name == "person"},
        "is_first": not asked.get("after"),
        "reasons": WHY_NOT,
    }
    return Page(f"Gathering {found.gathering.title}", "gathering.html", values, live=True)


async def look_at_gathering(request: Request) -> Whole:
    """Read the gathering that the path names, with the page of guests that the query asks for.

    Raises HTTPException (404) where there is none.
    """
    asked, event_id = asked_of(request), identity(request.path_params, "id")
    person = uuid(asked, "person") if asked.get("person") else None
    after = uuid(asked, "after") if asked.get("after") else None
    found = await context_of(request).look(
        lambda session: find_gathering(session, event_id, person=person, after=after)
    )
    if found is None:
        raise HTTPException(404, "There is no gathering of that id.")
    return found
