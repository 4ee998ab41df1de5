"""Puts the gateway together: its paths, and what it says when something is refused."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.clerk import CLERK_PATH, hear_clerk
from gateway.context import Context
from gateway.health import live, ready
from gateway.limits import Limits
from gateway.openapi import show_openapi
from gateway.outside import Outside
from gateway.problems import Kind, ProblemError, answer_http_error, answer_problem
from gateway.publishing import publish_events
from gateway.ringing import Ring, no_ring
from gateway.schemas import list_schemas, show_asyncapi, show_schema
from gateway.stripe import STRIPE_PATH, hear_stripe
from gateway.twilio import INBOUND_PATH, hear_inbound, hear_status
from gateway.unsubscribing import UNSUBSCRIBE_PATH, unsubscribe
from workers.clock import utc_now
from workers.providers.senders import STATUS_PATH

ROUTES = [
    Route("/v1/events", publish_events, methods=["POST"]),
    Route("/v1/schemas", list_schemas),
    Route("/v1/schemas/{name}", show_schema),
    Route(STRIPE_PATH, hear_stripe, methods=["POST"]),
    Route(CLERK_PATH, hear_clerk, methods=["POST"]),
    Route(STATUS_PATH, hear_status, methods=["POST"]),
    Route(INBOUND_PATH, hear_inbound, methods=["POST"]),
    Route(UNSUBSCRIBE_PATH, unsubscribe, methods=["GET", "POST"]),
    Route("/asyncapi.json", show_asyncapi),
    Route("/openapi.json", show_openapi),
    Route("/livez", live),
    Route("/readyz", ready),
]


def make_app(
    engine: Engine,
    *,
    clock: Callable[[], datetime] = utc_now,
    ring: Ring = no_ring,
    limits: Limits | None = None,
    outside: Outside | None = None,
) -> Starlette:
    """Make a gateway on these connections. The engine stays its maker's to dispose of."""
    context = Context(
        engine, clock=clock, ring=ring, limits=limits or Limits(), outside=outside or Outside()
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        context.close()

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        exception_handlers={
            ProblemError: answer_problem,
            HTTPException: answer_http_error,
            Exception: _answer_bug,
        },
    )
    app.state.context = context
    return app


async def _answer_bug(request: Request, _error: Exception) -> JSONResponse:
    """Say nothing of what went wrong, since an error's message may hold anything."""
    return await answer_problem(
        request, ProblemError(Kind.BROKEN, "Please tell us, with the time.")
    )
