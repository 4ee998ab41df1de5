"""Routes that say what they need. One that doesn't can't be mounted.

A page is a route, a read function and a template:

    page("/dead", show_dead, verb=Verb.LOOK)

where `async def show_dead(request) -> Page` reads what `templates/dead.html` shows. What changes
something is an `action`, which is called with the form after it was proved to be ours.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dashboard.assets import BELOW, STATIC
from dashboard.forms import Form, read_form
from dashboard.guard import signed_in
from dashboard.rendering import Page, render
from domain.ops.permissions import Verb, demand

ShowPage = Callable[[Request], Awaitable[Page | Response]]
Act = Callable[[Request, Form], Awaitable[Response]]
Answer = Callable[[Request], Awaitable[Response]]
# What anybody may ask for. All else is closed, what doesn't exist included.
OPEN: Final = None


class DeclaredRoute(Route):
    """A route with the verb that it needs; `OPEN` for what strangers may ask for.

    What answers keeps its name through all that is put around it: figures are named by it.
    """

    def __init__(
        self, path: str, endpoint: Answer, *, method: str = "GET", verb: Verb | None
    ) -> None:
        """Have `endpoint` called for whoever holds the verb."""

        @wraps(endpoint)
        async def guarded(request: Request) -> Response:
            if verb is not OPEN:
                demand(signed_in(request).actor, verb)
            return await endpoint(request)

        super().__init__(path, guarded, methods=[method], name=f"{method} {path}")
        self.verb = verb
        self.method = method


def page(path: str, show: ShowPage, *, verb: Verb) -> DeclaredRoute:
    """Show a page, or its live part to a page that renews itself."""

    @wraps(show)
    async def endpoint(request: Request) -> Response:
        shown = await show(request)
        return shown if isinstance(shown, Response) else await render(request, shown)

    return DeclaredRoute(path, endpoint, verb=verb)


def action(path: str, act: Act, *, verb: Verb) -> DeclaredRoute:
    """Do something that a form of ours asks for, with the session's token in it."""

    @wraps(act)
    async def endpoint(request: Request) -> Response:
        form = await read_form(request)
        form.demand_token(signed_in(request).csrf)
        return await act(request, form)

    return DeclaredRoute(path, endpoint, method="POST", verb=verb)


def answer(path: str, endpoint: Answer, *, method: str = "GET", verb: Verb | None) -> DeclaredRoute:
    """Answer otherwise: strangers, programs, streams."""
    return DeclaredRoute(path, endpoint, method=method, verb=verb)


def static_files() -> Mount:
    """What all may have: no file in there says anything."""
    return Mount(BELOW.rstrip("/"), StaticFiles(directory=STATIC), name="static")


def checked(routes: Sequence[BaseRoute]) -> list[DeclaredRoute]:
    """The routes, if each of them says what it needs; raises TypeError otherwise."""
    declared = [route for route in routes if isinstance(route, DeclaredRoute)]
    if len(declared) < len(routes):
        undeclared = [route for route in routes if route not in declared]
        raise TypeError(f"{undeclared} don't say who may use them: use page, action or answer")
    return declared
