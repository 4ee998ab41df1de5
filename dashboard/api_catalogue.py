"""`/api/ops/v1` about the catalogue: what there is, and how it goes."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.answering import as_json
from dashboard.context import context_of
from dashboard.pages.catalogue import NO_TYPE, rates
from domain.ops.living_map import describe_type, living_map


async def get_catalogue(request: Request) -> Response:
    """Every type with its handlers; `stale` says why their figures aren't known, if so."""
    now, last, stale = await rates(context_of(request))
    return as_json({"types": living_map(now, last), "stale": stale or None})


async def get_type(request: Request) -> Response:
    """One type in full, by its short or its full name."""
    now, last, stale = await rates(context_of(request))
    found = await asyncio.to_thread(describe_type, request.path_params["type"], now, last=last)
    if found is None:
        raise HTTPException(404, NO_TYPE)
    return as_json({"type": found, "stale": stale or None})
