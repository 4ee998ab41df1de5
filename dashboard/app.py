"""Puts the dashboard together: its pages, and what it says when something is refused."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dashboard.board import show_board
from dashboard.context import Context
from dashboard.guard import HEADERS, Guard
from dashboard.health import live, ready
from dashboard.pages.trouble import trouble_page
from dashboard.signing import show_sign_in, sign_in, sign_out
from workers.clock import utc_now

STATIC: Final = Path(__file__).with_name("static")
NOT_HERE: Final = "There is no such page."
ROUTES: Final[list[Route | Mount]] = [
    Route("/", show_board),
    Route("/sign-in", show_sign_in),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/livez", live),
    Route("/readyz", ready),
    Mount("/static", StaticFiles(directory=STATIC)),
]


def make_app(engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> Starlette:
    """Make a dashboard on these connections. The engine stays its maker's to dispose of."""
    context = Context(engine, clock=clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        context.close()

    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(Guard)],
        lifespan=lifespan,
        exception_handlers={HTTPException: _answer_http_error, Exception: _answer_bug},
    )
    app.state.context = context
    return app


async def _answer_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    is_missing = error.status_code == 404  # noqa: PLR2004 - a status, known by its number
    sentence = NOT_HERE if is_missing else error.detail
    return trouble_page(error.status_code, sentence, headers=error.headers)


async def _answer_bug(_request: Request, _error: Exception) -> Response:
    """Say nothing of what went wrong, since an error's message may hold anything."""
    # It is answered outside the guard, who would have added the headers.
    return trouble_page(
        500, "Something broke here. Please tell us, with the time.", headers=HEADERS
    )
