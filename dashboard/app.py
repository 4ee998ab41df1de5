"""Puts the dashboard together: its routes, and what it says when something is refused."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Final

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from dashboard.context import Context, Place
from dashboard.guard import HEADERS, Guard
from dashboard.health import live, ready
from dashboard.live import stream_nudges
from dashboard.pages.board import show_board
from dashboard.permissions import OPEN, action, answer, checked, page, static_files
from dashboard.problems import is_api, problem
from dashboard.rendering import render_alone
from dashboard.signing import show_sign_in, sign_in, sign_out
from domain.ops.permissions import ForbiddenError, Verb
from workers.clock import utc_now

NOT_HERE: Final = "There is no such page."
BROKEN: Final = "Something broke here. Please tell us, with the time."
ROUTES: Final = checked(
    [
        answer("/livez", live, verb=OPEN),
        answer("/readyz", ready, verb=OPEN),
        answer("/sign-in", show_sign_in, verb=OPEN),
        answer("/sign-in", sign_in, method="POST", verb=OPEN),
        action("/sign-out", sign_out, verb=Verb.SIGN_OUT),
        answer("/live", stream_nudges, verb=Verb.LOOK),
        page("/", show_board, verb=Verb.LOOK),
    ]
)


def make_app(
    engine: Engine, *, clock: Callable[[], datetime] = utc_now, place: Place | None = None
) -> Starlette:
    """Make a dashboard on these connections. The engine stays its maker's to dispose of."""
    context = Context(engine, clock=clock, place=place or Place())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        context.close()

    app = Starlette(
        routes=[*ROUTES, static_files()],
        middleware=[Middleware(Guard)],
        lifespan=lifespan,
        exception_handlers={
            HTTPException: _answer_http_error,
            ForbiddenError: _answer_forbidden,
            Exception: _answer_bug,
        },
    )
    app.state.context = context
    return app


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    is_missing = error.status_code == HTTPStatus.NOT_FOUND and error.detail == "Not Found"
    sentence = NOT_HERE if is_missing else error.detail
    return _trouble(request, error.status_code, sentence, headers=dict(error.headers or {}))


async def _answer_forbidden(request: Request, error: Exception) -> Response:
    return _trouble(request, 403, str(error))


async def _answer_bug(request: Request, _error: Exception) -> Response:
    """Say nothing of what went wrong, since an error's message may hold anything."""
    # It is answered outside the guard, who would have added the headers.
    return _trouble(request, 500, BROKEN, headers=HEADERS)


def _trouble(
    request: Request, status: int, sentence: str, *, headers: dict[str, str] | None = None
) -> Response:
    if is_api(request):
        return problem(status, sentence, headers=headers)
    title = HTTPStatus(status).phrase
    return render_alone(
        "trouble.html", status=status, headers=headers, title=title, sentence=sentence
    )
