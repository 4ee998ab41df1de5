"""`/livez` and `/readyz`: whether the process serves, and whether it can do its work."""

import asyncio
from typing import Final

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse

from dashboard.away import DatabaseAwayError
from dashboard.context import context_of
from domain.sql import fetch

ANSWER_WITHIN_S: Final = 3.0


async def live(_request: Request) -> JSONResponse:
    """Answer 200: a process that can answer is alive."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> JSONResponse:
    """Say whether pages can be shown now, and else which check failed; no more to strangers."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            failed = None if await context_of(request).look(_has_tables) else "migrations"
    except (TimeoutError, DatabaseAwayError):
        failed = "database"
    if failed is not None:
        body = {"status": "unavailable", "failed": failed}
        return JSONResponse(body, 503, {"Retry-After": "2"})
    return JSONResponse({"status": "ok", "checks": ["database", "migrations"]})


def _has_tables(session: Session) -> bool:
    ((table,),) = fetch(session, "SELECT to_regclass('dashboard_sessions')::text")
    return table is not None
