"""Puts pages together from templates; a page's live part alone for a page that renews itself.

Everything is escaped, and what a template names must be there.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard import words
from dashboard.assets import asset
from dashboard.context import context_of
from dashboard.holding import Standing, standing
from dashboard.links import with_query
from dashboard.navigation import MENU, has_page
from dashboard.rewinding import Rewound
from dashboard.saying import just_said
from dashboard.sessions import SignedIn
from domain.ops.permissions import Verb
from domain.pausing import lane_of

TEMPLATES: Final = Path(__file__).with_name("templates")
# htmx sends it with what it fetches; a page asked for as a page doesn't have it.
FRAGMENT: Final = "hx-request"
THEMES: Final = frozenset({"light", "dark"})


@dataclass(frozen=True, slots=True)
class Page:
    """What to show: a template of the page's own part, and what it names.

    A `live` page renews itself, from its own URL or from the one that is given.
    """

    title: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    live: bool | str = False
    # Whether it holds something that `chart.js` draws.
    charts: bool = False
    # The pauses that it tells of by itself.
    tells: frozenset[str] = frozenset()
    # Of which moment it is, if not of now: then it isn't live, and nothing is done from it.
    then: Rewound | None = None


def not_kept(then: Rewound) -> Page:
    """What to show of a moment of which nothing is kept."""
    return Page("Nothing is kept from then", "not_kept.html", status=404, then=then)


async def render(request: Request, page: Page) -> Response:
    """Answer with a page for somebody who is signed in, or with its live part."""
    viewer: SignedIn = request.state.signed_in
    context = context_of(request)
    latest = page.then.latest if page.then else await context.snapshots.latest()
    now = latest.snapshot.at if page.then and latest.snapshot else context.clock()
    common = {"viewer": viewer, "may": _may(viewer), "now": now, "title": page.title}
    inner = _inner(page, common, held=standing(latest, told=page.tells))
    etag = f'"{hashlib.sha256(inner.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag}
    if is_fragment(request):
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(inner, page.status, headers)
    whole = _ENVIRONMENT.get_template("layout.html").render(
        **common,
        # Escaped when it was rendered.
        inner=Markup(inner),  # noqa: S704
        etag=etag,
        live=_live_url(request, page),
        charts=page.charts,
        path=request.url.path,
        environment=context.environment,
        theme=_theme(request),
        said=just_said(request),
    )
    return HTMLResponse(whole, page.status, headers)


def _inner(page: Page, common: Mapping[str, Any], *, held: Standing) -> str:
    """A page's own part, below what all of them tell on top."""
    shown = {**common, "then": page.then}
    if page.then:
        shown["may"] = _may_nothing
    templates = [_ENVIRONMENT.get_template(name) for name in ("banner.html", page.template)]
    return "".join(each.render(**shown, **page.values, held=held) for each in templates)


def _may_nothing(_verb: str) -> bool:
    """Say what may be done about the past."""
    return False


def render_alone(
    template: str,
    *,
    status: int = 200,
    theme: str = "",
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Answer with a page for who isn't signed in, or when there is none to show."""
    text = _ENVIRONMENT.get_template(template).render(theme=theme, **values)
    return HTMLResponse(text, status, headers)


def is_fragment(request: Request) -> bool:
    """Whether a page of ours asks for its live part."""
    return FRAGMENT in request.headers


def _may(viewer: SignedIn) -> Any:
    return lambda verb: viewer.actor.may(Verb(verb))


def _live_url(request: Request, page: Page) -> str:
    if not page.live:
        return ""
    if isinstance(page.live, str):
        return page.live
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "said"]
    return f"{request.url.path}?{urlencode(asked)}".rstrip("?")


def _theme(request: Request) -> str:
    chosen = request.cookies.get("momento-theme", "")
    return chosen if chosen in THEMES else ""


def _make_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "breakable": words.breakable,
        "number": words.number,
        "moment": words.moment,
        "duration": words.duration,
        "short": words.short,
        "count": words.count,
        "pretty": words.pretty,
        "counted": words.counted,
        "rate": words.rate,
        "quick": words.quick,
        "lane": lane_of,
    }
    environment.globals |= {
        "asset": asset,
        "menu": MENU,
        "with_query": with_query,
        "has_page": has_page,
    }
    # Templates may call these without an import.
    environment.globals["ui"] = environment.get_template("parts.html").module
    # These call the former.
    environment.globals["ov"] = environment.get_template("overview_parts.html").module
    return environment


_ENVIRONMENT: Final = _make_environment()
