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

from dashboard.api_routes import API_ROUTES
from dashboard.away import BROKEN, TROUBLES
from dashboard.context import Context, Place
from dashboard.guard import HEADERS, Guard
from dashboard.health import live, ready
from dashboard.live import stream_nudges
from dashboard.pages.accounts import (
    change_account,
    create_account,
    disable_account,
    enable_account,
    show_accounts,
    sign_out_account,
)
from dashboard.pages.audit import show_audit
from dashboard.pages.bulk import (
    cancel_operation,
    show_operation,
    show_operations,
    start_operation,
    undo_operation,
)
from dashboard.pages.catalogue import show_catalogue, show_type
from dashboard.pages.copying import show_copy
from dashboard.pages.dead import show_dead, show_dead_list, show_preview
from dashboard.pages.deliveries import show_deliveries
from dashboard.pages.delivery import discard_one, restore_one, retry_one
from dashboard.pages.domain_event import show_domain_event
from dashboard.pages.gathering import show_gathering
from dashboard.pages.keys import create_key, revoke_key, rotate_key, show_keys
from dashboard.pages.lanes import pause_held, resume_held, show_lane, show_lanes
from dashboard.pages.notifications import show_notification, show_notifications
from dashboard.pages.outbox import show_outbox
from dashboard.pages.overview import show_overview
from dashboard.pages.people import find_person, show_people
from dashboard.pages.person import (
    erase_person,
    hide_person,
    reveal_person,
    show_erasure,
    show_person,
)
from dashboard.pages.promises import show_promises
from dashboard.pages.runbook import show_runbook
from dashboard.pages.sandbox import show_sandbox
from dashboard.pages.schedules import pause_one, resume_one, run_schedule, show_schedules
from dashboard.pages.search import show_search
from dashboard.pages.workers import show_workers
from dashboard.permissions import OPEN, action, answer, checked, page, static_files
from dashboard.problems import is_api, problem
from dashboard.rendering import render_alone
from dashboard.signing import show_sign_in, sign_in, sign_out
from domain.ops.permissions import ForbiddenError, Verb
from workers.clock import utc_now

