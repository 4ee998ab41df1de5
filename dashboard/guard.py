"""Stands before every page: no session, no page; and the headers that all answers carry."""

from typing import Final
from urllib.parse import unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.assets import BELOW, is_current
from dashboard.away import DatabaseAwayError
from dashboard.context import context_of
from dashboard.cookies import SESSION
from dashboard.links import with_query
from dashboard.problems import API, bearer_of, is_api, problem
from dashboard.rendering import is_fragment, render_alone
from dashboard.sessions import SignedIn, find_session
from domain.tables.accounts import Via

# All others are closed, those that don't exist included.
OPEN: Final = frozenset({"/sign-in", "/livez", "/readyz", f"{API}/session"})
# Whoever probes knows our address and not our name.
PROBES: Final = frozenset({"/livez", "/readyz"})
# What says that the database is away, to those who were signed in a moment ago: counts and ages.
WITHOUT_DATABASE: Final = frozenset({"/", "/lanes", "/workers", "/runbook"})
EVENT_STREAM: Final = "text/event-stream"
RETRY_S: Final = 5
KEPT: Final = "private, max-age=31536000, immutable"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets through what is open to all, and whoever is signed in."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        send = _with_headers(send, caching=_caching(request))
        try:
            refusal = await _refuse(request)
            await (refusal or self._app)(scope, receive, send)
        except DatabaseAwayError:
            await _database_away(request)(scope, receive, send)


def signed_in(request: Request) -> SignedIn:
    """Whose request it is, on a page that is closed to others."""
    found = request.state.signed_in
    assert isinstance(found, SignedIn)
    return found


async def who_is(request: Request) -> SignedIn | None:
    """Whose session the request's cookie belongs to; of the API, its bearer's token.

    Neither opens the other's doors: what a browser sends by itself does nothing to the API.
    """
    by_api = is_api(request)
    context, token = context_of(request), bearer_of(request) if by_api else SESSION.read(request)
    if not token:
        return None
    now, via = context.clock(), Via.API if by_api else Via.DASHBOARD
    try:
        found = await context.look(lambda session: find_session(session, token, now, via=via))
    except DatabaseAwayError:
        if request.method != "GET" or request.url.path not in WITHOUT_DATABASE:
            raise
        if (found := context.known.recall(token)) is None:
            raise
        return found
    if not by_api:
        context.known.note(token, found)
    return found


async def _refuse(request: Request) -> Response | None:
    """What to answer instead of the page; None if it may be shown."""
    path = request.url.path
    if not _is_ours(request) or "\0" in unquote(f"{path}{request.url.query}"):
        # Postgres keeps no text with that in it, so nothing is found by it.
        return _unreadable(request) if _is_ours(request) else _misdirected(request)
    if path in OPEN or path.startswith(BELOW):
        return None
    request.state.signed_in = await who_is(request)
    if request.state.signed_in is not None:
        return None
    return _closed(request)


def _closed(request: Request) -> Response:
    """What somebody is told who isn't signed in, each kind of asker in its way."""
    path = request.url.path
    sentence = "You are not signed in, or not any more."
    if is_api(request):
        return problem(401, sentence, headers={"WWW-Authenticate": "Bearer"})
    if EVENT_STREAM in request.headers.get("accept", ""):
        # After this answer a browser asks for no more of the stream.
        return Response(status_code=204)
    if request.method in ("GET", "HEAD") and not is_fragment(request):
        query = f"?{request.url.query}" if request.url.query else ""
        wanted = "" if path == "/" and not query else f"{path}{query}"
        return RedirectResponse(with_query("/sign-in", next=wanted), 303)
    return render_alone("trouble.html", status=401, title="Unauthorized", sentence=sentence)


def _is_ours(request: Request) -> bool:
    """Whether it was meant for us, and not for a name that somebody has pointed at our address."""
    hosts = context_of(request).hosts
    return request.url.path in PROBES or not hosts or _host(request) in hosts


def _host(request: Request) -> str:
    host = request.headers.get("host", "").lower()
    name, separator, port = host.rpartition(":")
    return name if separator and port.isdigit() else host


def _misdirected(request: Request) -> Response:
    sentence = (
        "Nobody is known here by that name. If it is right, whoever runs this adds it to"
        " DASHBOARD_HOSTS."
    )
    if is_api(request):
        return problem(421, sentence)
    return render_alone("trouble.html", status=421, title="Misdirected Request", sentence=sentence)


def _unreadable(request: Request) -> Response:
    sentence = "This address can't be read."
    if is_api(request):
        return problem(400, sentence)
    return render_alone("trouble.html", status=400, title="Bad Request", sentence=sentence)


def _database_away(request: Request) -> Response:
    headers = {"Retry-After": str(RETRY_S)}
    if is_api(request):
        return problem(503, "The database doesn't answer.", headers=headers)
    return render_alone(
        "trouble.html",
        status=503,
        headers=headers,
        title="Service Unavailable",
        sentence="The database doesn't answer, or not in time. This page tries again by itself.",
        retry_s=RETRY_S,
    )


def _caching(request: Request) -> str:
    if not request.url.path.startswith(BELOW):
        return "private, no-store"
    is_kept = is_current(request.url.path, request.query_params.get("v"))
    # Without its hash a file of ours is asked for again each time, and mostly not sent again.
    return KEPT if is_kept else "no-cache"


def _with_headers(send: Send, *, caching: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers["Cache-Control"] = caching
        await send(message)

    return send_with_headers
