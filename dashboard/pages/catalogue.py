"""`/catalogue`: which domain event goes to which handlers, and how that goes just now."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.asking import asked_of, text, word
from dashboard.away import DatabaseAwayError
from dashboard.context import Context, context_of
from dashboard.rendering import Page
from domain.figures.reading_handlers import last_days
from domain.figures.snapshot import HandlerNow
from domain.ops.living_map import Only, describe_type, living_map

NO_TYPE: Final = "There is no such type of domain event."

# When each handler was last at work is read so often, however many look.
LAST_LIFE_S: Final = 5.0


async def show_catalogue(request: Request) -> Page:
    """The map: every type, by topic, or the part that is asked for."""
    context, asked = context_of(request), asked_of(request)
    only, sought = word(asked, "only", Only), (text(asked, "type") or "").lower()
    now, last, stale = await rates(context)
    every = living_map(now, last)
    shown = [each for each in every if sought in each.name and each.is_among(only)]
    values = {
        "asked": {name: asked[name] for name in ("only", "type") if asked.get(name)},
        "topics": {each.topic: [one for one in shown if one.topic == each.topic] for each in shown},
        "count": len(shown),
        "total": len(every),
        "failing": sum(each.is_among(Only.FAILING) for each in every),
        "onlies": list(Only),
        "stale": stale,
    }
    return Page("Catalogue", "catalogue.html", values, live=True)


async def show_type(request: Request) -> Page:
    """One type: what it says, who handles it, what may follow, and how it goes."""
    name = request.path_params["type"]
    now, last, stale = await rates(context_of(request))
    # Reading the source of all handlers takes a moment, once.
    found = await asyncio.to_thread(describe_type, name, now, last=last)
    if found is None:
        raise HTTPException(404, NO_TYPE)
    values = {"found": found, "stale": stale}
    return Page(found.mapped.name, "type.html", values, live=True)


async def rates(
    context: Context,
) -> tuple[Mapping[str, HandlerNow], Mapping[str, datetime], str]:
    """How each handler goes, when it last did, and why that isn't known, if it isn't."""
    latest = await context.snapshots.latest()
    try:
        last = await context.share("last days", last_days, life_s=LAST_LIFE_S)
    except DatabaseAwayError:
        return {}, {}, "The database is away: how it goes just now isn't known."
    if latest.snapshot is None or latest.is_silent:
        return {}, last, "The collector is silent: how it goes just now isn't known."
    part = latest.snapshot.handlers
    stale = f"How it goes could not be read ({part.trouble})." if part.trouble else ""
    return part.value or {}, last, stale