NOT_HERE: Final = "There is no such page."
ROUTES: Final = checked(
    [
        answer("/livez", live, verb=OPEN),
        answer("/readyz", ready, verb=OPEN),
        answer("/sign-in", show_sign_in, verb=OPEN),
        answer("/sign-in", sign_in, method="POST", verb=OPEN),
        action("/sign-out", sign_out, verb=Verb.SIGN_OUT),
        answer("/live", stream_nudges, verb=Verb.LOOK),
        page("/", show_overview, verb=Verb.LOOK),
        page("/search", show_search, verb=Verb.LOOK),
        page("/deliveries", show_deliveries, verb=Verb.LOOK),
        action("/deliveries/retry", retry_one, verb=Verb.RETRY),
        action("/deliveries/discard", discard_one, verb=Verb.DISCARD),
        action("/deliveries/restore", restore_one, verb=Verb.RESTORE),
        page("/domain-events/{seq}", show_domain_event, verb=Verb.LOOK),
        page("/domain-events/{seq}/copy", show_copy, verb=Verb.RETRY),
        page("/dead", show_dead, verb=Verb.LOOK),
        page("/dead/list", show_dead_list, verb=Verb.LOOK),
        page("/dead/preview", show_preview, verb=Verb.BULK),
        page("/bulk", show_operations, verb=Verb.LOOK),
        action("/bulk", start_operation, verb=Verb.BULK),
        page("/bulk/{id}", show_operation, verb=Verb.LOOK),
        action("/bulk/{id}/cancel", cancel_operation, verb=Verb.BULK),
        action("/bulk/{id}/undo", undo_operation, verb=Verb.BULK),
        page("/notifications", show_notifications, verb=Verb.LOOK),
        page("/notifications/sandbox", show_sandbox, verb=Verb.READ_SANDBOX),
        page("/notifications/{id}", show_notification, verb=Verb.LOOK),
        page("/people", show_people, verb=Verb.REVEAL),
        action("/people", find_person, verb=Verb.REVEAL),
        page("/people/{id}", show_person, verb=Verb.LOOK),
        action("/people/{id}/reveal", reveal_person, verb=Verb.REVEAL),
        action("/people/{id}/hide", hide_person, verb=Verb.REVEAL),
        page("/people/{id}/erase", show_erasure, verb=Verb.ERASE),
        action("/people/{id}/erase", erase_person, verb=Verb.ERASE),
        page("/gatherings/{id}", show_gathering, verb=Verb.LOOK),
        page("/catalogue", show_catalogue, verb=Verb.LOOK),
        page("/catalogue/{type}", show_type, verb=Verb.LOOK),
        page("/keys", show_keys, verb=Verb.MANAGE_KEYS),
        action("/keys", create_key, verb=Verb.MANAGE_KEYS),
        action("/keys/{id}/rotate", rotate_key, verb=Verb.MANAGE_KEYS),
        action("/keys/{id}/revoke", revoke_key, verb=Verb.MANAGE_KEYS),
        page("/accounts", show_accounts, verb=Verb.MANAGE_ACCOUNTS),
        action("/accounts", create_account, verb=Verb.MANAGE_ACCOUNTS),
        action("/accounts/{name}/role", change_account, verb=Verb.MANAGE_ACCOUNTS),
        action("/accounts/{name}/disable", disable_account, verb=Verb.MANAGE_ACCOUNTS),
        action("/accounts/{name}/enable", enable_account, verb=Verb.MANAGE_ACCOUNTS),
        action("/accounts/{name}/sign-out", sign_out_account, verb=Verb.MANAGE_ACCOUNTS),
        page("/lanes", show_lanes, verb=Verb.LOOK),
        page("/lanes/{name}", show_lane, verb=Verb.LOOK),
        action("/lanes/pause", pause_held, verb=Verb.PAUSE),
        action("/lanes/resume", resume_held, verb=Verb.PAUSE),
        page("/schedules", show_schedules, verb=Verb.LOOK),
        action("/schedules/run", run_schedule, verb=Verb.RUN),
        action("/schedules/pause", pause_one, verb=Verb.PAUSE),
        action("/schedules/resume", resume_one, verb=Verb.PAUSE),
        page("/workers", show_workers, verb=Verb.LOOK),
        page("/outbox", show_outbox, verb=Verb.LOOK),
        page("/promises", show_promises, verb=Verb.LOOK),
        page("/runbook", show_runbook, verb=Verb.LOOK),
        page("/audit", show_audit, verb=Verb.READ_AUDIT),
        *API_ROUTES,
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
            **dict.fromkeys(TROUBLES, _answer_database),
            Exception: _answer_bug,
        },
    )
    app.state.context = context
    return app


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    is_missing = error.status_code == HTTPStatus.NOT_FOUND and error.detail == "Not Found"
    sentence = NOT_HERE if is_missing else error.detail
    return _trouble(
        request, error.status_code, sentence=sentence, headers=dict(error.headers or {})
    )


async def _answer_forbidden(request: Request, error: Exception) -> Response:
    return _trouble(request, 403, sentence=str(error))


async def _answer_database(request: Request, error: Exception) -> Response:
    status, sentence = TROUBLES[type(error)]
    return _trouble(request, status, sentence=sentence)


async def _answer_bug(request: Request, _error: Exception) -> Response:
    """Say nothing of what went wrong, since an error's message may hold anything."""
    # It is answered outside the guard, who would have added the headers.
    return _trouble(request, 500, sentence=BROKEN, headers=HEADERS)


def _trouble(
    request: Request, status: int, *, sentence: str, headers: dict[str, str] | None = None
) -> Response:
    if is_api(request):
        return problem(status, sentence, headers=headers)
    title = HTTPStatus(status).phrase
    return render_alone(
        "trouble.html", status=status, headers=headers, title=title, sentence=sentence
    )
