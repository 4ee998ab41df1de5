"""Stands before every page: no session, no page; and the headers that all answers carry."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.context import DatabaseAwayError, context_of
from dashboard.cookies import SESSION
from dashboard.pages.trouble import trouble_page
from dashboard.sessions import SignedIn, find_session

# All others are closed, those that don't exist included.
OPEN: Final = frozenset({"/sign-in", "/livez", "/readyz"})
OPEN_BELOW: Final = "/static/"
RETRY_S: Final = 5

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
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
        send = _with_headers(send, is_page=not request.url.path.startswith(OPEN_BELOW))
        try:
            refusal = await _refuse(request)
            await (refusal or self._app)(scope, receive, send)
        except DatabaseAwayError:
            await _database_away()(scope, receive, send)


def signed_in(request: Request) -> SignedIn:
    """Whose request it is, on a page that is closed to others."""
    found = request.state.signed_in
    assert isinstance(found, SignedIn)
    return found


async def who_is(request: Request) -> SignedIn | None:
    """Whose session the request's cookie belongs to."""
    context, token = context_of(request), SESSION.read(request)
    if not token:
        return None
    now = context.clock()
    return await context.look(lambda session: find_session(session, token, now))


async def _refuse(request: Request) -> Response | None:
    """What to answer instead of the page; None if it may be shown."""
    path = request.url.path
    if path in OPEN or path.startswith(OPEN_BELOW):
        return None
    request.state.signed_in = await who_is(request)
    if request.state.signed_in is not None:
        return None
    if request.method in ("GET", "HEAD"):
        return RedirectResponse("/sign-in", 303)
    return trouble_page(401, "You are not signed in, or not any more.")


def _database_away() -> Response:
    sentence = "The database doesn't answer. This page tries again by itself."
    return trouble_page(503, sentence, retry_s=RETRY_S)


def _with_headers(send: Send, *, is_page: bool) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            # Files of ours are asked for again each time, and mostly not sent again.
            headers["Cache-Control"] = "private, no-store" if is_page else "no-cache"
        await send(message)

    return send_with_headers
